import type { DifferencePart } from '@rayni/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { difference } from './difference.ts';
import { wordsOf } from './words.ts';

const said = (parts: DifferencePart[], ...kinds: DifferencePart['kind'][]) =>
  parts
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ text }) => text)
    .join('');
const shown = (parts: DifferencePart[]) =>
  parts
    .map(({ kind, text }) => ({ same: text, removed: `[-${text}-]`, added: `{+${text}+}` })[kind])
    .join('');
const keys = (text: string) => wordsOf(text).map(({ key }) => key);

it.each([
  [
    'Set the temperature to 37 °C and wait for 20 minutes.',
    'Set the temperature to 40 °C and wait for 20 minutes.',
    'Set the temperature to [-37-]{+40+} °C and wait for 20 minutes.',
  ],
  ['Wait 20 minutes.', 'Wait 20 minutes and close the lid.', 'Wait 20 minutes{+ and close the lid+}.'],
  ['Never open the lid.', 'Open the lid.', '[-Never open-]{+Open+} the lid.'],
  ['See error E-1024.', 'See error E-1042.', 'See error [-E-1024-]{+E-1042+}.'],
  ['Use 1.5 ml.', 'Use 15 ml.', 'Use [-1.5-]{+15+} ml.'],
  ['温度を37度に設定', '温度を40度に設定', '温度を[-37-]{+40+}度に設定'],
])('shows which words changed: %s', (old, now, expected) => {
  expect(shown(difference(old, now))).toBe(expected);
});

it.each([
  ['37 °C', '37\n°C'],
  ['37 °C', '37 ℃'],
  ['10–20 µm', '10-20 μm'],
  ['the user’s “set-point”', 'the user\'s "setpoint"'],
  ['a cali-\nbration', 'a calibration'],
])('takes white space and typography for no change: %j and %j', (old, now) => {
  expect(keys(old)).toEqual(keys(now));
  expect(difference(old, now).map(({ kind }) => kind)).toEqual(['same']);
});

it('takes case, signs and digits for what they are', () => {
  for (const [one, other] of [
    ['5 mm', '5 Mm'],
    ['-5', '5'],
    ['E-10', 'E10'],
    ['> 5', '< 5'],
  ] as const)
    expect(keys(one)).not.toEqual(keys(other));
});

const text = fc
  .array(fc.constantFrom('open', 'the', 'lid', '37', '°C', '.', ', ', ' ', '\n', 'E-10', '℃', 'not'), {
    maxLength: 30,
  })
  .map((words) => words.join(' ').trim());

it('holds all of both texts, in order', () => {
  fc.assert(
    fc.property(text, text, (old, now) => {
      const parts = difference(old, now);
      expect(said(parts, 'same', 'removed').replace(/\s/g, '')).toBe(old.replace(/\s/g, ''));
      expect(keys(said(parts, 'same', 'added'))).toEqual(keys(now));
      for (const [i, part] of parts.entries()) expect(part.kind).not.toBe(parts[i + 1]?.kind);
    }),
  );
});
