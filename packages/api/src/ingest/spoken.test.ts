import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { Cue } from '../app.ts';
import { locate } from './place-map.ts';
import { spokenText } from './spoken.ts';
import type { Span } from './spoken-times.ts';

/** When a text of the transcript is spoken, by its place. */
function timeOf(spoken: ReturnType<typeof spokenText>, words: string): Span {
  const start = spoken.text.indexOf(words);
  expect(start, words).not.toBe(-1);
  const found = locate(() => spoken, [{ unit: 1, start, end: start + words.length }]);
  if (found.kind !== 'time') throw new Error('no time');
  return [found.start, found.end];
}
const segments = (cues: Cue[]) =>
  spokenText(cues, []).pieces.flatMap((piece) => piece.segments.map(([a, b]) => piece.text.slice(a, b)));

describe('cues', () => {
  test('are joined to the sentences they are cut from, each with its own time', () => {
    const cues = [
      { start: 0, end: 2, text: 'Turn the handle' },
      { start: 2, end: 4, text: 'clockwise.' },
      { start: 4.2, end: 6, text: 'Then wait.' },
    ];
    expect(segments(cues)).toEqual(['Turn the handle clockwise.', 'Then wait.']);
    const spoken = spokenText(cues, []);
    expect(timeOf(spoken, 'Turn the handle clockwise.')).toEqual([0, 4]);
    expect(timeOf(spoken, 'clockwise.')).toEqual([2, 4]);
  });

  test('without any full stop are pieces of some cues, cut at pauses', () => {
    const cues = Array.from({ length: 40 }, (_, i) => ({
      start: i * 2 + (i >= 20 ? 1 : 0),
      end: i * 2 + 1.9 + (i >= 20 ? 1 : 0),
      text: `turn the wheel ${i} more`,
    }));
    const found = segments(cues);
    expect(found.join(' ')).toBe(cues.map(({ text }) => text).join(' '));
    expect(Math.max(...found.map((text) => text.split(' ').length))).toBeLessThanOrEqual(35);
    expect(found.some((text) => text.startsWith('turn the wheel 20 '))).toBe(true);
  });

  test('that come after a long pause, or of another speaker, begin a paragraph', () => {
    const cues = [
      { start: 0, end: 2, text: 'One.' },
      { start: 2.3, end: 4, text: 'Two.' },
      { start: 6, end: 7, text: 'Three' },
      { start: 7, end: 8, text: 'four.', speaker: 'B' },
    ];
    expect(spokenText(cues, []).text).toBe('One. Two.\n\nThree\n\nfour.');
  });

  test('that tell when each word is spoken are cited by those', () => {
    const words = ['Stop', 'it.', 'Go', 'on,', 'now!'].map((text, i) => ({ text, start: i, end: i + 0.6 }));
    const spoken = spokenText([{ start: 0, end: 5, text: 'Stop it. Go on, now!', words }], []);
    const [start, end] = timeOf(spoken, 'Go on, now!');
    expect(start).toBeCloseTo(1.85, 5);
    expect(end).toBeCloseTo(4.75, 5);
    // Words that are not those of the text are no times of it.
    const other = [{ text: 'Leave', start: 0, end: 1 }];
    expect(timeOf(spokenText([{ start: 0, end: 5, text: 'Stop.', words: other }], []), 'Stop.')).toEqual([
      0, 5,
    ]);
  });

  test('that are shown longer than they are spoken are narrowed to the speech', () => {
    const pauses: Span[] = [
      [0, 2],
      [5, 9],
    ];
    const [start, end] = timeOf(spokenText([{ start: 1, end: 8, text: 'Stop it.' }], pauses), 'Stop it.');
    expect([start, end].map((time) => time.toFixed(2))).toEqual(['1.90', '5.10']);
  });
});

/** Sentences with how fast each is spoken, the pause before it, and how many share a cue. */
const speech = fc.array(
  fc.record({
    words: fc.array(
      fc.constantFrom('turn', 'the', 'handle', 'clockwise', 'until', 'it', 'stops', 'never', 'open'),
      {
        minLength: 2,
        maxLength: 16,
      },
    ),
    pace: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
    pause: fc.double({ min: 0.25, max: 2, noNaN: true }),
    joins: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
type Sentence = { text: string; start: number; end: number };

/** The same as it is heard: what is said when, when nothing is, and cues of up to four sentences. */
function said(sentences: typeof speech extends fc.Arbitrary<infer T> ? T : never) {
  const truth: Sentence[] = [];
  const pauses: Span[] = [];
  const cues: Cue[] = [];
  let at = 0;
  let held = 0;
  for (const [i, { words, pace, pause, joins }] of sentences.entries()) {
    const text = `Point ${i} ${words.join(' ')}.`;
    pauses.push([at, at + pause]);
    const start = at + pause;
    at = start + text.length * 0.06 * pace;
    truth.push({ text, start, end: at });
    const last = cues.at(-1);
    if (last && joins && held < 4) {
      last.text += ` ${text}`;
      last.end = at;
      held++;
    } else {
      cues.push({ start, end: at, text });
      held = 1;
    }
  }
  return { truth, pauses, cues };
}

describe('the time of a quote', () => {
  property.prop([speech])(
    'holds what is said and is at most twice as long, where pauses are known',
    (sentences) => {
      const { truth, pauses, cues } = said(sentences);
      const spoken = spokenText(cues, pauses);
      for (const { text, start, end } of truth) {
        const [from, to] = timeOf(spoken, text);
        expect(from).toBeLessThanOrEqual(start + 1e-6);
        expect(to).toBeGreaterThanOrEqual(end - 1e-6);
        expect(to - from).toBeLessThanOrEqual(2 * (end - start));
      }
    },
  );

  property.prop([speech])(
    'holds what is said where pauses are not known, and never more than its cues',
    (sentences) => {
      const { truth, cues } = said(sentences.map((sentence) => ({ ...sentence, pause: 0.3 })));
      const spoken = spokenText(cues, []);
      for (const { text, start, end } of truth) {
        const [from, to] = timeOf(spoken, text);
        expect(from).toBeLessThanOrEqual(start);
        expect(to).toBeGreaterThanOrEqual(end);
        const cue = cues.find((each) => each.text.includes(text))!;
        expect(from).toBeGreaterThanOrEqual(cue.start);
        expect(to).toBeLessThanOrEqual(cue.end);
      }
    },
  );

  property.prop([fc.array(fc.record({ start: fc.double(), end: fc.double(), text: fc.string() }))])(
    'is in order and within its cue, whatever the cues are',
    (cues) => {
      const { text, places, pieces } = spokenText(cues, []);
      let at = 0;
      for (let i = 0; i < places.starts.length; i++) {
        expect(places.starts[i]).toBeGreaterThanOrEqual(at);
        at = places.ends[i]!;
        expect(places.times[2 * i]).toBeGreaterThanOrEqual(0);
        expect(places.times[2 * i + 1]).toBeGreaterThan(places.times[2 * i]!);
      }
      for (const piece of pieces)
        expect(piece.ranges.map(({ start, end }) => text.slice(start, end)).join(' ')).toBe(piece.text);
    },
  );
});
