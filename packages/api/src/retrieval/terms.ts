import porter from 'wink-porter2-stemmer';
import { codeParts, type Token, tokenize } from '../text/tokens.ts';

/** A word as the index knows it, with the word as it stands in the text. */
export type ShownTerm = { term: string; shown: string };

/**
 * The index terms of a document's or a question's text, in order, repeated as often as they stand there. Words are stemmed, stop words
 * left out; a number comes bare and with its unit (`25`, `25°c`); a code comes whole without its joints and in parts (`e104`, `104`), so that
 * E-104 finds E104; of a hyphenated word come the parts and the whole.
 */
export function terms(text: string): string[] {
  const out: string[] = [];
  eachTerm(text, (term) => out.push(term));
  return out;
}

/** The terms that say what a question asks for, each once, as it is shown to a person: no parts of a code or of a hyphenated word. */
export function questionTerms(text: string): ShownTerm[] {
  const seen = new Map<string, ShownTerm>();
  eachTerm(text, (term, token, whole) => {
    if (whole && !seen.has(term)) seen.set(term, { term, shown: text.slice(token.start, token.end) });
  });
  return [...seen.values()];
}

/**
 * A question without the words that point at the instrument it is asked of ("this instrument", "my device"): they stand in every manual's
 * preface and say nothing of what is asked. With nothing else in it the question stays as it is.
 */
export function withoutPointing(question: string): string {
  const rest = question.replace(pointing, ' ');
  return terms(rest).length > 0 ? rest : question;
}

const pointing =
  /\b(?:this|that|the|my|our|your) (?:instrument|device|machine|equipment|apparatus|unit|system)\b/giu;

function eachTerm(text: string, on: (term: string, token: Token, whole: boolean) => void): void {
  const tokens = tokenize(text);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) continue;
    if (token.kind === 'number') {
      const value = token.norm.replace(/^[-±]/, '');
      on(value, token, token.unit === undefined);
      if (token.unit !== undefined) {
        on(value + token.unit.toLowerCase(), token, true);
        const word = /\p{L}{2,}$/u.exec(text.slice(token.start, token.end));
        if (word) on(stem(word[0].toLowerCase()), token, false);
      }
    } else if (token.kind === 'code') {
      const whole = /\p{L}/u.test(token.norm) ? token.norm.replace(/[^\p{L}\p{N}]/gu, '') : token.norm;
      on(fold(whole), token, true);
      const parts = codeParts(text.slice(token.start, token.end));
      if (parts.length > 1)
        for (const part of parts) if (part.length > 1 && !stopWords.has(part)) on(stem(part), token, false);
    } else {
      const next = tokens[i + 1];
      if (isIdeograph(token.norm)) {
        const pair = next && next.start === token.end && isIdeograph(next.norm);
        if (pair) on(token.norm + next.norm, token, true);
        else if (tokens[i - 1]?.end !== token.start) on(token.norm, token, true);
        continue;
      }
      if (!stopWords.has(token.norm)) on(stem(token.norm), token, true);
      if (
        next?.kind === 'word' &&
        next.start === token.end + 1 &&
        /[-\u2010\u2011]/.test(text.charAt(token.end))
      )
        on(stem(token.norm + next.norm), token, false);
    }
  }
}

const isIdeograph = (norm: string) =>
  norm.length <= 2 &&
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(
    norm,
  );

const fold = (word: string) =>
  // eslint-disable-next-line no-control-regex
  /^[\u0000-\u007f]*$/.test(word) ? word : word.normalize('NFD').replace(/\p{M}/gu, '') || word;

// Porter's rules cost some 4 µs a word and texts repeat their words; the bound keeps a flood of odd words from growing it for ever.
const stems = new Map<string, string>();
const mostStems = 50_000;
/** The rules take time by the square of a word's length: 10,000 letters hold a thread for a second. No word that has a stem is longer than this. */
const longestStemmed = 64;

/** The stem of a lower-case word, accents dropped; remembered. */
export function stem(word: string): string {
  if (word.length > longestStemmed) return fold(word);
  const known = stems.get(word);
  if (known !== undefined) return known;
  const made = porter(fold(word));
  if (stems.size >= mostStems) stems.clear();
  stems.set(word, made);
  return made;
}

// For ranking only: the check of a statement looks at every one of these.
const stopWords = new Set(
  `a about above after again against all also am an and any are aren't as at be because been before being below between both but by can
  can't cannot could couldn't did didn't do does doesn't doing don't during each else every few for from further had hadn't has hasn't have haven't having he
  her here hers him his how however i if in into is isn't it its itself just let's may me might more most must my no nor not of off
  on once only or other our ours out over own per same shall she should shouldn't so some such than that the their theirs them then there
  these they this those through thus to too under until up upon us very was wasn't we were weren't what when where whether which while who whom
  whose why will with within without won't would wouldn't you your yours eg ie etc`.split(/\s+/),
);
