import { existsSync, writeFileSync } from 'node:fs';
import { claimsEval } from '../eval/claims.ts';
import { anchors, claimMisses, retrievalMisses } from '../eval/limits.ts';
import { figures, type Figures, retrievalEval, type RetrievalRow } from '../eval/retrieval.ts';
import { parseConfig } from '../config.ts';

// `npm run eval`: retrieval and the check of Proofs on real documents. Reads EVAL_DIR, opens no database but one in memory, writes eval-results.json.

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

function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [head, ...rows].map(line).join('\n');
}
