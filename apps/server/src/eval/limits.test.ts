import { expect, it } from 'vitest';
import { corruptions } from './claims-corrupt.ts';
import { turns } from './claims-instructions.ts';
import type { ClaimsRow } from './claims.ts';
import { anchors, claimMisses, retrievalMisses } from './limits.ts';

const row = (kind: string, passed: number, claims = 100, set = 'manual-index'): ClaimsRow => {
  const levels =
    kind === 'true, as it stands' ? { verbatim: passed, verified: 0 } : { verbatim: 0, verified: passed };
  return {
    set,
    kind,
    claims,
    ...levels,
    partial: 0,
    unsupported: claims - passed,
    passed: passed / claims,
  };
};
const made = (kind: string, passed: number, claims = 100) => row(kind, passed, claims, 'instructions');
const good = [
  row('true, any line or row', 100),
  row('true, as it stands', 100),
  row('true, paraphrased', 90),
  ...corruptions.flatMap((kind) => [row(`${kind}, as it stands`, 2), row(`${kind}, paraphrased`, 5)]),
  made('true, as it stands', 100),
  made('true, in another order', 90),
  made('true, paraphrased', 90),
  ...turns.flatMap((kind) => [made(`${kind}, as it stands`, 2), made(`${kind}, paraphrased`, 5)]),
];
const withRow = (other: ClaimsRow) =>
  good.map((row) => (row.kind === other.kind && row.set === other.set ? other : row));

it('finds nothing missed where every kind keeps its limit', () => {
  expect(claimMisses(good)).toEqual([]);
});

it('misses a kind that has no claims, or too few to say anything', () => {
  const without = good.filter(({ kind }) => kind !== 'unit, as it stands');
  expect(claimMisses(without)).toEqual(['manual-index unit, as it stands: 0 claims, fewer than 20']);
  expect(claimMisses(withRow(row('nouns, paraphrased', 0, 19)))).toHaveLength(1);
  expect(claimMisses(withRow(made('range, paraphrased', 0, 19)))).toHaveLength(1);
  for (const turn of turns)
    expect(claimMisses([]).join()).toContain(`instructions ${turn}, as it stands: 0 claims`);
});

it('misses what passes or fails beyond its limit', () => {
  expect(claimMisses(withRow(row('number, paraphrased', 6)))).toEqual([
    'manual-index number, paraphrased above 5 %',
  ]);
  expect(claimMisses(withRow(row('true, paraphrased', 74)))).toEqual([
    'manual-index true, paraphrased below 75 %',
  ]);
  expect(claimMisses(withRow(made('true, in another order', 74)))).toHaveLength(1);
  expect(claimMisses(withRow(row('true, as it stands', 99)))).toHaveLength(1);
  expect(claimMisses(withRow(made('true, as it stands', 99)))).toHaveLength(1);
  const many = good.map((row) =>
    /^(?:nouns|name|order|clauses)/.test(row.kind) ? { ...row, verified: 100 } : row,
  );
  expect(claimMisses(many)).toEqual([
    'manual-index corrupted over all kinds 24.2 %',
    'instructions corrupted over all kinds 19.6 %',
  ]);
});

it('misses a figure of the ranking below its anchor', () => {
  const figures = anchors['squad2']!;
  const squad = { set: 'squad2', questions: 1, fragments: 1, shown: figures, ...figures };
  expect(retrievalMisses([squad])).toEqual([]);
  expect(retrievalMisses([{ ...squad, 'MRR@10': 0.889, 'R@5': 0.955 }])).toEqual(['squad2 MRR@10 0.889']);
  expect(retrievalMisses([{ ...squad, 'R@5': 0.953 }])).toEqual(['squad2 R@5 0.953']);
});
