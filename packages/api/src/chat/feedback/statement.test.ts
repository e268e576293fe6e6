import { describe, expect, it } from 'vitest';
import { statementOf } from './statement.ts';

const library = { attached: false };
const attached = { attached: true };

describe('the statement a reported Proof is meant to carry', () => {
  it('is the sentence its mark closes, and nothing else of the line', () => {
    const text = 'My pump leaks, says the log [1]. Set the temperature to 37 °C [2]. Then wait.';
    expect(
      statementOf(
        text,
        [
          { marker: 1, ...attached },
          { marker: 2, ...library },
        ],
        2,
      ),
    ).toBe('Set the temperature to 37 °C');
  });

  it.each([
    ['beside it', 'Set the temperature of the pump to 37 °C [1][2].'],
    ['before it, in a clause that is read with it', 'The log of the pump says 12 bar [1] and 6 bar [2].'],
    [
      'before it, in a clause of its own',
      'The pump was replaced on 3 May [1], so set the temperature to 37 °C [2].',
    ],
    ['in the same row of a table', '| Pump | replaced on 3 May [1] | set to 37 °C [2] |'],
  ])('is not told where a mark of an attachment stands %s', (_where, text) => {
    const marks = [
      { marker: 1, ...attached },
      { marker: 2, ...library },
    ];
    expect(statementOf(text, marks, 2)).toBe('');
    // The same sentence from the library alone is told.
    expect(
      statementOf(
        text,
        marks.map(({ marker }) => ({ marker, ...library })),
        2,
      ),
    ).not.toBe('');
  });

  it('is not told where a mark of an attachment follows in the same sentence', () => {
    const marks = [
      { marker: 1, ...library },
      { marker: 2, ...attached },
    ];
    expect(statementOf('Set the temperature to 37 °C [1], since the pump was replaced [2].', marks, 1)).toBe(
      '',
    );
  });

  it('is empty where the mark is not in the text', () => {
    expect(statementOf('Nothing here.', [{ marker: 1, ...library }], 1)).toBe('');
  });
});
