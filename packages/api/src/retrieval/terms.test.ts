import { describe, expect, it } from 'vitest';
import { questionTerms, terms } from './terms.ts';

describe('terms', () => {
  it.each([
    ['Cleaning the lasers', ['clean', 'laser']],
    ['It must not be opened', ['open']],
    ['Incubate at 37 °C for 5 minutes', ['incub', '37', '37°c', '5', '5min', 'minut']],
    ['Error E-104', ['error', 'e104', '104']],
    ['set_term or setTerm', ['setterm', 'set', 'term', 'setterm', 'set', 'term']],
    ['a well-known one', ['well', 'wellknown', 'known', 'one']],
    ['version 1.2.3', ['version', '1.2.3']],
    ['Müller', ['muller']],
    ['漢字か', ['漢字', '字か']],
  ])('makes index terms of %s', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('takes a word of more letters than any has as it stands: stemming it would take for ever', () => {
    const word = `${'valve'.repeat(400_000)}s`;
    expect(terms(word)).toEqual([word]);
  });

  it('gives a code the same whole term with and without its hyphen', () => {
    for (const [written, asked] of [
      ['E-104', 'E104'],
      ['LSR-II', 'LSRII'],
      ['set_term', 'setTerm'],
    ] as const)
      expect(terms(written)[0]).toBe(terms(asked)[0]);
  });

  it('makes the same terms of a word in any case and number', () => {
    expect(terms('LASERS')).toEqual(terms('laser'));
  });

  it('shows the words of a question as they were asked, each once', () => {
    expect(questionTerms('What are the Lasers of E-104, and does a laser need 5 mW?')).toEqual([
      { term: 'laser', shown: 'Lasers' },
      { term: 'e104', shown: 'E-104' },
      { term: 'need', shown: 'need' },
      { term: '5mw', shown: '5 mW' },
    ]);
  });
});
