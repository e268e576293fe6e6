import type { Passage } from '../retrieval/passage.ts';
import { readUnit } from '../text/units.ts';
import { isCounted } from './lexicon.ts';
import { preparedOnce } from './prepared.ts';

type RawToken = { text: string; start: number; end: number };

const SHORTEST = 5;
// Not the asterisk, the underscore and the backslash: they are marks of emphasis, which are taken off a claim, as often as signs.
const raw = /[\p{L}\p{M}\p{N}]+|[<>≤≥=≠≈±+×÷%‰°$€£#@&^|~/′″]|(?<=^|[\s([{=<>≤≥,;:])[-−–](?=\p{N}|\.\p{N})/gu;

function rawTokens(text: string): RawToken[] {
  const found: RawToken[] = [];
  for (const match of text.matchAll(raw)) {
    const token = match[0].replace(/[−–]/u, '-').normalize('NFKC').toLowerCase();
    found.push({ text: token, start: match.index, end: match.index + match[0].length });
  }
  return found;
}

/**
 * Where the claim's very words stand in the text: a run of all its raw tokens; case, white space, quote marks, hyphens and other
 * punctuation are not compared, signs of comparison and arithmetic are. Fewer than five must be all of a clause or a cell. Undefined
 * also where the run is cut out of a number, loses the unit behind it, or is denied by the words around it ("never open the lid …"
 * does not say "open the lid …", nor "where they are not" "where they are").
 */
export function findVerbatim(
  claim: string,
  passage: Pick<Passage, 'text' | 'segments'>,
): [start: number, end: number] | undefined {
  const { text, segments } = passage;
  const wanted = rawTokens(claim);
  if (wanted.length === 0) return undefined;
  // Words cut at a line end ("cali-\nbrate") are whole in the claim: tokens are compared joined, and must begin and end together.
  const needle = joined(wanted);
  const { tokens: there, hay } = read(passage);
  for (let from = 0; ; ) {
    const at = hay.text.indexOf(needle.text, from);
    if (at === -1) return undefined;
    const first = hay.starts.get(at);
    const last = hay.ends.get(at + needle.text.length);
    if (
      first !== undefined &&
      last !== undefined &&
      isWhole(text, there, first, last, segments) &&
      (wanted.length >= SHORTEST ||
        (/\p{L}/u.test(needle.text) && isClause(text, there, first, last, segments)))
    ) {
      return [there[first]!.start, there[last]!.end];
    }
    from = at + 1;
  }
}

type Joined = { text: string; starts: Map<number, number>; ends: Map<number, number> };

const read = preparedOnce((text) => {
  const tokens = rawTokens(text);
  return { tokens, hay: joined(tokens) };
});

function joined(tokens: readonly RawToken[]): Joined {
  let text = '';
  const starts = new Map<number, number>();
  const ends = new Map<number, number>();
  for (const [i, token] of tokens.entries()) {
    if (/\p{N}$/u.test(text) && /^\p{N}/u.test(token.text)) text += ' ';
    starts.set(text.length, i);
    text += token.text;
    ends.set(text.length, i);
  }
  return { text, starts, ends };
}

const denial =
  /^(?:not|no|never|none|nor|neither|without|cannot|hardly|unless|don|doesn|didn|isn|aren|wasn|weren|won|can|mustn|shouldn|couldn|needn|nicht|kein|keine|nie)$/;

/** Nothing but a border stands on either side: of a segment, a line, a cell, a clause. */
function isClause(
  text: string,
  tokens: readonly RawToken[],
  first: number,
  last: number,
  segments: Passage['segments'],
): boolean {
  const { start } = tokens[first]!;
  const { end } = tokens[last]!;
  const before = tokens[first - 1]?.end ?? 0;
  const after = tokens[last + 1]?.start ?? text.length;
  const border = /[\n\t:;,.!?()[\]{}"“”•‣▪–—]|\s-\s/u;
  return (
    (before === 0 ||
      border.test(text.slice(before, start)) ||
      segments.some(([from]) => from >= before && from <= start)) &&
    (after === text.length ||
      border.test(text.slice(end, after)) ||
      segments.some(([, to]) => to >= end && to <= after))
  );
}

const deniedBehind = /^(?:not|never|unless|without)$/;

/** The end of a plural behind a number. */
function counted(text: string, at: number, before: string | undefined): number | undefined {
  const found = /^\s(\p{Ll}+)(?!\p{L})/u.exec(text.slice(at, at + 20));
  return found && isCounted(found[1] ?? '', before) ? at + found[0].length : undefined;
}

/** Before a number: the other end of its range, what it is a tolerance of, or its bound: "10 to", "37 ±", "at most". */
const openBefore =
  /(?:\p{N} ?[^\s\p{N}]{0,5} ?(?:[-–—−±]|\+\/-) ?|\p{N}(?: ?[^\s\p{N}]{1,5})? to |between \p{N}[^\s]*(?: [^\s\p{N}]{1,5})? and |[<>≤≥±] ?|(?<!\p{L})(?:at (?:most|least)|up to|(?:more|less|fewer|greater|lower|higher) than) )$/iu;
/** The same behind a number and its unit. */
const openBehind =
  /^ ?(?:(?:[-–—−±]|\+\/-) ?\p{N}|to \p{N}|or (?:less|more|longer|shorter|fewer|higher|lower|greater)(?!\p{L}))/iu;

/** The run ends with a number, or with a number and its unit. */
const isMeasured = (tokens: readonly RawToken[], last: number, text: string): boolean =>
  [last, last - 1, last - 2].some((k) => {
    const token = tokens[k];
    if (!token || !/\p{N}$/u.test(token.text)) return false;
    return k === last || readUnit(text, token.end)?.end === tokens[last]!.end;
  });

const isBetween = (tokens: readonly RawToken[], last: number): boolean =>
  tokens.slice(Math.max(0, last - 3), last).some(({ text }) => text === 'between');

function isWhole(
  text: string,
  tokens: readonly RawToken[],
  first: number,
  last: number,
  segments: Passage['segments'],
): boolean {
  const { start } = tokens[first]!;
  const { end } = tokens[last]!;
  if (/\p{N}$/u.test(tokens[last]!.text)) {
    if (/^[.,]\p{N}/u.test(text.slice(end, end + 2))) return false;
    // "wait 20" is less than "wait 20 min" and "wait 20 cycles".
    const lost = readUnit(text, end)?.end ?? counted(text, end, tokens[last - 1]?.text);
    if (lost !== undefined && !segments.some(([, to]) => to >= end && to < lost)) return false;
  }
  const closes = (from: number, until: number) => segments.some(([, to]) => to >= from && to <= until);
  const behind = text.slice(end, end + 16);
  if (isMeasured(tokens, last, text)) {
    if (openBehind.test(behind) && !closes(end, tokens[last + 1]?.start ?? end)) return false;
    if (isBetween(tokens, last) && /^ and \p{N}/u.test(behind)) return false;
  }
  if (/^['’]t(?!\p{L})/u.test(text.slice(end, end + 3))) return false;
  const after = tokens[last + 1];
  if (after && deniedBehind.test(after.text) && /^\s*$/.test(text.slice(end, after.start))) return false;
  if (/^\p{N}/u.test(tokens[first]!.text) && /\p{N}[.,]$/u.test(text.slice(Math.max(0, start - 2), start)))
    return false;
  const before = tokens[first - 1];
  // What begins a sentence or a row is not denied by the one before, whatever stands between them.
  if (before && segments.some(([from]) => from >= before.end && from <= start)) return true;
  if (/^\p{N}/u.test(tokens[first]!.text) && openBefore.test(text.slice(Math.max(0, start - 30), start)))
    return false;
  // "If it is on, …" is not said by "Even if it is on, …".
  if (/^(?:even|except)$/.test(before?.text ?? '') && /^(?:if|when)$/.test(tokens[first]!.text)) return false;
  for (let k = first - 1; k >= Math.max(0, first - 3); k--) {
    const before = tokens[k]!;
    const gap = text.slice(before.end, tokens[k + 1]!.start);
    if (/[.!?:;。！？]\s|\n\s*\n/u.test(gap)) return true;
    if (k === first - 1 && /^(?:only|some|most|few|rarely|seldom|nur)$/.test(before.text)) return false;
    if (!denial.test(before.text)) continue;
    // "can" and "won" deny only as "can't" and "won't".
    if (/^(?:can|won|don)$/.test(before.text) && !/^['’]/.test(gap)) continue;
    return false;
  }
  return true;
}
