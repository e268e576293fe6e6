import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createWorker, OEM, PSM } from 'tesseract.js';
import { type OcrBlock, type OcrWord, wordsOfBlocks } from './ocr-words.ts';

/** Grey values of a picture, row by row, 0 black to 255 white. */
export type Grey = { data: Uint8Array; width: number; height: number };

/** Degrees clockwise by which a picture must be turned for its text to stand upright. */
export type Turn = 0 | 90 | 180 | 270;

/** What stands in a picture: the words in pixels of the picture turned by `turn`, whose size `width` × `height` is. */
export type Recognized = { words: OcrWord[]; turn: Turn; width: number; height: number };

/** Recognises printed words; one picture at a time. */
export type Ocr = { recognize(picture: Grey): Promise<Recognized>; close(): Promise<void> };

/** Upright text of the evaluation scans is read with 85 to 94, the same text turned with 28 to 42. */
const uprightFrom = 70;
/** Pictures above this are made smaller to find out how they are turned. */
const probePixels = 2_000_000;

/** A picture with fewer words is no page of print. */
export const fewWords = 50;
/** Pictures with fewer pixels are looked at enlarged as well: of a panel 560 pixels wide 41 words of 46 are read, and not 33. */
const smallPixels = 1_000_000;
/** Words found only by another way of taking the picture apart must be read with so much confidence. */
const certain = 80;

/** What one try read; `lying`: its words run up or down the picture. */
type Attempt = { words: OcrWord[]; lying: boolean; sureness: number; weight: number };

/** Starts the recogniser with the English data of its own package: nothing is fetched, nothing is written. */
export async function startOcr(): Promise<Ocr> {
  const data = dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json'));
  const worker = await createWorker('eng', OEM.LSTM_ONLY, {
    langPath: join(data, '4.0.0_best_int'),
    gzip: true,
    cacheMethod: 'none',
    // Without it a fault is thrown where nobody can catch it; the call that failed rejects all the same.
    errorHandler: () => {},
  });
  const read = async (picture: Grey, mode = PSM.AUTO): Promise<Attempt> => {
    await worker.setParameters({ tessedit_pageseg_mode: mode });
    const { data: page } = await worker.recognize(pgm(picture), {}, { text: false, blocks: true });
    const blocks: OcrBlock[] = page.blocks ?? [];
    const words = wordsOfBlocks(blocks);
    const lying = isLying(words);
    return { words, lying, sureness: lying ? 0 : surenessOf(blocks), weight: lying ? 0 : weightOf(words) };
  };
  /** Where few words are found, others may stand in frames and on buttons, which only other ways of taking a picture apart find. */
  const more = async (picture: Grey, words: OcrWord[]): Promise<OcrWord[]> => {
    if (words.length >= fewWords) return words;
    const all = [...words];
    // Type of a small photograph is smaller than what the recogniser was trained with.
    const times = picture.width * picture.height < smallPixels ? 2 : 1;
    const large = enlarged(picture, times);
    for (const mode of [PSM.SINGLE_BLOCK, PSM.SINGLE_COLUMN]) {
      const found = await read(large, mode);
      const others = found.words.map((word) => shrunk(word, times));
      const missed = others.filter(
        (word) => word.confidence >= certain && !all.some((known) => overlap(known, word)),
      );
      const last = Math.max(-1, ...all.map((word) => word.block));
      all.push(...missed.map((word) => ({ ...word, block: last + 1 + word.block })));
    }
    // A lone sign here and there is a screw or a shadow.
    return all.some(({ text }) => /[\p{L}\p{N}]{2}/u.test(text)) ? all : [];
  };

  return {
    async recognize(picture) {
      if (isBlank(picture)) return { words: [], turn: 0, width: picture.width, height: picture.height };
      const first: Turn = runsDown(picture) ? 90 : 0;
      const began = turned(picture, first);
      const found = await read(began);
      const upright = async (): Promise<Recognized> => ({
        words: await more(began, found.words),
        turn: first,
        ...sizeOf(began),
      });
      if (found.sureness >= uprightFrom) return await upright();

      const probe = reduced(picture, probePixels);
      // Upright text has an advantage: what is turned is read by accident as well as not.
      let best: Pick<Attempt, 'words' | 'weight'> & { turn: Turn } = {
        turn: first,
        words: found.words,
        weight: found.weight * 1.2,
      };
      for (const step of found.lying ? [90, 270] : [180, 90, 270]) {
        const turn = turnOf(first + step);
        const other = await read(turned(probe, turn));
        if (other.weight > best.weight) best = { turn, words: other.words, weight: other.weight };
        if (other.sureness >= uprightFrom && best.turn === turn) break;
      }
      if (best.turn === first) return await upright();
      const shown = turned(picture, best.turn);
      const words = probe === picture ? best.words : (await read(shown)).words;
      return { words: await more(shown, words), turn: best.turn, ...sizeOf(shown) };
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** A box of the turned picture in pixels of the picture that was turned; `width` and `height` are those of the turned one. */
export function turnedBack(
  { x0, y0, x1, y1 }: Pick<OcrWord, 'x0' | 'y0' | 'x1' | 'y1'>,
  { turn, width, height }: Pick<Recognized, 'turn' | 'width' | 'height'>,
): [x: number, y: number, w: number, h: number] {
  switch (turn) {
    case 0:
      return [x0, y0, x1 - x0, y1 - y0];
    case 90:
      return [y0, width - x1, y1 - y0, x1 - x0];
    case 180:
      return [width - x1, height - y1, x1 - x0, y1 - y0];
    case 270:
      return [height - y1, x0, y1 - y0, x1 - x0];
  }
}

/** The picture turned clockwise. */
export function turned(picture: Grey, turn: Turn): Grey {
  const { data, width, height } = picture;
  if (turn === 0) return picture;
  const out = new Uint8Array(data.length);
  if (turn === 180) {
    for (let i = 0, j = data.length - 1; j >= 0; i++, j--) out[i] = data[j]!;
    return { data: out, width, height };
  }
  let at = 0;
  for (let x = 0; x < width; x++) {
    const column = turn === 90 ? x : width - 1 - x;
    for (let y = 0; y < height; y++) {
      const row = turn === 90 ? height - 1 - y : y;
      out[at++] = data[row * width + column]!;
    }
  }
  return { data: out, width: height, height: width };
}

function turnOf(degrees: number): Turn {
  const turn = degrees % 360;
  return turn === 90 || turn === 180 || turn === 270 ? turn : 0;
}

function sizeOf({ width, height }: Grey) {
  return { width, height };
}

/** Whether two boxes share more than a fifth of the smaller one. */
function overlap(a: OcrWord, b: OcrWord): boolean {
  const w = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const h = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  const area = ({ x0, y0, x1, y1 }: OcrWord) => (x1 - x0) * (y1 - y0);
  return w > 0 && h > 0 && w * h > 0.2 * Math.min(area(a), area(b));
}

/** Mean confidence of the words with letters or digits, each as heavy as it is long; 0 without any. */
function surenessOf(blocks: readonly OcrBlock[]): number {
  let sum = 0;
  let all = 0;
  for (const { words } of blocks.flatMap(({ paragraphs }) => paragraphs.flatMap(({ lines }) => lines)))
    for (const { text, confidence } of words) {
      const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
      sum += letters * confidence;
      all += letters;
    }
  return all === 0 ? 0 : sum / all;
}

/** Whether most words are higher than wide: the recogniser reads some lines that run up or down, but not in order. */
function isLying(words: readonly OcrWord[]): boolean {
  const long = words.filter(({ text }) => text.length >= 3);
  return long.filter(({ x0, x1, y0, y1 }) => y1 - y0 > x1 - x0).length > long.length / 2;
}

/** How much was read that is not easily read by accident: letters of longer words read with confidence. */
function weightOf(words: readonly OcrWord[]): number {
  return words.reduce(
    (sum, { text, confidence }) =>
      sum + (confidence >= 80 && /[\p{L}\p{N}]{3}/u.test(text) ? text.length : 0),
    0,
  );
}

/** Whether nothing is drawn: all grey values lie close together. */
function isBlank({ data }: Grey): boolean {
  let least = 255;
  let most = 0;
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
    if (most - least > 24) return false;
  }
  return true;
}

/**
 * Whether lines of text seem to run down the picture: its columns change from dark to light much more than its rows do. A guess that only
 * decides which way is tried first.
 */
function runsDown(picture: Grey): boolean {
  const { data, width, height } = reduced(picture, 500_000);
  const rows = new Float64Array(height);
  const columns = new Float64Array(width);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      rows[y]! += data[at]! / width;
      columns[x]! += data[at]! / height;
    }
  return changes(columns) > 2 * changes(rows);
}

function changes(profile: Float64Array): number {
  let sum = 0;
  for (let i = 1; i < profile.length; i++) sum += (profile[i]! - profile[i - 1]!) ** 2;
  return sum / profile.length;
}

/** A picture so many times as wide and high, its pixels run into one another. */
function enlarged(picture: Grey, times: number): Grey {
  if (times === 1) return picture;
  const [width, height] = [picture.width * times, picture.height * times];
  const data = new Uint8Array(width * height);
  const at = (x: number, y: number) =>
    picture.data[Math.min(y, picture.height - 1) * picture.width + Math.min(x, picture.width - 1)]!;
  for (let y = 0, i = 0; y < height; y++) {
    const [top, down] = [Math.floor(y / times), (y % times) / times];
    for (let x = 0; x < width; x++, i++) {
      const [left, right] = [Math.floor(x / times), (x % times) / times];
      const above = at(left, top) * (1 - right) + at(left + 1, top) * right;
      const below = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
      data[i] = above * (1 - down) + below * down;
    }
  }
  return { data, width, height };
}

function shrunk(word: OcrWord, times: number): OcrWord {
  const { x0, y0, x1, y1, base, size } = word;
  const to = (value: number) => value / times;
  return { ...word, x0: to(x0), y0: to(y0), x1: to(x1), y1: to(y1), base: to(base), size: to(size) };
}

/** At most so many pixels, each the mean of a square of whole pixels; the same picture when it is small enough. */
function reduced(picture: Grey, pixels: number): Grey {
  const step = Math.ceil(Math.sqrt((picture.width * picture.height) / pixels));
  if (step <= 1) return picture;
  const width = Math.max(1, Math.floor(picture.width / step));
  const height = Math.max(1, Math.floor(picture.height / step));
  const data = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      let sum = 0;
      for (let dy = 0; dy < step; dy++)
        for (let dx = 0; dx < step; dx++)
          sum += picture.data[(y * step + dy) * picture.width + x * step + dx] ?? 255;
      data[at] = sum / step ** 2;
    }
  return { data, width, height };
}

/**
 * The picture as a file the recogniser opens without inflating anything. The comment keeps its search for EXIF data, a byte pattern in the
 * first 500 bytes of any file, away from the pixels.
 */
function pgm({ data, width, height }: Grey): Buffer {
  return Buffer.concat([Buffer.from(`P5\n#${' '.repeat(500)}\n${width} ${height}\n255\n`), data]);
}
