import type { QuestionTerm, Retrieved } from '../retrieval/passage.ts';
import { stem, terms as termsOf } from '../retrieval/terms.ts';

/** `sentence` says that the documents do not treat it and names the missing words. */
export type Relevance = { found: true } | { found: false; sentence: string };

// Below this share of the question's idf mass, and with no name of it found, the documents are about something else. Scores of
// ranking are not used: they tell answerable from unanswerable questions hardly better than a coin.
const TREATED = 0.25;

/** Whether the documents treat what the question asks about. Only the plain case is refused: little of it found, its names nowhere. */
export function relevance(terms: readonly QuestionTerm[], passages: Retrieved['passages']): Relevance {
  const asked = terms.filter(({ term }) => !askingWords.has(term));
  const nothing = { found: false, sentence: notFoundSentence(missingWords(terms)) } as const;
  if (passages.length === 0) return nothing;
  if (asked.length === 0) return { found: true };
  if (asked.some((term) => isNamed(term) && term.df > 0)) return { found: true };
  // "What does error E-17 mean?" is not answered by what is said of other errors.
  if (asksOfCode(asked)) return nothing;
  const mass = (list: readonly QuestionTerm[]) => list.reduce((sum, { idf }) => sum + Math.max(idf, 0), 0);
  const total = mass(asked);
  const there = new Set<string>();
  // The best passage alone is enough as a rule; the others are only taken apart when it is not.
  for (const { text, heading, sourceTitle } of passages) {
    for (const term of termsOf(`${text}\n${heading}\n${sourceTitle}`)) there.add(term);
    const treated = asked.filter(({ term }) => there.has(term));
    const share = total === 0 ? 1 : mass(treated) / total;
    // In a small library its own subject is a common word of little idf: a third of the words is enough, whatever they weigh.
    if (share >= TREATED || 3 * treated.length >= asked.length) return { found: true };
  }
  return nothing;
}

/** The question's words that stand nowhere in the documents, as the question spells them, the rarest kind first: names and codes. */
export function missingWords(question: readonly QuestionTerm[]): string[] {
  const missing = question.filter(({ term, df }) => df === 0 && !askingWords.has(term));
  return [...missing.filter(isNamed), ...missing.filter((term) => !isNamed(term))].map(({ shown }) => shown);
}

/** For an answer that goes on although words of the question stand nowhere. */
export function missingNotice(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  return missing.length === 1
    ? `${quoted(missing)} does not occur in these documents.`
    : `${quoted(missing)} do not occur in these documents.`;
}

function notFoundSentence(missing: readonly string[]): string {
  if (missing.length === 0) return "This instrument's documents do not treat this question.";
  return `This instrument's documents do not treat this question: ${quoted(missing)} ${missing.length === 1 ? 'does' : 'do'} not occur in them.`;
}

/** Whether a model's answer is its own way of saying that the passages hold no answer. Ask only where the answer carries no mark. */
export function isAbstention(answer: string): boolean {
  const text = answer
    .replace(/[*_#>`]/g, '')
    .replace(/[’]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
  if (text === '') return true;
  // An abstention is short, and says so at once.
  return text.length <= 700 && abstentions.some((form) => form.test(text.slice(0, 300)));
}

const things =
  '(?:documents?|documentation|passages?|sources?|manuals?|materials?|context|information|text|excerpts?|instructions|content)';
const denies =
  "(?:do(?:es)? not|don't|doesn't|did not|didn't|cannot|can't|are not|aren't|is not|isn't|contains? no|provides? no|gives? no|holds? no|includes? no|makes? no|has no|have no)";
const tells =
  '(?:say|state|contain|mention|describ|specif|provid|includ|giv|hold|cover|explain|address|answer|discuss|list|tell|treat|indicat|defin|detail|information|instructions|enough)';
const abstentions = [
  new RegExp(`\\b${things}(?: \\S+){0,6}? ${denies} (?:\\S+ ){0,3}?${tells}`, 'iu'),
  new RegExp(
    `\\b(?:no|not enough|insufficient) (?:\\S+ ){0,3}?(?:information|answer|details?|mention|passages?|instructions)\\b`,
    'iu',
  ),
  new RegExp(
    `\\b(?:is|are|was|were)(?: not|n't) (?:\\S+ )?(?:mentioned|described|covered|specified|stated|found|given|provided|included|addressed|documented|contained|available|treated|explained|discussed|answered)\\b`,
    'iu',
  ),
  new RegExp(
    `\\bI(?:'m| am)? (?:could not|couldn't|cannot|can't|was unable to|am unable to|unable to|do not|don't|did not|didn't|not able to) (?:find|answer|determine|locate|see|know|have|provide)`,
    'iu',
  ),
  /\b(?:Dokumente?|Dokumentation|Unterlagen|Passagen|Handbuch|Quellen|Auszüge)\b(?: \S+){0,8}? (?:nicht|keine?n?)\b|\bkeine (?:Angaben?|Informationen)\b/iu,
  /\b(?:documents?|passages|manuel|sources)\b(?: \S+){0,6}? n(?:e |')\S+ (?:pas|aucune?)\b|\baucune (?:information|mention)\b/iu,
  /\b(?:documentos?|pasajes|manual|fuentes)\b(?: \S+){0,4}? no \p{L}+/iu,
  /\b(?:documenti|passaggi|manuale|fonti)\b(?: \S+){0,4}? non \p{L}+/iu,
];

/** Words that ask, and name nothing; as index terms. */
const askingWords = new Set(
  'tell show explain describe give say mean please need want know get make use work thing way happen find instrument device machine question answer manual document often'
    .split(' ')
    .map(stem),
);

/** Whether the question is about a code that stands nowhere: it is all that is asked for, or the word before it says what it is a code of. */
function asksOfCode(asked: readonly QuestionTerm[]): boolean {
  const isCode = ({ shown }: QuestionTerm) => /\d/.test(shown) && /\p{L}/u.test(shown);
  return asked.some(
    (term, i) =>
      isCode(term) && term.df === 0 && (asked.length === 1 || codeLabels.has(asked[i - 1]?.term ?? '')),
  );
}

const codeLabels = new Set('error code alarm fault warning message part order article'.split(' ').map(stem));

/** A code, or a word that a person wrote with a capital inside or a number. */
function isNamed({ shown }: QuestionTerm): boolean {
  return /\d/.test(shown) ? /\p{L}/u.test(shown) : /^\p{Lu}|\p{L}\p{Lu}/u.test(shown);
}

function quoted(words: readonly string[]): string {
  const shown = words.slice(0, 5).map((word) => `"${word}"`);
  if (shown.length === 1) return shown[0] ?? '';
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
