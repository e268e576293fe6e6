import { expect, it } from 'vitest';
import { corruptions } from './claims-corrupt.ts';
import type { ClaimsRow } from './claims.ts';
import { anchors, claimMisses, retrievalMisses } from './limits.ts';

const row = (kind: string, passed: number, claims = 100): ClaimsRow => {
  const levels =
    kind === 'true, as it stands' ? { verbatim: passed, verified: 0 } : { verbatim: 0, verified: passed };
  return {
    set: 'manual-index',
    kind,
    claims,
    ...levels,
    partial: 0,
    unsupported: claims - passed,
    passed: passed / claims,
  };
};
const good = [
  row('true, any line or row', 100),
  row('true, as it stands', 100),
  row('true, paraphrased', 90),
  ...corruptions.flatMap((kind) => [row(`${kind}, as it stands`, 2), row(`${kind}, paraphrased`, 5)]),
];
const withRow = (other: ClaimsRow) => good.map((row) => (row.kind === other.kind ? other : row));

it('finds nothing missed where every kind keeps its limit', () => {
  expect(claimMisses(good)).toEqual([]);
});

it('misses a kind that has no claims, or too few to say anything', () => {
  const without = good.filter(({ kind }) => kind !== 'unit, as it stands');
  expect(claimMisses(without)).toEqual(['unit, as it stands: 0 claims, fewer than 20']);
  expect(claimMisses(withRow(row('nouns, paraphrased', 0, 19)))).toHaveLength(1);
  expect(claimMisses([])).toHaveLength(good.length);
});

it('misses what passes or fails beyond its limit', () => {
  expect(claimMisses(withRow(row('number, paraphrased', 6)))).toEqual(['number, paraphrased above 5 %']);
  expect(claimMisses(withRow(row('true, paraphrased', 74)))).toEqual(['paraphrased below 75 %']);
  expect(claimMisses(withRow(row('true, as it stands', 99)))).toHaveLength(1);
  const many = good.map((row) => (row.kind.startsWith('nouns') ? { ...row, verified: 100 } : row));
  expect(claimMisses(many)).toEqual(['corrupted over all kinds 15.6 %']);
});

it('misses a figure of the ranking below its anchor', () => {
  const figures = anchors['squad2']!;
  const squad = { set: 'squad2', questions: 1, fragments: 1, shown: figures, ...figures };
  expect(retrievalMisses([squad])).toEqual([]);
  expect(retrievalMisses([{ ...squad, 'MRR@10': 0.889, 'R@5': 0.955 }])).toEqual(['squad2 MRR@10 0.889']);
  expect(retrievalMisses([{ ...squad, 'R@5': 0.953 }])).toEqual(['squad2 R@5 0.953']);
});
