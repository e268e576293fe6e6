import { canonical } from '../text/canonical.ts';
import { sentences } from '../text/sentences.ts';
import type { FragmentDraft, PictureDescription, Unit } from './reading.ts';

/** What a model says of an image is cut to this: it is no book. */
const longestDescription = 4_000;
const longestLabel = 200;
const mostRegions = 60;

type Size = { width: number; height: number };

/**
 * What a model said of a picture, in pixels of the image the picture was made from. Boxes that do not lie within the picture, or are too small to
 * show anything, are left out with their labels: a place is known or it is not said.
 */
export function withinPicture(said: PictureDescription, picture: Size, image: Size): PictureDescription {
  const scale = image.width / picture.width;
  const regions = said.regions.slice(0, mostRegions).flatMap(({ label, x, y, w, h }) => {
    const inside = x >= 0 && y >= 0 && x + w <= picture.width && y + h <= picture.height;
    const text = oneLine(label).slice(0, longestLabel).trim();
    if (!inside || !(w >= 2 && h >= 2) || text === '') return [];
    const [left, top] = [x * scale, y * scale];
    return [
      {
        label: text,
        x: left,
        y: top,
        w: Math.min(w * scale, image.width - left),
        h: Math.min(h * scale, image.height - top),
      },
    ];
  });
  return { description: oneLine(said.description).slice(0, longestDescription).trim(), regions };
}

/**
 * A description as a unit of its own and its fragment: first the sentences, which stand nowhere in the image, then a line for each labelled
 * region, whose place is its box. Undefined when nothing is said.
 */
export function describedUnit(
  ordinal: number,
  { description, regions }: PictureDescription,
  image: Size,
): { unit: Unit; fragments: FragmentDraft[]; description: string } | undefined {
  const lines = regions.map(({ label }) => label);
  const text = canonical([description, lines.join('\n')].filter(Boolean).join('\n\n'));
  if (text === '') return undefined;
  const starts: number[] = [];
  const ends: number[] = [];
  const boxes: number[] = [];
  let at = description === '' ? 0 : canonical(description).length + 2;
  const segments: [number, number][] = description === '' ? [] : sentences(canonical(description));
  for (const { label, x, y, w, h } of regions) {
    starts.push(at);
    ends.push((at += canonical(label).length));
    segments.push([starts.at(-1)!, at]);
    boxes.push(x, y, w, h);
    at += 1;
  }
  const unit: Unit = {
    ordinal,
    text,
    places: {
      kind: 'pixels',
      width: image.width,
      height: image.height,
      starts: Uint32Array.from(starts),
      ends: Uint32Array.from(ends),
      boxes: Float32Array.from(boxes),
    },
  };
  const fragment: FragmentDraft = {
    ordinal: 1,
    heading: '',
    ranges: [{ unit: ordinal, start: 0, end: text.length }],
    text,
    kind: 'description',
    segments,
  };
  return { unit, fragments: [fragment], description: canonical(description) };
}

function oneLine(text: string): string {
  return canonical(text).replace(/\s+/g, ' ').trim();
}
