import { describe, expect, it } from 'vitest';
import { bindClaim, type PlacedMark } from './claims.ts';
import { markerStream } from './markers.ts';

function emitted(input: string): { text: string; marks: PlacedMark[] } {
  const stream = markerStream(99);
  const parts = [...stream.push(input), ...stream.end()];
  return {
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    marks: parts.flatMap((part) => (part.type === 'mark' ? [part] : [])),
  };
}

function claims(input: string): string[] {
  const { text, marks } = emitted(input);
  return marks.map((_, i) => bindClaim(text, marks, i, true)?.text ?? 'none');
}

describe('bindClaim', () => {
  it.each([
    ['before the full stop', 'Open the lid [1]. Close it now [2].', ['Open the lid', 'Close it now']],
    [
      'behind the full stop',
      'Open the lid first. [1] Close it now.[2] Wait.',
      ['Open the lid first.', 'Close it now.'],
    ],
    ['only the sentence it closes', 'First open it. Then close the lid. [1]', ['Then close the lid.']],
    [
      'several marks',
      'The pump runs at 5 bar [1][2], [3].',
      ['The pump runs at 5 bar', 'The pump runs at 5 bar', 'The pump runs at 5 bar'],
    ],
    [
      'a list',
      '- Open the lid [1]\n- Insert the **cuvette**. [2]\n3. Press *Start* [3].',
      ['Open the lid', 'Insert the cuvette.', 'Press Start'],
    ],
    [
      'clauses',
      'The pump runs at 5 bar [1], and the valve opens at 3 bar [2].',
      ['The pump runs at 5 bar', 'the valve opens at 3 bar'],
    ],
    [
      'short clauses',
      'It measures pH [1], conductivity [2] and oxygen [3].',
      ['It measures pH', 'It measures pH, conductivity', 'It measures pH, conductivity and oxygen'],
    ],
    [
      'inside a clause',
      'The limit [1] is 5 bar for all models. Next.',
      ['The limit is 5 bar for all models.'],
    ],
    [
      'a mark not at a clause end',
      'The highest limit is 5 bar [1] for all models.',
      ['The highest limit is 5 bar for all models.'],
    ],
    [
      'an attribution',
      'According to the user manual [1], the pump runs at 5 bar.',
      ['the pump runs at 5 bar.'],
    ],
    ['a label', '**Note:** Never open the lid while it spins [1].', ['Never open the lid while it spins']],
    ['a naming label is kept', 'Pressure: 5 bar [1]', ['Pressure: 5 bar']],
    [
      'a table row',
      '| Model | Limit |\n|---|---|\n| A 20 | 5 bar [1] |\n| B 30 | 6 bar | [2] |',
      ['A 20 5 bar', 'B 30 6 bar'],
    ],
    ['marks first', '[1] Open the lid. [2] Close the lid again.', ['Open the lid.', 'Close the lid again.']],
    ['a line of its own', 'Open the lid. Close the lid.\n\n[1]', ['Close the lid.']],
    ['abbreviations', 'See Fig. 3 for the lid of pump no. 5 [1].', ['See Fig. 3 for the lid of pump no. 5']],
    ['names with underscores', 'Set `max_temp_c` to __5__ °C [1].', ['Set max_temp_c to 5 °C']],
    ['signs behind a full stop', 'Set a.x = 1. /* That is it. */ [1]', ['/ That is it. /']],
    ['a row of dots', 'Maintenance of the pump . . . . . . 58 [1]', ['Maintenance of the pump...... 58']],
    ['a link', 'Use [the tool](http://x.example) to open it [1].', ['Use the tool to open it']],
    ['nothing at all', '[1]', ['']],
  ])('binds: %s', (_, input, expected) => expect(claims(input)).toEqual(expected));

  it('says where the statement stands', () => {
    const { text, marks } = emitted('Hello. The pump **runs** at 5 bar [1]. Bye.');
    const claim = bindClaim(text, marks, 0, true);
    expect(claim && text.slice(claim.start, claim.end)).toBe('The pump **runs** at 5 bar');
  });

  it('is ready as soon as its sentence is complete, and says the same then as at the end', () => {
    const text =
      'Open the lid [1]. Wait for 5 min. [2] The limit [3] is 5 bar, and it holds at 20 °C too [4]; wait.\n- Item one here [5]\n| a | b [6] |\n';
    const { marks } = emitted(text);
    const ready = (index: number) => {
      for (let end = 0; end <= text.length; end++) {
        const seen = marks.filter((mark) => mark.at + 3 <= end);
        const claim = index < seen.length ? bindClaim(text.slice(0, end), seen, index, false) : undefined;
        if (claim) return { end, claim };
      }
      return undefined;
    };
    const whole = marks.map((_, i) => bindClaim(text, marks, i, true));
    expect(marks.map((_, i) => ready(i)?.claim)).toEqual(whole);
    // Behind the full stop at once; before it as soon as the next sentence has begun; in a list at the line's end.
    expect(ready(0)?.end).toBe(text.indexOf('Wait') + 1);
    expect(ready(1)?.end).toBe(text.indexOf('[2]') + 3);
    expect(ready(4)?.end).toBe(text.indexOf('[5]') + 4);
  });
});
