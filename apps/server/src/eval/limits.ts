import { corruptions } from './claims-corrupt.ts';
import type { ClaimsRow } from './claims.ts';
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
const kinds = [
  'true, any line or row',
  'true, as it stands',
  'true, paraphrased',
  ...corruptions.flatMap((kind) => [`${kind}, as it stands`, `${kind}, paraphrased`]),
];

/** What the check of Proofs lets pass or rejects beyond its limits on the manuals' sentences, in words; a kind with too few claims is one, too. */
export function claimMisses(rows: ClaimsRow[]): string[] {
  const manual = rows.filter((row) => row.set === 'manual-index');
  const misses: string[] = [];
  for (const kind of kinds) {
    const claims = manual.find((row) => row.kind === kind)?.claims ?? 0;
    if (claims < fewest) misses.push(`${kind}: ${claims} claims, fewer than ${fewest}`);
  }
  for (const row of manual) {
    if (row.kind === 'true, as it stands' && row.verbatim !== row.claims)
      misses.push('untouched sentences that are not verbatim');
    if (row.kind === 'true, paraphrased' && row.passed < 0.75) misses.push('paraphrased below 75 %');
    if (/^(number|unit|negation)\b/.test(row.kind) && row.passed > 0.05) misses.push(`${row.kind} above 5 %`);
  }
  const corrupted = manual.filter((row) => !row.kind.startsWith('true'));
  const all = corrupted.reduce((n, row) => n + row.claims, 0);
  const passed = corrupted.reduce((n, row) => n + row.verbatim + row.verified, 0) / Math.max(1, all);
  if (passed > 0.12) misses.push(`corrupted over all kinds ${(100 * passed).toFixed(1)} %`);
  return misses;
}
