import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type MarkerPart, markerStream } from './markers.ts';

function run(deltas: string[], passages = 3) {
  const stream = markerStream(passages);
  const parts: MarkerPart[] = [...deltas.flatMap((delta) => stream.push(delta)), ...stream.end()];
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const marks = parts.flatMap((part) => (part.type === 'mark' ? [[part.marker, part.passage, part.at]] : []));
  return { text, marks, dropped: stream.dropped };
}

describe('markerStream', () => {
  it.each([
    ['Open it [2]. Close it [1].', 'Open it [1]. Close it [2].', [1, 0]],
    ['Both [1, 3].', 'Both [1][2].', [0, 2]],
    ['Both [1; 3] and [1 and 2].', 'Both [1][2] and [3][4].', [0, 2, 0, 1]],
    ['All [1-3], [1–3].', 'All [1][2][3], [4][5][6].', [0, 1, 2, 0, 1, 2]],
    ['Next [1][1].', 'Next [1][2].', [0, 0]],
    ['A 【2】 B 【3†source】 C 【1:0†x.pdf】', 'A [1] B [2] C [3]', [1, 2, 0]],
    [
      'As [Source 2], [sources 1, 3], [Passage: 1], [Source 1, Source 2].',
      'As [1], [2][3], [4], [5][6].',
      [1, 0, 2, 0, 0, 1],
    ],
    ['Note [^1] and [#2] and [ 3 ].', 'Note [1] and [2] and [3].', [0, 1, 2]],
    ['End [1]', 'End [1]', [0]],
    ['Twice [[1]].', 'Twice [[1]].', [0]],
    ['word[1], (see [2]) **bold [3]**', 'word[1], (see [2]) **bold [3]**', [0, 1, 2]],
  ])('reads %j', (input, text, passages) => {
    const result = run([input]);
    expect(result.text).toBe(text);
    expect(result.marks.map(([, passage]) => passage)).toEqual(passages);
    expect(result.marks.map(([marker]) => marker)).toEqual(passages.map((_, i) => i + 1));
    for (const [marker, , at] of result.marks) expect(text.slice(at)).toMatch(new RegExp(`^\\[${marker}\\]`));
  });

  it.each([
    'See [the manual](http://x.example/a[1]) there.',
    'A link [1](http://x.example) here.',
    '[1]: http://x.example\n[^2]: a note',
    'Code `a[1]` and ``b`[2]`` here.',
    '```js\nconst x = a[1];\n```\n',
    '~~~\na[1]\n```\n[2]\n~~~',
    '- item\n  ```\n  a[1]\n  ```\n',
    'In [2024] and [1.5] and [x] and [Start] and [] and [Note 1] and [1a].',
    'Escaped \\[1\\] and \\[1].',
    'Open [1',
    'Open [Sour',
    '[see the long text that goes on and on in brackets and holds 1 and 2 and 3]',
    'Emoji 😀 [😀] 𝟙',
  ])('leaves %j alone', (input) => {
    expect(run([input])).toEqual({ text: input, marks: [], dropped: 0 });
  });

  it('finds marks after code and after an unmatched backtick', () => {
    expect(run(['Set `a[1]` so [2].\n```\n[1]\n```\nThen [1].']).text).toBe(
      'Set `a[1]` so [1].\n```\n[1]\n```\nThen [2].',
    );
    expect(run(['A 5` angle [1]\nand [2]']).marks).toHaveLength(1);
  });

  it('drops and counts numbers that were never in the prompt', () => {
    expect(run(['A [4] b [0] c [2, 9] d [2-5].'])).toMatchObject({
      text: 'A  b  c [1] d [2][3].',
      dropped: 5,
    });
  });

  it('passes text on at once and holds back only what may become a mark', () => {
    const stream = markerStream(3);
    expect(stream.push('Press the ')).toEqual([{ type: 'text', text: 'Press the ' }]);
    expect(stream.push('[Sou')).toEqual([]);
    expect(stream.push('nd] key [')).toEqual([{ type: 'text', text: '[Sound] key ' }]);
    expect(stream.push('1')).toEqual([]);
    expect(stream.push('] now')).toEqual([
      { type: 'text', text: '[1]' },
      { type: 'mark', marker: 1, passage: 0, at: 22 },
      { type: 'text', text: ' now' },
    ]);
    for (const held of [
      '[Sources 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2',
      '[          ',
    ]) {
      const long = markerStream(3);
      let seen = 0;
      for (const unit of held.repeat(20))
        for (const part of long.push(unit)) if (part.type === 'text') seen += part.text.length;
      expect(held.length * 20 - seen).toBeLessThanOrEqual(62);
    }
  });

  it('never emits half a surrogate pair', () => {
    const stream = markerStream(1);
    expect(stream.push('a\ud83d')).toEqual([{ type: 'text', text: 'a' }]);
    expect(stream.push('\ude00')).toEqual([{ type: 'text', text: '😀' }]);
    expect(run(['a\ud83d', 'b', '\ude00', 'c\ud83d']).text).toBe('a\uFFFDb\uFFFDc\uFFFD');
  });

  const signs =
    '[ ] [1] [1,\u00a03] [2-3] 【1】 【 [Source\u00a02] [^1] [9] ( ) : ` ~~~ ]( \\ † , - 1 12 and 😀 \ud83d text';
  const piece = fc.oneof(
    fc.constantFrom('\n', ' ', '```\n', '. ', 'Source ', ...signs.split(' ')),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const answer = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
  test.prop([answer, fc.array(fc.nat(8), { minLength: 1, maxLength: 30 })])(
    'gives the same for any splitting',
    (text, cuts) => {
      const deltas: string[] = [];
      for (let at = 0, i = 0; at < text.length; i++) {
        const size = cuts[i % cuts.length] || 1;
        deltas.push(text.slice(at, at + size));
        at += size;
      }
      expect(run(deltas)).toEqual(run([text]));
      expect(run(text.split(''))).toEqual(run([text]));
    },
  );
  test.prop([fc.string({ unit: 'grapheme', maxLength: 200 })])(
    'passes what holds no mark unchanged',
    (text) => {
      fc.pre(!/[[【［][^\n]*\d/u.test(text));
      expect(run([text])).toEqual({ text, marks: [], dropped: 0 });
    },
  );
  test.prop([answer])(
    'with no passage there is no mark, and only what was read as one is missing',
    (text) => {
      const { text: out, marks, dropped } = run([text], 0);
      expect(marks).toEqual([]);
      if (dropped === 0) expect(out).toBe(text.toWellFormed());
    },
  );
});
