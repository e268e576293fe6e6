import { existsSync, writeFileSync } from 'node:fs';
import { claimsEval, type ClaimsRow } from '../eval/claims.ts';
import { figures, type Figures, retrievalEval, type RetrievalRow } from '../eval/retrieval.ts';
import { parseConfig } from '../config.ts';

// `npm run eval`: retrieval and the check of Proofs on real documents. Reads EVAL_DIR, opens none but a database in memory, writes eval-results.json.

/** Plain BM25 (k1 1.2, b .75, light stemmer), typed from the table in the sets' README.md, which `anchors.py` beside it recomputes; the sets hold it in no other form. */
const anchors: Record<string, Figures> = {
  'manual-index': { 'R@1': 0.776, 'R@5': 0.964, 'R@10': 0.985, 'MRR@10': 0.868, 'nDCG@10': 0.896 },
  squad2: { 'R@1': 0.834, 'R@5': 0.964, 'R@10': 0.978, 'MRR@10': 0.89, 'nDCG@10': 0.912 },
  cranfield: { 'R@1': 0.104, 'R@5': 0.29, 'R@10': 0.383, 'MRR@10': 0.64, 'nDCG@10': 0.396 },
};
/** How far a figure may lie below its anchor. */
const slack: Figures = { 'R@1': 0.01, 'R@5': 0.01, 'R@10': 0.01, 'MRR@10': 0, 'nDCG@10': 0 };

const { evalDir } = parseConfig(process.env).tools;
if (!evalDir || !existsSync(evalDir)) {
  console.error(
    'Set EVAL_DIR to the folder with the evaluation sets (manual-index, squad2, cranfield, expertqa-claims):\n  EVAL_DIR=path npm run eval',
  );
  process.exit(2);
}

console.log(
  'Retrieval (the anchor: plain BM25 on the same files; shown: of it, what is left without repetitions)\n',
);
const retrieval = await retrievalEval(evalDir);
console.log(table(['set', 'n', ...figures], retrieval.flatMap(retrievalLines)));
console.log('\nThe check of Proofs: how many statements of a kind pass as verbatim or verified\n');
const claims = await claimsEval(evalDir);
console.log(
  table(
    ['set', 'kind', 'n', 'verbatim', 'verified', 'partial', 'unsupported', 'passed'],
    claims.map((row) => [
      row.set,
      row.kind,
      String(row.claims),
      ...[row.verbatim, row.verified, row.partial, row.unsupported].map(String),
      `${(100 * row.passed).toFixed(1)} %`,
    ]),
  ),
);
const missed = [...retrievalMisses(retrieval), ...claimMisses(claims)];
writeFileSync(
  'eval-results.json',
  `${JSON.stringify({ retrieval, claims, anchors, missed }, undefined, 2)}\n`,
);
console.log(
  `\n${missed.length === 0 ? 'Every limit is met.' : `Missed: ${missed.join('; ')}`} Figures in eval-results.json.`,
);
process.exitCode = missed.length === 0 ? 0 : 1;

function retrievalLines(row: RetrievalRow): string[][] {
  const anchor = anchors[row.set];
  const line = (name: string, n: string, of: Figures) => [name, n, ...figures.map((f) => of[f].toFixed(3))];
  return [
    line(row.set, String(row.questions), row),
    ...(anchor ? [line('  anchor', '', anchor)] : []),
    line('  shown', '', row.shown),
  ];
}

function retrievalMisses(rows: RetrievalRow[]): string[] {
  return rows.flatMap((row) =>
    figures
      .filter((figure) => row[figure] < (anchors[row.set]?.[figure] ?? 0) - slack[figure] - 0.0005)
      .map((figure) => `${row.set} ${figure} ${row[figure].toFixed(3)}`),
  );
}

function claimMisses(rows: ClaimsRow[]): string[] {
  const manual = rows.filter((row) => row.set === 'manual-index');
  const share = (kinds: ClaimsRow[]) => {
    const all = kinds.reduce((n, row) => n + row.claims, 0);
    return all === 0 ? 0 : kinds.reduce((n, row) => n + row.verbatim + row.verified, 0) / all;
  };
  const corrupted = manual.filter((row) => !row.kind.startsWith('true'));
  const misses: string[] = [];
  for (const row of manual) {
    if (row.kind === 'true, as it stands' && row.verbatim !== row.claims)
      misses.push('untouched sentences that are not verbatim');
    if (row.kind === 'true, paraphrased' && row.passed < 0.75) misses.push('paraphrased below 75 %');
    if (/^(number|unit|negation)\b/.test(row.kind) && row.passed > 0.05) misses.push(`${row.kind} above 5 %`);
  }
  if (share(corrupted) > 0.12)
    misses.push(`corrupted over all kinds ${(100 * share(corrupted)).toFixed(1)} %`);
  return misses;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [head, ...rows].map(line).join('\n');
}
