import { expect, it } from 'vitest';
import { runCanary } from './canary.ts';

const seed = Math.floor(Math.random() * 1_000_000);

it(`shows no document to anybody who may not see it, whatever changes meanwhile (seed ${seed})`, async () => {
  const report = await runCanary({
    seed,
    questions: 200,
    size: { people: 8, instruments: 5, documents: 25 },
  });
  expect(report.leaks).toEqual([]);
  expect(report.failed).toBe(0);
  // It looked, there was something to find, and something to be kept back.
  expect(report.prompts).toBeGreaterThan(30);
  expect(report.sightings).toBeGreaterThan(500);
  expect(report.forbidden).toBeGreaterThan(100);
  expect(report.answered).toBeGreaterThan(50);
}, 300_000);
