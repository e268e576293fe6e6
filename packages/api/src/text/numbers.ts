import {
  classAt,
  DIGIT,
  digitValue,
  FRACTION,
  fractions,
  isHyphen,
  LOWER,
  plain,
  UNDERSCORE,
  UPPER,
} from './characters.ts';
import { longestChain, readPart, runEnd, shapeOf } from './parts.ts';
import type { Token } from './tokens.ts';
import { readUnit, units } from './units.ts';

/** Reads the number, or the code that begins with a digit, at `start` into `tokens`; returns where to go on. */
export function readNumber(text: string, start: number, tokens: Token[]): number {
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
    for (end = from; classAt(text, end) === DIGIT; end++) out += String(digitValue(text.charCodeAt(end)));
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
