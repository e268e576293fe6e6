import { describe, expect, it } from 'vitest';
import { corrupt, corruptions } from './claims-corrupt.ts';
import { instruction, turns } from './claims-instructions.ts';
import { turn } from './claims-turns.ts';
import { paraphrase, seeded } from './claims-paraphrase.ts';

const sentence =
  'If the pump must be stopped, open the valve of the LSR-II for 5 min and check the pressure before the next run.';
const page = `${sentence} The FACS-3 holds 12 tubes.`;

describe('the material of the claims evaluation', () => {
  it('is the same for the same seed', () => {
    for (const seed of [1, 2, 3])
      expect(paraphrase(sentence, seeded(seed))).toEqual(paraphrase(sentence, seeded(seed)));
  });

  it('rewords without a change of numbers and names', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { text } = paraphrase(sentence, seeded(seed)) ?? { text: '' };
      expect(text).not.toBe(sentence);
      expect(text).toContain('LSR-II');
      expect(text).toMatch(/\b(?:5|five)\b/);
    }
  });

  it.each(corruptions.filter((kind) => kind !== 'page' && !turns.some((other) => other === kind)))(
    'changes something for %s',
    (kind) => {
      const made = Array.from({ length: 20 }, (_, seed) => corrupt(kind, sentence, page, seeded(seed)));
      const wrong = made.filter((text) => text !== undefined);
      expect(wrong.length).toBeGreaterThan(5);
      for (const text of wrong) expect(text).not.toBe(sentence);
    },
  );

  it.each(turns)('makes instructions for %s that say the same, and others that do not', (kind) => {
    for (let seed = 0; seed < 40; seed++) {
      const made = instruction(kind, seeded(seed));
      expect(instruction(kind, seeded(seed))).toEqual(made);
      expect(made.same.length).toBeGreaterThan(0);
      expect(made.wrong.length).toBeGreaterThan(0);
      for (const claim of made.same) expect(claim).not.toBe(made.said);
      for (const claim of made.wrong) expect([made.said, ...made.same]).not.toContain(claim);
    }
  });

  it.each([
    ['particle', 'Turn the key on when the lamp is warm.', /off the key/],
    [
      'clauses',
      'Close the valve before the pump of the line starts.',
      /^(?:The pump .* before close|Before close)/,
    ],
    ['condition', 'The alarm sounds if the door is open.', /unless|even if/],
    ['interval', 'The filter is cleaned weekly by the user.', /hourly|daily|monthly|yearly/],
    ['range', 'Shake the tube for 10 to 20 min.', /for (?:10|20) min/],
    ['measures', 'Heat it to 40 °C first, then cool it down to 4 °C for the night.', /to 4 °C .* to 40 °C/],
  ] as const)('turns %s round in a sentence', (kind, said, wanted) =>
    expect(turn(kind, said, seeded(3))).toMatch(wanted),
  );
});
