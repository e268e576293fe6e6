import { onlyAttached, units } from './units.ts';

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

const NONE = 0;
const LOWER = 1; // letters without case too
const UPPER = 2;
const DIGIT = 3;
const MARK = 4;
const IDEOGRAPH = 5;
const SUBSCRIPT = 6;
const SUPERSCRIPT = 7;
const FRACTION = 8;
const UNDERSCORE = 95;

const fractions: Record<string, string> = {
  '¼': '.25',
  '½': '.5',
  '¾': '.75',
  '⅓': '.333333',
  '⅔': '.666667',
  '⅕': '.2',
  '⅖': '.4',
  '⅗': '.6',
  '⅘': '.8',
  '⅛': '.125',
  '⅜': '.375',
  '⅝': '.625',
  '⅞': '.875',
};

// A table, because a Unicode regex per character costs twenty times as much.
const classes = new Uint8Array(0x10000);
const digitValues = new Uint8Array(0x10000);
for (let code = 0, run = 0; code < 0x10000; code++) {
  const char = String.fromCharCode(code);
  const class_ = /\p{Nd}/u.test(char) ? DIGIT : classOf(char);
  classes[code] = class_;
  run = class_ === DIGIT ? run + 1 : 0;
  if (run > 0) digitValues[code] = (run - 1) % 10;
}

function classOf(char: string): number {
  if (
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(
      char,
    )
  )
    return /[\p{L}\p{M}]/u.test(char) ? IDEOGRAPH : NONE;
  if (/\p{Lu}/u.test(char)) return UPPER;
  // A raised o stands for the degree sign more often than for a letter.
  if (char === 'º') return NONE;
  if (/[\p{L}\p{Nd}]/u.test(char)) return LOWER;
  if (/\p{M}/u.test(char)) return MARK;
  if (/[₀-₉]/.test(char)) return SUBSCRIPT;
  if (/[⁰¹²³⁴-⁹]/.test(char)) return SUPERSCRIPT;
  return char in fractions ? FRACTION : NONE;
}

function classAt(text: string, i: number): number {
  const code = text.charCodeAt(i);
  if (!isHigh(code)) return i < text.length && i >= 0 ? (classes[code] ?? NONE) : NONE;
  return classOf(String.fromCodePoint(text.codePointAt(i) ?? code));
}

const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isHyphen = (code: number) => code === 45 || code === 0x2010 || code === 0x2011;
const isApostrophe = (code: number) => code === 39 || code === 0x2019;
const isBlank = (code: number) =>
  code === 32 || code === 10 || code === 9 || code === 0xa0 || code === 0x2009 || code === 0x202f;

/** `.5` without its zero. */
const isBarePoint = (text: string, i: number) =>
  text.charCodeAt(i) === 46 &&
  classAt(text, i + 1) === DIGIT &&
  (i === 0 || /[\s([{=<>~≤≥±+−–-]/.test(text.charAt(i - 1)));

function plain(surface: string): string {
  for (let i = 0; i < surface.length; i++)
    if (surface.charCodeAt(i) > 127)
      return surface
        .normalize('NFKC')
        .toLowerCase()
        .replace(/[\u2010\u2011]/g, '-')
        .replace(/\u2019/g, "'");
  return surface.toLowerCase();
}

/** End of the run of letters, digits, marks and underscores at `i`. */
function runEnd(text: string, i: number): number {
  const start = i;
  for (; i < text.length; i++) {
    const class_ = classAt(text, i);
    if (class_ === LOWER || class_ === UPPER || class_ === DIGIT || class_ === MARK || class_ === SUBSCRIPT) {
      if (isHigh(text.charCodeAt(i))) i++;
    } else if (class_ === SUPERSCRIPT) {
      // R² and cm² are one word; a raised mark on a longer word is a footnote.
      if (i - start > 2) break;
    } else if (text.charCodeAt(i) !== UNDERSCORE) break;
  }
  return i;
}

type Part = { start: number; end: number; shape: 'lower' | 'capitals' | 'code' | 'digits' };

/** A run with its dotted continuation: `is.na`, `v1.2`, `e.g`. A capital after a dot begins a sentence whose space got lost. */
function readPart(text: string, start: number): Part {
  let end = runEnd(text, start);
  let dots = 0;
  let letters = end - start === 1;
  while (text.charCodeAt(end) === 46) {
    const next = classAt(text, end + 1);
    const goesOn =
      next === LOWER ||
      next === DIGIT ||
      (next === UPPER && classAt(text, end - 1) !== LOWER) ||
      text.charCodeAt(end + 1) === UNDERSCORE;
    if (!goesOn) break;
    const from = end + 1;
    end = runEnd(text, from);
    if (end - from !== 1 || next === DIGIT) letters = false;
    dots++;
  }
  // e.g, i.e, U.S: an abbreviation, not an identifier.
  return { start, end, shape: dots > 0 ? (letters ? 'lower' : 'code') : shapeOf(text, start, end) };
}

function shapeOf(text: string, start: number, end: number): Part['shape'] {
  let lower = 0;
  let upper = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const class_ = classAt(text, i);
    if (text.charCodeAt(i) === UNDERSCORE && end - start > 1) return 'code';
    if (class_ === UPPER) {
      if (lower > 0) return 'code';
      upper++;
    } else if (class_ === LOWER) lower++;
    else if (class_ === DIGIT || class_ === SUBSCRIPT || class_ === SUPERSCRIPT) digits++;
  }
  if (digits > 0) return lower + upper > 0 ? 'code' : 'digits';
  return upper > 0 && lower === 0 ? 'capitals' : 'lower';
}

// Longer chains of hyphens are read piece by piece, so that no text makes the pass quadratic.
const longestChain = 8;

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

function readNumber(text: string, start: number, tokens: Token[]): number {
  const code = numericCodeEnd(text, start);
  if (code > start) {
    tokens.push({ start, end: code, kind: 'code', norm: plain(text.slice(start, code)) });
    return code;
  }
  const value = readValue(text, start);
  const after = classAt(text, value.end);
  const letter = after === LOWER || after === UPPER || text.charCodeAt(value.end) === UNDERSCORE;
  const unit = readUnit(text, value.end);
  const times = /[xX×]/.test(text.charAt(value.end)) && classAt(text, value.end + 1) === DIGIT;
  if (letter && !unit && !times && classAt(text, start) === DIGIT) {
    const end = runEnd(text, value.end);
    const suffix = text.slice(value.end, end).toLowerCase();
    if (!ordinals.has(suffix)) {
      const part = readPart(text, start);
      const last = hyphenatedTail(text, part.end);
      tokens.push({ start, end: last, kind: 'code', norm: plain(text.slice(start, last)) });
      return last;
    }
    tokens.push({ start, end, kind: 'number', norm: value.norm });
    return end;
  }
  const sign = signBefore(text, start, tokens);
  const token: Token = {
    start: sign.start,
    end: unit?.end ?? value.end,
    kind: 'number',
    norm: value.norm === '0' ? '0' : sign.norm + value.norm,
  };
  if (unit) {
    token.unit = unit.norm;
    for (let i = tokens.length - 1, right = token; i >= 0; i--) {
      const left = tokens[i];
      if (left?.kind === 'word' && (left.norm === 'to' || left.norm === 'x')) continue;
      if (left?.kind !== 'number' || left.unit || !connected(text, left.end, right.start)) break;
      left.unit = unit.norm;
      right = left;
    }
  }
  tokens.push(token);
  return times ? value.end + 1 : token.end;
}

const ordinals = new Set(['st', 'nd', 'rd', 'th']);

/** End of 0x1F, 1.2.3, 2024-01-15, 978-3-16-148410-0, 4471-A at `start`; `start` when it is a plain number. */
function numericCodeEnd(text: string, start: number): number {
  if (text.charCodeAt(start) === 48 && (text.charCodeAt(start + 1) | 32) === 120) {
    const end = runEnd(text, start);
    if (end > start + 2 && /^0x[0-9a-f]+$/i.test(text.slice(start, Math.min(end, start + 40)))) return end;
  }
  let end = start;
  let dots = 0;
  let hyphens = 0;
  for (;;) {
    while (classAt(text, end) === DIGIT) end++;
    const separator = text.charCodeAt(end);
    if (classAt(text, end + 1) !== DIGIT) break;
    if (separator === 46 && hyphens === 0) dots++;
    else if (isHyphen(separator) && dots === 0) hyphens++;
    else break;
    end++;
  }
  const tail = dots === 1 || classAt(text, end) === UPPER ? end : hyphenatedTail(text, end);
  if (tail > end && !(hyphens > 0 && readUnit(text, end))) return tail;
  if (dots + hyphens < 2) return start;
  const next = classAt(text, end);
  return next === LOWER || next === UPPER ? runEnd(text, end) : end;
}

/** Behind `end`, the hyphen and capitals or digits that belong to a part number; a unit (24-VDC, 230-V) does not. */
function hyphenatedTail(text: string, end: number): number {
  for (let i = 0; i < longestChain && isHyphen(text.charCodeAt(end)); i++) {
    const last = runEnd(text, end + 1);
    const shape = last > end + 1 ? shapeOf(text, end + 1, last) : 'lower';
    const unit = units.has(text.slice(end + 1, Math.min(last, end + 12)));
    const oneLetter = last === end + 2 && !/[VW]/.test(text.charAt(end + 1));
    if (shape === 'lower' || (shape === 'digits' && i === 0) || (unit && !oneLetter)) break;
    end = last;
  }
  return end;
}

type Value = { norm: string; end: number };

function readValue(text: string, start: number): Value {
  let end = start;
  const digits = (from: number) => {
    let out = '';
    for (end = from; classAt(text, end) === DIGIT; end++) out += String(digitValues[text.charCodeAt(end)]);
    return out;
  };
  let whole = digits(start);
  let part = '';
  if (whole.length <= 3 && whole !== '0') while (isGroup(text, end)) whole += digits(end + 1);
  const separator = text.charCodeAt(end);
  if (classAt(text, end) === FRACTION) part = fractions[text.charAt(end++)]?.slice(1) ?? '';
  else if (classAt(text, end + 1) === DIGIT && (separator === 46 || (separator === 44 && whole === '0')))
    part = digits(end + 1);
  else if (separator === 47 && text.charCodeAt(start - 1) !== 47) {
    const slash = end;
    const below = Number(digits(slash + 1));
    const above = Number(whole);
    if (above > 0 && above < below && denominators.has(below) && text.charCodeAt(end) !== 47) {
      part = (above / below).toFixed(6).slice(2);
      whole = '0';
    } else end = slash;
  }
  const power = readPower(text, end, whole, part);
  return power ?? { norm: decimal(whole, part, 0), end };
}

const denominators = new Set([2, 3, 4, 5, 8, 10, 16, 32, 64]);

/** Three digits after a comma or a narrow space, and no fourth. */
function isGroup(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  if (code !== 44 && code !== 0xa0 && code !== 0x2009 && code !== 0x202f) return false;
  for (let k = 1; k <= 3; k++) if (classAt(text, i + k) !== DIGIT) return false;
  return classAt(text, i + 4) !== DIGIT;
}

const exponent = /[eE]([+-]?\d{1,3})(?![\p{L}\d_])/uy;
const timesTen = /\s?[×x·*]\s?10(?:\^\s?([-−+]?\d{1,3})|([⁻⁺]?[⁰¹²³⁴-⁹]{1,3}))/uy;
const tenTo = /\^([-−+]?\d{1,3})|([⁻⁺]?[⁰¹²³⁴-⁹]{1,3})/uy;

function readPower(text: string, end: number, whole: string, part: string): Value | undefined {
  const next = text.charCodeAt(end);
  // The regexes are anchored and bounded; this test keeps them away from nearly every number.
  if (Number.isNaN(next) || next === 44 || next === 46 || next === 41) return undefined;
  for (const form of whole === '10' && part === '' ? [tenTo, timesTen, exponent] : [timesTen, exponent]) {
    form.lastIndex = end;
    const match = form.exec(text);
    if (!match) continue;
    const power = Number((match[1] ?? match[2] ?? '').normalize('NFKC').replace('−', '-'));
    if (Number.isNaN(power)) continue;
    const norm = form === tenTo ? decimal('1', '', power) : decimal(whole, part, power);
    return { norm, end: form.lastIndex };
  }
  return undefined;
}

function decimal(whole: string, part: string, power: number): string {
  let digits = whole + part;
  let point = whole.length + power;
  if (Math.abs(power) > 30) return `${decimal(whole, part, 0)}e${power}`;
  if (point <= 0) {
    digits = '0'.repeat(1 - point) + digits;
    point = 1;
  }
  const left = digits.slice(0, point).padEnd(point, '0');
  let from = 0;
  while (from < left.length - 1 && left.charCodeAt(from) === 48) from++;
  let to = digits.length;
  while (to > point && digits.charCodeAt(to - 1) === 48) to--;
  return to > point ? `${left.slice(from) || '0'}.${digits.slice(point, to)}` : left.slice(from) || '0';
}

function signBefore(text: string, start: number, tokens: Token[]): { start: number; norm: string } {
  const floor = tokens.at(-1)?.end ?? 0;
  let at = start - 1;
  if (at > floor && text.charCodeAt(at) === 32) {
    const before = text.charAt(at - 1);
    if (before === '±' || text.slice(Math.max(floor, at - 3), at) === '+/-') at--;
  }
  if (at < floor) return { start, norm: '' };
  const sign = text.charAt(at);
  if (sign === '±') return { start: at, norm: '±' };
  if (sign === '-' && text.slice(Math.max(floor, at - 2), at) === '+/') return { start: at - 2, norm: '±' };
  // Behind a word or a closing bracket a dash is a dash.
  const free = at === 0 || (at > floor && /[\s([{=<>~≤≥≈:;,/×*'"…]/.test(text.charAt(at - 1)));
  if (!free || !/[-−–+]/.test(sign)) return { start, norm: '' };
  return { start: at, norm: sign === '+' ? '' : '-' };
}

const connectors = new Set(['-', '–', '—', '−', '~', '…', '...', '×', 'x', 'to', '±', '+/-', '']);

/** Two numbers that share the unit of the second: a range, a tolerance, a product of lengths. */
function connected(text: string, from: number, to: number): boolean {
  if (to - from > 8) return false;
  const between = text.slice(from, to).trim();
  return connectors.has(between) && (between !== '' || /[±+]/.test(text.charAt(to)));
}

type Unit = { norm: string; end: number };

/** The unit at `i`, or behind one blank or hyphen, with products, quotients and powers: mg/mL, m/s². */
function readUnit(text: string, i: number): Unit | undefined {
  const code = text.charCodeAt(i);
  const gap = isBlank(code) || isHyphen(code) ? 1 : 0;
  const first = readAtom(text, i + gap);
  if (!first) return undefined;
  const surface = text.slice(i + gap, first.end);
  if (gap === 1) {
    if (onlyAttached.has(surface)) return undefined;
    // "2 in the chamber", "3 times", and 4471-A against 24-V.
    if ((surface === 'in' || surface === 'time') && /^\s\p{L}/u.test(text.slice(first.end, first.end + 3)))
      return undefined;
    if (isHyphen(code) && surface.length === 1 && !/[VW%]/.test(surface)) return undefined;
  }
  let { norm, end } = first;
  for (let k = 0; k < 3 && /[/·⋅]/.test(text.charAt(end)); k++) {
    const next = readAtom(text, end + 1);
    if (!next) break;
    norm += (text.charAt(end) === '/' ? '/' : '·') + next.norm;
    end = next.end;
  }
  return { norm: units.get(norm) ?? norm, end };
}

function readAtom(text: string, i: number): Unit | undefined {
  const char = text.charAt(i);
  if ((char === 'x' || char === '×') && /^[x×] ?g(?![\p{L}\d])/u.test(text.slice(i, i + 4)))
    return { norm: 'x g', end: text.indexOf('g', i) + 1 };
  let end = i;
  if (/[°º%‰℃℉′″×]/.test(char)) {
    end++;
    if (char === '°' || char === 'º') {
      const skip = text.charAt(end) === ' ' ? 1 : 0;
      if (/^[CF](?![\p{L}\d])/u.test(text.slice(end + skip, end + skip + 2)))
        return { norm: `°${text.charAt(end + skip)}`, end: end + skip + 1 };
      return { norm: '°', end };
    }
  } else {
    const class_ = classAt(text, i);
    if (class_ !== LOWER && class_ !== UPPER) return undefined;
    // No unit is longer; without the bound a long word behind a slash would be read again and again.
    while (end < i + 12 && (classAt(text, end) === LOWER || classAt(text, end) === UPPER)) end++;
    if (/[23]/.test(text.charAt(end)) && units.has(text.slice(i, end + 1))) end++;
    const after = classAt(text, end);
    if (after === LOWER || after === UPPER || after === DIGIT || text.charCodeAt(end) === UNDERSCORE)
      return undefined;
    if (isHyphen(text.charCodeAt(end)) && end === i + 1) {
      const beyond = classAt(text, end + 1);
      if (beyond === LOWER || beyond === UPPER) return undefined;
    }
  }
  const norm = units.get(text.slice(i, end));
  if (norm === undefined) return undefined;
  if (/[²³]/.test(text.charAt(end))) return { norm: norm + text.charAt(end), end: end + 1 };
  if (/^\^[23]$/.test(text.slice(end, end + 2)))
    return { norm: norm + (text.charAt(end + 1) === '2' ? '²' : '³'), end: end + 2 };
  if (norm !== '°') return { norm, end };
  const scale = /^ (C|F|Celsius|Fahrenheit|centigrade)(?![\p{L}\d])/iu.exec(text.slice(end, end + 13));
  return scale ? { norm: /^ f/i.test(scale[0]) ? '°F' : '°C', end: end + scale[0].length } : { norm, end };
}
