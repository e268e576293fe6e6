import {
  classAt,
  DIGIT,
  FRACTION,
  IDEOGRAPH,
  isApostrophe,
  isHigh,
  isHyphen,
  LOWER,
  MARK,
  NONE,
  plain,
  UNDERSCORE,
  UPPER,
} from './characters.ts';
import { readNumber } from './numbers.ts';
import { longestChain, type Part, readPart, runEnd, shapeOf } from './parts.ts';

/** A word, number or code of a text. */
export type Token = {
  /** UTF-16 offsets in the text. A number's slice holds its sign and its unit. */
  start: number;
  end: number;
  /** code: part numbers, error codes, identifiers: E-104, LSR-II, 4471-A, M3x8, set_term, pH. */
  kind: 'word' | 'number' | 'code';
  /** NFKC, lower case, hyphens and apostrophes plain, possessive 's dropped; of a number the canonical decimal: 1,234 → 1234, 2.50 → 2.5, ½ → 0.5. */
  norm: string;
  /** Of a number followed by a unit, or in a range whose end has one: °C, µm, rpm, x g, mg/mL, as `units` normalises it. */
  unit?: string;
};

/** Words, numbers and codes in order, not overlapping, in one pass; Han, Kana and Thai text comes a character at a time. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const class_ = classAt(text, i);
    if (class_ === DIGIT || class_ === FRACTION || isBarePoint(text, i)) i = readNumber(text, i, tokens);
    else if (class_ === LOWER || class_ === UPPER || text.charCodeAt(i) === UNDERSCORE)
      i = readWord(text, i, tokens);
    else if (class_ === IDEOGRAPH) {
      const end = i + (isHigh(text.charCodeAt(i)) ? 2 : 1);
      tokens.push({ start: i, end, kind: 'word', norm: plain(text.slice(i, end)) });
      i = end;
    } else i++;
  }
  return tokens;
}

/** The parts of a code as it stands in the text: `setTerm` → set, term; `E-104` → e, 104; `M3x8` → m, 3, x, 8. */
export function codeParts(surface: string): string[] {
  const parts: string[] = [];
  let start = -1;
  for (let i = 0; i <= surface.length; i++) {
    const class_ = classAt(surface, i);
    const previous = i > 0 ? classAt(surface, i - 1) : NONE;
    const inside = class_ === LOWER || class_ === UPPER || class_ === DIGIT || class_ === MARK;
    const turns =
      (class_ === DIGIT) !== (previous === DIGIT) ||
      (class_ === UPPER && previous === LOWER) ||
      // The last capital of a run begins the next part: HTTPServer is http, server.
      (class_ === UPPER && previous === UPPER && classAt(surface, i + 1) === LOWER);
    if (start >= 0 && (!inside || (turns && class_ !== MARK))) {
      parts.push(plain(surface.slice(start, i)));
      start = -1;
    }
    if (start < 0 && inside) start = i;
  }
  return parts;
}
/** `.5` without its zero. */
const isBarePoint = (text: string, i: number) =>
  text.charCodeAt(i) === 46 &&
  classAt(text, i + 1) === DIGIT &&
  (i === 0 || /[\s([{=<>~≤≥±+−–-]/.test(text.charAt(i - 1)));

function readWord(text: string, start: number, tokens: Token[]): number {
  const parts = [readPart(text, start)];
  let end = parts[0]?.end ?? start + 1;
  if (isApostrophe(text.charCodeAt(end))) return readApostrophe(text, start, end, tokens);
  while (isHyphen(text.charCodeAt(end)) && parts.length < longestChain) {
    const next = classAt(text, end + 1);
    if (next !== LOWER && next !== UPPER && next !== DIGIT) break;
    const part = readPart(text, end + 1);
    if (isApostrophe(text.charCodeAt(part.end))) break;
    parts.push(part);
    end = part.end;
  }
  const first = parts[0];
  if (!first) return start + 1;
  if (isHyphenatedCode(text, parts)) {
    tokens.push({ start, end, kind: 'code', norm: plain(text.slice(start, end)) });
    return end;
  }
  if (parts.length === 1 && first.shape === 'lower' && cutByLineEnd(text, end)) {
    const rest = runEnd(text, end + 2);
    if (shapeOf(text, end + 2, rest) === 'lower') {
      tokens.push({
        start,
        end: rest,
        kind: 'word',
        norm: plain(text.slice(start, end) + text.slice(end + 2, rest)),
      });
      return rest;
    }
  }
  for (const part of parts) {
    if (part !== first && classAt(text, part.start) === DIGIT) return part.start;
    pushWord(text, part, tokens);
  }
  return end;
}

function pushWord(text: string, part: Part, tokens: Token[]): void {
  let norm = plain(text.slice(part.start, part.end));
  const kind = part.shape === 'code' || part.shape === 'digits' ? 'code' : 'word';
  if (kind === 'word' && norm.includes('.')) norm = norm.replaceAll('.', '');
  if (norm !== '_') tokens.push({ start: part.start, end: part.end, kind, norm });
}

const cutByLineEnd = (text: string, end: number) =>
  isHyphen(text.charCodeAt(end)) && text.charCodeAt(end + 1) === 10 && classAt(text, end + 2) === LOWER;

function readApostrophe(text: string, start: number, end: number, tokens: Token[]): number {
  const next = classAt(text, end + 1);
  const rest = next === LOWER || next === UPPER ? runEnd(text, end + 1) : end;
  if (rest === end) {
    pushWord(text, { start, end, shape: shapeOf(text, start, end) }, tokens);
    return end;
  }
  const possessive = rest === end + 2 && (text.charCodeAt(end + 1) | 32) === 115;
  const shape = shapeOf(text, start, end);
  tokens.push({
    start,
    end: rest,
    kind: shape === 'code' ? 'code' : 'word',
    norm: plain(text.slice(start, possessive ? end : rest)),
  });
  return rest;
}

/** E-104, RS-232-C, SARS-CoV-2, LSR-II, FSC-A; not type-2, PLUG-IN, B12-dependent. */
function isHyphenatedCode(text: string, parts: Part[]): boolean {
  if (parts.length < 2)
    return parts[0]?.shape === 'code' && !text.slice(parts[0].start, parts[0].end).endsWith('.');
  if (parts.some((part) => part.shape === 'lower')) return false;
  if (parts.some((part) => part.shape !== 'capitals')) return true;
  return parts.some((part) => /^(?:[A-Z]|[IVX]+)$/.test(text.slice(part.start, part.end)));
}
