import { greyPage, imageInfo, pictureOf } from './decode-image.ts';
import { describedUnit, withinPicture } from './described.ts';
import { fragmentsOf } from './fragments.ts';
import { type Ocr, startOcr } from './ocr-engine.ts';
import { doubtfulIn, framesOf } from './ocr-frame.ts';
import { recognizedBlocks } from './ocr-layout.ts';
import type { PageText } from './pdf-furniture.ts';
import { piecesOf } from './pdf-pieces.ts';
import { learnWords, type Vocabulary, writePage } from './pdf-text.ts';
import { type ReadBytes, type Unit, Unreadable } from './reading.ts';

/**
 * Reads what is written in an image, one unit a page, its words in pixels as shown; then, in a unit of its own, what a model says of it. An
 * image in which nothing is written is no fault: it has no fragments.
 */
export const readImage: ReadBytes = async (bytes, { limits, onUnit, onProgress, onFacts, describe }) => {
  const { width, height, pages } = await imageInfo(bytes);
  if (pages > limits.pages)
    throw new Unreadable(`This image has ${pages} pages; at most ${limits.pages} can be read.`);
  onProgress(0, pages);
  const texts: PageText[] = [];
  const recognized = { pages: [] as number[], words: 0, doubtful: 0 };
  const ocr = await startOcr();
  try {
    for (let ordinal = 1; ordinal <= pages; ordinal++) {
      const { unit, text, words, doubtful } = await readPage(bytes, ordinal, ocr, pages > 1);
      texts.push(text);
      recognized.pages.push(ordinal);
      recognized.words += words;
      recognized.doubtful += doubtful;
      await onUnit(unit);
      onProgress(ordinal, pages);
    }
  } finally {
    await ocr.close();
  }
  const fragments = fragmentsOf(piecesOf(texts), ({ unit, start, end }) =>
    (texts[unit - 1]?.text ?? '').slice(start, end),
  );

  const picture = describe && (await pictureOf(bytes));
  const said = picture && (await describe?.(picture));
  const described =
    picture &&
    said &&
    describedUnit(pages + 1, withinPicture(said, picture, { width, height }), { width, height });
  if (described) {
    await onUnit(described.unit);
    fragments.push(
      ...described.fragments.map((draft, i) => ({ ...draft, ordinal: fragments.length + i + 1 })),
    );
  }
  await onFacts({
    width,
    height,
    recognized,
    ...(described && { description: described.description }),
    ...(fragments.length === 0 && { missing: nothingFound }),
  });
  return fragments;
};

const nothingFound =
  'No words were found in this image, and no model described it. It can be asked about once one is configured and the image is uploaded again.';

async function readPage(bytes: Uint8Array, ordinal: number, ocr: Ocr, several: boolean) {
  const { width, height } = await imageInfo(bytes, ordinal - 1);
  const { scale, ...grey } = await greyPage(bytes, ordinal - 1);
  const found = await ocr.recognize(grey);
  const { frames, size, isDoubtful } = framesOf(found, { box: scale });
  const blocks = recognizedBlocks(frames);
  const vocabulary: Vocabulary = new Map();
  learnWords(blocks, vocabulary);
  const page = writePage(ordinal, size, blocks, vocabulary);
  const { places } = page.unit;
  const unit: Unit = {
    ...page.unit,
    places:
      places.kind === 'boxes'
        ? {
            ...places,
            kind: 'pixels',
            width,
            height,
            doubtful: doubtfulIn(places, isDoubtful),
            ...(several && { page: ordinal }),
          }
        : places,
  };
  const text: PageText = { ordinal, height: size.height, text: unit.text, blocks: page.blocks };
  return { unit, text, words: found.words.length, doubtful: found.words.filter((w) => w.doubtful).length };
}
