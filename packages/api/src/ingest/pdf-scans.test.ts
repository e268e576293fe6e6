import { expect, test } from 'vitest';
import { isGarbage } from './pdf-scans.ts';

test.each([
  ['words', 'The pump runs at 1450 rpm.', false],
  ['formulas and arrows', '∑ xᵢ → ∞, α ≤ β ± 3 µm ⇒ ≈ 37 °C', false],
  ['other scripts', 'Насос работает. ポンプは動いています。', false],
  [
    'a page of words with bullets of a symbol font',
    `${'Open the valve. '.repeat(5)}\uF0B7\uF0B7\uF0B7`,
    false,
  ],
  ['glyphs without meaning', '\uE012\uE013\uE044\uE045 \uE012\uE077\uE013 a b', true],
  ['replacement characters', '\uFFFD\uFFFD\uFFFD\uFFFDthe', true],
  ['nothing', '', false],
])('%s: garbage or not', (_, text, garbage) => {
  expect(isGarbage(text)).toBe(garbage);
});
