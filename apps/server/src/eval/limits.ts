import { corruptions } from './claims-corrupt.ts';
import { turns } from './claims-instructions.ts';
import type { ClaimsRow } from './claims.ts';
import type { OcrRow } from './ocr.ts';
import { type Figures, figures, type RetrievalRow } from './retrieval.ts';

/**
 * Plain BM25 (k1 1.2, b .75, light stemmer) on the same files. Typed from the table in the README.md of the evaluation sets, which the
 * `anchors.py` beside it recomputes: the sets hold it in no form that could be read here.
 */
export const anchors: Record<string, Figures> = {
  'manual-index': { 'R@1': 0.776, 'R@5': 0.964, 'R@10': 0.985, 'MRR@10': 0.868, 'nDCG@10': 0.896 },
  squad2: { 'R@1': 0.834, 'R@5': 0.964, 'R@10': 0.978, 'MRR@10': 0.89, 'nDCG@10': 0.912 },
  cranfield: { 'R@1': 0.104, 'R@5': 0.29, 'R@10': 0.383, 'MRR@10': 0.64, 'nDCG@10': 0.396 },
};

/** How far a figure may lie below its anchor. */
const slack: Figures = { 'R@1': 0.01, 'R@5': 0.01, 'R@10': 0.01, 'MRR@10': 0, 'nDCG@10': 0 };

/** The figures of the ranking that lie too far below their anchors, in words. */
export function retrievalMisses(rows: RetrievalRow[]): string[] {
  return rows.flatMap((row) =>
    figures
      .filter((figure) => row[figure] < (anchors[row.set]?.[figure] ?? 0) - slack[figure] - 0.0005)
      .map((figure) => `${row.set} ${figure} ${row[figure].toFixed(3)}`),
  );
}

/** With fewer claims of a kind its share says nothing, and with none it would pass unmeasured. */
const fewest = 20;
const both = (kinds: readonly string[]) =>
  kinds.flatMap((kind) => [`${kind}, as it stands`, `${kind}, paraphrased`]);
/** Manuals of software hold too few sentences of the other kinds: those stand in the instructions made for this. */
const inManuals = corruptions.filter((kind) => !['particle', 'interval', 'range', 'measures'].includes(kind));
const kinds: Record<string, readonly string[]> = {
  'manual-index': ['true, any line or row', ...both(['true', ...inManuals])],
  instructions: ['true, in another order', ...both(['true', ...turns])],
};

/** What the check of Proofs lets pass or rejects beyond its limits on the manuals' sentences, in words; a kind with too few claims is one, too. */
export function claimMisses(rows: ClaimsRow[]): string[] {
  const misses: string[] = [];
  for (const [set, wanted] of Object.entries(kinds))
    for (const kind of wanted) {
      const claims = rows.find((row) => row.set === set && row.kind === kind)?.claims ?? 0;
      if (claims < fewest) misses.push(`${set} ${kind}: ${claims} claims, fewer than ${fewest}`);
    }
  const measured = rows.filter((row) => row.set in kinds);
  for (const row of measured) {
    if (row.kind === 'true, as it stands' && row.verbatim !== row.claims)
      misses.push(`${row.set}: untouched sentences that are not verbatim`);
    if (/^true, (?:paraphrased|in another order)$/.test(row.kind) && row.passed < 0.75)
      misses.push(`${row.set} ${row.kind} below 75 %`);
    if (/^(number|unit|negation)\b/.test(row.kind) && row.passed > 0.05)
      misses.push(`${row.set} ${row.kind} above 5 %`);
  }
  for (const set of Object.keys(kinds)) {
    const corrupted = measured.filter((row) => row.set === set && !row.kind.startsWith('true'));
    const all = corrupted.reduce((n, row) => n + row.claims, 0);
    const passed = corrupted.reduce((n, row) => n + row.verbatim + row.verified, 0) / Math.max(1, all);
    if (passed > 0.12) misses.push(`${set} corrupted over all kinds ${(100 * passed).toFixed(1)} %`);
  }
  return misses;
}

/** What is read of scans too badly, in words. Truths that space letters out, and accents an English recogniser does not know, cost three words of a hundred. */
export function ocrMisses(rows: OcrRow[]): string[] {
  const all = rows.at(-1);
  if (!all) return ['ocr: no scans'];
  const lost = rows.filter(({ turned, recall }) => turned && recall < 0.95);
  return [
    ...(all.recall < 0.95 ? [`ocr recall ${all.recall.toFixed(3)}`] : []),
    ...(all.precision < 0.97 ? [`ocr precision ${all.precision.toFixed(3)}`] : []),
    ...(all.order < 0.9 ? [`ocr order ${all.order.toFixed(3)}`] : []),
    ...lost.map(({ file }) => `ocr: ${file} was not turned`),
  ];
}
