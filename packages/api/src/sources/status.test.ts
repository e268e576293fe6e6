import { sourceStatus } from '@rayni/contract';
import { expect, it } from 'vitest';
import { mayBecome, sourcesOf } from './status.ts';

const beforeApproval = ['uploaded', 'processing', 'parsed', 'embedded'] as const;

it('a source goes forward through its reading to its approval, and out of answers and back', () => {
  for (const [from, to] of [
    ['uploaded', 'processing'],
    ['processing', 'parsed'],
    ['processing', 'embedded'],
    ['parsed', 'embedded'],
    ['embedded', 'approved'],
    ['approved', 'archived'],
    ['archived', 'approved'],
    ['rejected', 'processing'],
  ] as const)
    expect([from, to, mayBecome(from, to)]).toEqual([from, to, true]);
});

it('only what is not approved yet can be rejected', () => {
  expect(sourcesOf('rejected').sort()).toEqual([...beforeApproval].sort());
});

it('only what was read can be approved, and only what is approved archived', () => {
  expect(sourcesOf('approved')).toEqual(['parsed', 'embedded', 'archived']);
  expect(sourcesOf('archived')).toEqual(['approved']);
});

it('what was approved once is approved or archived for ever: what else there is was never answered from', () => {
  const lost = sourceStatus.options.filter((to) => mayBecome('approved', to) || mayBecome('archived', to));
  expect(lost.sort()).toEqual(['approved', 'archived']);
});

it('nothing follows itself', () => {
  for (const status of sourceStatus.options) expect(mayBecome(status, status)).toBe(false);
});
