import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { claimsEval } from '../eval/claims.ts';
import { anchors, claimMisses, ocrMisses, retrievalMisses } from '../eval/limits.ts';
import { ocrEval } from '../eval/ocr.ts';
import { figures, type Figures, retrievalEval, type RetrievalRow } from '../eval/retrieval.ts';
import { parseConfig } from '../config.ts';

// `npm run eval`: retrieval, the check of Proofs and text recognition on real documents. Reads EVAL_DIR, opens no database but one in memory, writes eval-results.json.

const { evalDir } = parseConfig(process.env).tools;
if (!evalDir || !existsSync(evalDir)) {
  console.error(
    'Set EVAL_DIR to the folder with the evaluation sets (manual-index, squad2, cranfield, expertqa-claims, ocr):\n  EVAL_DIR=path npm run eval',
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
console.log('\nText recognition: words of scans found, right, and in order\n');
const ocr = await ocrEval(path.join(evalDir, 'ocr'));
console.log(
  table(
    ['scan', 'words', 'recall', 'precision', 'order'],
    ocr.map((row) => [
      row.file,
      String(row.words),
      ...[row.recall, row.precision, row.order].map((share) => share.toFixed(3)),
    ]),
  ),
);
const turned = ocr.filter((row) => row.turned);
console.log(`\nTurned scans read: ${turned.filter((row) => row.recall >= 0.95).length} of ${turned.length}`);
const missed = [...retrievalMisses(retrieval), ...claimMisses(claims), ...ocrMisses(ocr)];
writeFileSync(
  'eval-results.json',
  `${JSON.stringify({ retrieval, claims, ocr, anchors, missed }, undefined, 2)}\n`,
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
