import { describe, expect, it } from 'vitest';
import type { Passage, QuestionTerm } from '../retrieval/passage.ts';
import { questionTerms } from '../retrieval/terms.ts';
import { isAbstention, missingNotice, missingWords, relevance } from './not-found.ts';

const library = [
  'Replace the lamp when the intensity is low.',
  'The LSR-II needs a warm laser. Error E-104 means no pressure.',
];

function judge(question: string) {
  const passages = library.map((text) => ({ text, heading: '', sourceTitle: 'Manual' }) as Passage);
  const terms = questionTerms(question).map(({ term, shown }): QuestionTerm => {
    const df = library.filter((text) => questionTerms(text).some((other) => other.term === term)).length;
    return { term, shown, df, idf: Math.log(1 + 2.5 / (df + 0.5)) };
  });
  return {
    ...relevance(terms, terms.some(({ df }) => df > 0) ? passages : []),
    missing: missingWords(terms),
  };
}

describe('relevance', () => {
  it('refuses a question about something else in one sentence that names the missing words', () => {
    const result = judge('Who won the football championship in Berlin?');
    expect(result).toMatchObject({ found: false });
    expect(!result.found && result.sentence).toMatch(/^[^.]+\.$/);
    expect(!result.found && result.sentence).toContain('"Berlin"');
  });

  it('answers what is treated in part, and names what is not', () => {
    const result = judge('When do I replace the lamp of the Zeta2000?');
    expect(result.found).toBe(true);
    expect(missingNotice(result.missing)).toBe('"Zeta2000" does not occur in these documents.');
  });

  it('never refuses where a name of the question occurs', () => {
    expect(judge('Which football champion trains with E-104 vouchers from Berlin?').found).toBe(true);
  });

  it('has no notice where nothing is missing', () => expect(missingNotice([])).toBeUndefined());
});

describe('isAbstention', () => {
  it.each([
    'The documents do not say how long the lamp lasts.',
    'The provided passages don’t contain information about the laser power.',
    'The manual does not specify the weight.',
    'I could not find this in the documents.',
    "I'm unable to answer that from the passages.",
    'There is no information about the warranty in the passages.',
    'The maximum pressure is not mentioned.',
    'Die Dokumente sagen dazu nichts, sie enthalten keine Angabe.',
    'Les documents ne précisent pas la température.',
    'Los documentos no dicen nada sobre eso.',
    '',
  ])('recognises %j', (text) => expect(isAbstention(text)).toBe(true));

  it.each([
    'Replace the lamp every 2000 hours.',
    'Do not open the lid while the rotor spins.',
    'The pump cannot run dry. Switch it off first.',
    `Press Start. ${'Wait for the green light and note the value. '.repeat(20)} The documents do not say more.`,
  ])('does not take %j for one', (text) => expect(isAbstention(text)).toBe(false));
});
