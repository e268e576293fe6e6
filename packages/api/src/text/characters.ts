/** The classes of characters. */
export const NONE = 0;
export const LOWER = 1; // letters without case too
export const UPPER = 2;
export const DIGIT = 3;
export const MARK = 4;
export const IDEOGRAPH = 5;
export const SUBSCRIPT = 6;
export const SUPERSCRIPT = 7;
export const FRACTION = 8;
/** The code of `_`. */
export const UNDERSCORE = 95;

/** Fractions of one character with their decimals. */
export const fractions: Record<string, string> = {
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

// A table, so that no regex runs for each character; filled as characters come, since filling all of it costs 30 ms at every start.
const UNKNOWN = 255;
const classes = new Uint8Array(0x10000).fill(UNKNOWN);

function classOfUnit(code: number): number {
  const known = classes[code] ?? NONE;
  if (known !== UNKNOWN) return known;
  const char = String.fromCharCode(code);
  return (classes[code] = /\p{Nd}/u.test(char) ? DIGIT : classOf(char));
}

/** The value of a decimal digit of any script: Unicode keeps them in runs of ten, from zero to nine. */
export function digitValue(code: number): number {
  if (code < 128) return code - 48;
  let first = code;
  while (classOfUnit(first - 1) === DIGIT) first--;
  return (code - first) % 10;
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

/** The class of the character that begins at `i`; `NONE` outside of the text. */
export function classAt(text: string, i: number): number {
  const code = text.charCodeAt(i);
  if (!isHigh(code)) return i < text.length && i >= 0 ? classOfUnit(code) : NONE;
  return classOf(String.fromCodePoint(text.codePointAt(i) ?? code));
}

/** Is this UTF-16 code unit the first of a pair? */
export const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
/** Is this the code of a hyphen? */
export const isHyphen = (code: number) => code === 45 || code === 0x2010 || code === 0x2011;
/** Is this the code of an apostrophe? */
export const isApostrophe = (code: number) => code === 39 || code === 0x2019;
/** Is this the code of a blank? */
export const isBlank = (code: number) =>
  code === 32 || code === 10 || code === 9 || code === 0xa0 || code === 0x2009 || code === 0x202f;

/** NFKC, lower case, hyphens and apostrophes plain. */
export function plain(surface: string): string {
  for (let i = 0; i < surface.length; i++)
    if (surface.charCodeAt(i) > 127)
      return surface
        .normalize('NFKC')
        .toLowerCase()
        .replace(/[\u2010\u2011]/g, '-')
        .replace(/\u2019/g, "'");
  return surface.toLowerCase();
}
