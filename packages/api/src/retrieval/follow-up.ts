import type { ShownTerm } from './terms.ts';

/**
 * Which terms of the previous question are searched along: none when the question stands on its own. It does not when it has fewer than
 * three terms of its own, or begins like a continuation ("And …", "What about …"), or its only subject is a pronoun.
 */
export function followUpTerms(
  question: string,
  terms: readonly ShownTerm[],
  previous: readonly ShownTerm[],
  idf: (term: string) => number,
): string[] {
  const own = new Set(terms.map(({ term }) => term));
  if (own.size >= enoughTerms && !leansOn(question, own.size)) return [];
  return previous
    .map(({ term }) => term)
    .filter((term) => !own.has(term))
    .sort((a, b) => idf(b) - idf(a))
    .slice(0, mostTerms);
}

/** What a word of the previous question counts against one of the question itself. */
export const followUpWeight = 0.4;
const enoughTerms = 3;
/** With that many words of its own, a pronoun most likely points inside the question. */
const plentyTerms = 6;
const mostTerms = 6;

const continues = /^\W*(?:and|or|but|so|then|also|what about|how about|what if|why not|same|else)\b/i;
const pronoun =
  /\b(?:it|its|they|them|their|this|that|these|those|there|he|she|one|ones|former|latter|above)\b/i;

const leansOn = (question: string, terms: number): boolean =>
  continues.test(question) || (terms < plentyTerms && pronoun.test(question));
