import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readDocument } from '@rayni/api';

/**
 * How much of a scan's words is found (recall), how much of what is found stands in it (precision), and how many of its neighbouring words are
 * neighbours in what was read (order): words without case and punctuation, as often as they occur, those cut at a line end put together.
 */
export type OcrRow = {
  file: string;
  words: number;
  recall: number;
  precision: number;
  order: number;
  /** The scan lies on its side or upside down. */
  turned: boolean;
};

/** Reads the scans below `dir` as the product reads any image, and compares with the text beside them; the last row is all of them together. */
export async function ocrEval(dir: string): Promise<OcrRow[]> {
  const names = await readdir(dir);
  const rows: OcrRow[] = [];
  const all = { truth: 0, found: 0, both: 0, pairs: 0, bothPairs: 0 };
  for (const file of names.filter((name) => /\.(?:tiff?|png|jpe?g)$/i.test(name)).toSorted()) {
    const base = path.parse(file).name;
    const turned = /-rotated-\w+$/.test(base);
    const truth = wordsOf(await readFile(path.join(dir, `${base.replace(/-rotated-\w+$/, '')}.txt`), 'utf8'));
    const found = wordsOf(await textOf(path.join(dir, file)));
    const both = common(truth, found);
    const [pairs, bothPairs] = [pairsOf(truth), common(pairsOf(truth), pairsOf(found))];
    all.truth += truth.length;
    all.found += found.length;
    all.both += both;
    all.pairs += pairs.length;
    all.bothPairs += bothPairs;
    rows.push({
      file,
      words: truth.length,
      recall: both / truth.length,
      precision: both / Math.max(1, found.length),
      order: bothPairs / Math.max(1, pairs.length),
      turned,
    });
  }
  const together = {
    file: 'together',
    words: all.truth,
    recall: all.both / Math.max(1, all.truth),
    precision: all.both / Math.max(1, all.found),
    order: all.bothPairs / Math.max(1, all.pairs),
    turned: false,
  };
  return rows.length === 0 ? [] : [...rows, together];
}

async function textOf(file: string): Promise<string> {
  const texts: string[] = [];
  for await (const part of readDocument({
    bytes: { path: file },
    type: 'image',
    filename: path.basename(file),
  }))
    if (part.kind === 'units') texts.push(...part.units.map((unit) => unit.text));
  return texts.join('\n\n');
}

function wordsOf(text: string): string[] {
  const whole = text.normalize('NFKC').replace(/(\p{L})-\s*\n\s*(\p{Ll})/gu, '$1$2');
  return whole.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

const pairsOf = (words: string[]) => words.slice(1).map((word, i) => `${words[i]} ${word}`);

/** How many of these are found among those, each as often as it occurs in both. */
function common(these: string[], those: string[]): number {
  const left = new Map<string, number>();
  for (const word of those) left.set(word, (left.get(word) ?? 0) + 1);
  let count = 0;
  for (const word of these) {
    const n = left.get(word) ?? 0;
    if (n > 0) count++;
    left.set(word, n - 1);
  }
  return count;
}
