import { describe, expect, it } from 'vitest';
import { followUpTerms } from './follow-up.ts';
import { questionTerms } from './terms.ts';

const idf = (term: string) => (term === 'instrument' ? 1 : 5);
const searched = (question: string, previous: string) =>
  followUpTerms(question, questionTerms(question), questionTerms(previous), idf);

describe('followUpTerms', () => {
  const previous = 'How do I clean the sheath filter of the instrument?';

  it.each([
    'How often?',
    'And the waste tank of the old model?',
    'What about the waste tank hose?',
    'Where can I order it from stock?',
  ])('adds the words before to %s', (question) => {
    expect(searched(question, previous)).toContain('filter');
  });

  it.each([
    'How do I align the red laser?',
    'Which voltage does the cooling pump of the chamber need when it runs at night?',
  ])('lets %s stand on its own', (question) => {
    expect(searched(question, previous)).toEqual([]);
  });

  it('takes the telling words first, and none that the question has itself', () => {
    expect(searched('Which filter?', previous)).toEqual(['clean', 'sheath', 'instrument']);
  });

  it('adds nothing to a first question', () => {
    expect(searched('How often?', '')).toEqual([]);
  });
});
