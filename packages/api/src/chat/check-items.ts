import { type Token, tokenize } from '../text/tokens.ts';
import { readUnit, units } from '../text/units.ts';
import { phraseAt, synonymGroups } from './lexicon.ts';
import { stem } from '../retrieval/terms.ts';

/** What the check compares: a word, a number with its unit, a code, or several words that are read as one. */
export type Item = {
  start: number;
  end: number;
  kind: 'content' | 'function' | 'light' | 'negation' | 'modal' | 'quantity' | 'number' | 'code';
  /** As compared: the word, the number's decimal, the class of a modal or a quantity. */
  norm: string;
  /** The word itself, in small letters. */
  word: string;
  stem: string;
  groups: readonly number[];
  unit: string | undefined;
  /** A unit it may stand for, though it is an ordinary word too: min, s, days. */
  maybeUnit: string | undefined;
  /** Of a number: the sign of comparison before it. */
  sign: string;
  /** A capital where a sentence does not ask for one. */
  capital: boolean;
  /** "the user's". */
  possessive: boolean;
  /** Counts the sentences of the text, so that a look back stops where one begins. */
  sentence: number;
  /** A comma or the like stands before it. */
  breaks: boolean;
  /** Of one end of a range, or a measure and its tolerance: how many items on the other stands; else 0. */
  pair: number;
};

const set = (text: string) => new Set(text.split(/\s+/));
const functions = set(
  "a an the ones this that these those it its itself they them their theirs he she his her you your yours yourself we our us i me my one's is are was were be been being am do does did doing done has have had having of to in on at by for from with as and or if then than so such which who whom whose what there here into onto upon up down out off over under about between through per both's while when where how why because since until after before during above below within without's against among along across but though although however whether whereas yet nor's it'll you'll they'll we'll it'd you've we've they've you're they're we're that's there's eg ie etc via ensure's insteadof",
);
const lights = set(
  'also too very just simply quite really actually basically please additionally furthermore moreover therefore thus hence consequently accordingly now note easily especially particularly specifically again already still even well respectively indeed certainly obviously clearly of_course otherwise rather instead thereby therein thereof herein currently presently directly immediately automatically properly correctly carefully fully completely entirely altogether together yourself themselves own first_of_all namely overall',
);
const negations = set('not no never none nor neither without cannot nothing nobody nowhere');
const modals = new Map([
  ...['must', 'shall'].map((w) => [w, 'must'] as const),
  ...['should'].map((w) => [w, 'should'] as const),
  ...['may', 'might', 'can', 'could'].map((w) => [w, 'may'] as const),
  ...['will', 'would', "it'll", "you'll", "they'll", "we'll"].map((w) => [w, 'will'] as const),
]);
/** "cannot" and "shouldn't" are a modal and a negation. */
const deniedModals = new Map(
  Object.entries({
    cannot: 'may',
    "can't": 'may',
    "couldn't": 'may',
    "mustn't": 'must',
    "shouldn't": 'should',
    "won't": 'will',
    "wouldn't": 'will',
  }),
);
const quantities = new Map(
  Object.entries({
    all: 'all every each any everything anything everyone everybody',
    some: 'some certain something',
    many: 'several many multiple various numerous',
    most: 'most',
    few: 'few',
    both: 'both',
    only: 'only solely merely exclusively',
    always: 'always invariably',
    usually: 'usually normally typically generally commonly mostly ordinarily',
    often: 'often frequently',
    sometimes: 'sometimes occasionally',
    rarely: 'rarely seldom hardly barely scarcely',
    atleast: 'atleast',
    atmost: 'atmost',
    morethan: 'morethan',
    lessthan: 'lessthan',
    exactly: 'exactly precisely',
    about: 'approximately roughly approx circa around',
  }).flatMap(([name, words]) => words.split(' ').map((word) => [word, name] as const)),
);
const numberWords = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, value) => [word, value] as const),
);
for (const [i, word] of 'thirty forty fifty sixty seventy eighty ninety'.split(' ').entries())
  numberWords.set(word, 30 + 10 * i);
const ordinals = new Map(
  'second third fourth fifth sixth seventh eighth ninth tenth'
    .split(' ')
    .map((word, i) => [word, String(i + 2)] as const),
);
/** Before a number. */
const bounds = new Map([
  ['over', 'morethan'],
  ['above', 'morethan'],
  ['exceeding', 'morethan'],
  ['under', 'lessthan'],
  ['below', 'lessthan'],
]);
const magnitudes = new Map([
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1_000_000],
]);
/** Spellings too short, or too common as words, to be read as units without a number. */
const noUnits = set(
  'in time times cell cells fold part parts day days point min max bar bars mole pound pounds second',
);

function unitOf(norm: string, surface: string): string | undefined {
  if (norm.length < 3 || noUnits.has(norm)) return undefined;
  return units.get(surface) ?? units.get(norm);
}

/** The items of a text, in order; `segments` begin sentences too. Number words become numbers ("twenty-five degrees" is 25 °), contractions lose their negation to an item of its own class. */
export function items(text: string, segments: readonly (readonly [number, number])[] = []): Item[] {
  // The tokenizer keeps LSR-II whole, but not LSR-II's.
  const tokens = tokenize(text.replace(/(?<=[\p{Lu}\p{N}])['’]s(?![\p{L}\p{N}])/gu, '  '));
  const words = tokens.map((token) => token.norm);
  const found: Item[] = [];
  let sentence = 0;
  let border = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const previous = tokens[i - 1];
    while ((segments[border]?.[0] ?? Infinity) < (previous?.end ?? 0)) border++;
    const starts =
      previous === undefined ||
      (segments[border]?.[0] ?? Infinity) <= token.start ||
      endsSentence(text, previous.end, token.start);
    if (starts && previous) sentence++;
    const phrase = token.kind === 'word' ? phraseAt(words, i) : undefined;
    // "It is up to the user."
    if (phrase && !(phrase.key === 'atmost' && token.norm === 'up' && !isNumber(tokens[i + phrase.length]))) {
      const last = tokens[i + phrase.length - 1] ?? token;
      const denied = deniedModals.get(phrase.key);
      if (denied) found.push({ ...base(token, sentence), kind: 'modal', norm: denied });
      if (phrase.key !== '')
        found.push(wordItem({ ...token, end: last.end, norm: phrase.key }, text, true, sentence));
      i += phrase.length - 1;
      continue;
    }
    const bound = bounds.get(token.norm);
    const next = tokens[i + 1];
    if (bound && (isNumber(next) || next?.norm === 'one')) {
      found.push({ ...base(token, sentence), kind: 'quantity', norm: bound });
      continue;
    }
    const number = token.kind === 'word' ? spelledNumber(tokens, i, text) : undefined;
    if (number) {
      found.push({
        ...base(token, sentence),
        end: number.end,
        kind: 'number',
        norm: number.norm,
        unit: number.unit,
      });
      i += number.length - 1;
      continue;
    }
    if (token.kind === 'number') {
      const surface = text.slice(token.start, token.end);
      if (/\d(?:st|nd|rd|th)$/i.test(surface)) {
        const nth = { ...base(token, sentence), kind: 'number' as const, norm: `${token.norm}.` };
        found.push(
          token.norm === '1'
            ? wordItem({ ...token, kind: 'word', norm: 'first' }, text, true, sentence)
            : nth,
        );
        continue;
      }
      const scaled = magnitudes.get(words[i + 1] ?? '');
      const item: Item = {
        ...base(token, sentence),
        kind: 'number',
        unit: token.unit,
        sign: signBefore(text, token.start),
      };
      if (scaled !== undefined && token.unit === undefined) {
        item.norm = String(Number(token.norm) * scaled);
        item.end = tokens[++i]?.end ?? item.end;
      }
      found.push(item);
    } else {
      const denied = deniedModals.get(token.norm);
      if (denied) found.push({ ...base(token, sentence), kind: 'modal', norm: denied });
      found.push(wordItem(token, text, starts, sentence));
    }
  }
  for (let i = found.length - 2; i >= 0; i--) {
    const item = found[i]!;
    const next = found[i + 1]!;
    next.breaks = /[,;:]/.test(text.slice(item.end, next.start));
    const other =
      next.kind === 'number' ? next : /^(?:and|or|to)$/.test(next.word) ? found[i + 2] : undefined;
    // "between 10 and 50 µL", "5, 10 or 20 min": one unit for all of them.
    if (item.kind !== 'number' || other?.kind !== 'number') continue;
    if (isRange(text.slice(item.end, other.start), other, found[i - 1]?.word)) {
      item.pair = next === other ? 1 : 2;
      other.pair = -item.pair;
    }
    if (item.unit !== undefined) continue;
    if (/^[\s,]*(?:and|or|to)?\s*$/.test(text.slice(item.end, other.start))) item.unit = other.unit;
  }
  return found;
}

/** "10 to 20", "10–20", "37 ± 2", "between 10 and 50". */
const isRange = (joint: string, other: Item, before: string | undefined) =>
  (joint.trim() === '' && other.norm.startsWith('±')) ||
  /^\s*(?:[-–—−‐‑~±]|\+\/[-−–]|\.{2,3}|…|to|through|till)\s*$/u.test(joint) ||
  (before === 'between' && joint.trim() === 'and');

const isNumber = (token: Token | undefined) =>
  token !== undefined && (token.kind === 'number' || numberWords.has(token.norm));

/** Forms that no rule of stemming finds. */
const irregular = new Map(
  'drew draw,drawn draw,drove drive,driven drive,gave give,given give,took take,taken take,shown show,knew know,known know,wrote write,written write,chose choose,chosen choose,broke break,broken break,held hold,kept keep,sent send,built build,found find,made make,ran run,began begin,begun begin,spun spin,went go,gone go,saw see,seen see,lost lose,brought bring,led lead,fed feed,thought think,meant mean,understood understand,fell fall,fallen fall,rose rise,risen rise,worn wear,frozen freeze,hid hide,hidden hide,got get,gotten get,stuck stick,hung hang,lit light,sold sell,told tell,paid pay,grew grow,grown grow,blew blow,blown blow,threw throw,thrown throw,swung swing,slid slide,dealt deal,said say,became become,came come,left_behind leave,axes axis,indices index,vertices vertex,matrices matrix'
    .split(',')
    .map((pair) => pair.split(' ') as [string, string]),
);

function base(token: Token, sentence: number): Item {
  return {
    start: token.start,
    end: token.end,
    kind: 'content',
    norm: token.norm,
    word: token.norm,
    stem: token.norm,
    groups: [],
    unit: undefined,
    maybeUnit: undefined,
    sign: '',
    capital: false,
    possessive: false,
    sentence,
    breaks: false,
    pair: 0,
  };
}

function wordItem(token: Token, text: string, starts: boolean, sentence: number): Item {
  const item = base(token, sentence);
  const { norm } = token;
  const surface = text.slice(token.start, token.end);
  const shouted = /^\p{Lu}[\p{Lu}\p{N}]+$/u.test(surface);
  item.possessive =
    /['’]s$/iu.test(surface) || /^['’]s(?![\p{L}\p{N}])/u.test(text.slice(token.end, token.end + 3));
  item.capital = token.kind === 'word' && /^\p{Lu}/u.test(surface) && (!starts || shouted);
  if (token.kind === 'word' && isNameOfCode(text, token, surface)) return { ...item, kind: 'code' };
  // Emphasis in Markdown takes the outer underscores of __AVR__.
  if (token.kind === 'code') return { ...item, kind: 'code', norm: norm.replace(/^_+|_+$/g, '') };
  if (negations.has(norm)) {
    // "No. 5" counts, it denies nothing.
    if (norm === 'no' && /^\.\s*\d/.test(text.slice(token.end, token.end + 4)))
      return { ...item, kind: 'function' };
    return { ...item, kind: 'negation', norm: 'not' };
  }
  if (norm.endsWith("n't")) return { ...item, kind: 'negation', norm: 'not' };
  const modal = modals.get(norm);
  if (modal) return { ...item, kind: 'modal', norm: modal };
  const quantity = quantities.get(norm);
  if (quantity) return { ...item, kind: 'quantity', norm: quantity };
  const ordinal = ordinals.get(norm);
  if (ordinal && !item.capital) return { ...item, kind: 'number', norm: `${ordinal}.` };
  if (functions.has(norm))
    return { ...item, kind: 'function', stem: norm, groups: synonymGroups(norm, norm) };
  const stemmed = stem(irregular.get(norm) ?? norm);
  const unit = unitOf(norm, surface);
  const maybeUnit = units.get(surface) ?? units.get(norm);
  return {
    ...item,
    kind: lights.has(norm) ? 'light' : 'content',
    stem: stemmed.replace(/([bdgmnprt])\1$/, '$1'),
    groups: synonymGroups(norm, stemmed),
    unit,
    maybeUnit,
  };
}

/** A switch or a function: -pin, --outformat, strupr(). */
function isNameOfCode(text: string, { start, end }: Token, surface: string): boolean {
  if (!/^[a-z]{2}/.test(surface)) return false;
  if (text.startsWith('()', end)) return true;
  return /(?:^|[\s([‘“"'`/|])--?$/u.test(text.slice(Math.max(0, start - 3), start));
}

/** "two", "twenty-five minutes", "two hundred"; not "one", which is a pronoun as often. */
function spelledNumber(
  tokens: readonly Token[],
  at: number,
  text: string,
): { norm: string; unit: string | undefined; end: number; length: number } | undefined {
  let value = numberWords.get(tokens[at]?.norm ?? '');
  // "Zero the balance."
  if (
    value === undefined ||
    (value === 0 && /^\s+(?:the|your|this)\s/.test(text.slice(tokens[at]!.end, tokens[at]!.end + 8)))
  )
    return undefined;
  let length = 1;
  const small = numberWords.get(tokens[at + 1]?.norm ?? '');
  if (value >= 20 && small !== undefined && small > 0 && small < 10) {
    value += small;
    length = 2;
  }
  const scaled = magnitudes.get(tokens[at + length]?.norm ?? '');
  if (scaled !== undefined) {
    value *= scaled;
    length++;
  }
  const last = tokens[at + length - 1]!;
  const next = tokens[at + length];
  const unit = next?.kind === 'word' && next.norm !== 'in' ? readUnit(text, last.end) : undefined;
  if (!unit) return value === 1 ? undefined : { norm: String(value), unit: undefined, end: last.end, length };
  while ((tokens[at + length]?.end ?? Infinity) <= unit.end) length++;
  return { norm: String(value), unit: unit.norm, end: unit.end, length };
}

function signBefore(text: string, start: number): string {
  const found = /([<>≤≥≠])\s?=?\s*$/.exec(text.slice(Math.max(0, start - 4), start));
  return found?.[1]?.replace('≤', '<').replace('≥', '>') ?? '';
}

const ends = /[.!?:;。！？]["'”’)\]]*\s|\n\s*\n|[•‣▪■●]|。/u;
function endsSentence(text: string, from: number, to: number): boolean {
  return to - from > 1 && ends.test(text.slice(from, Math.min(to, from + 40)));
}
