import type { Cue } from '../app.ts';

/** A stretch of time in seconds. */
export type Span = readonly [start: number, end: number];

/** So much of a pause stays with the speech beside it: voices fade in and out below what counts as silent. */
const rim = 0.1;
/** Cues that begin or end within this of a pause begin or end there. */
const slack = 0.4;

/**
 * When each of these parts of a cue's text is spoken. Where pauses are known a cue that is shown longer than it is spoken is narrowed, and parts
 * meet in the pause nearest to where their length puts it. Without a pause they get their share of the time and a margin on either side, which
 * is wider than what shares were seen to err: 0.13 of a cue.
 */
export function timesOfParts(
  cue: Pick<Cue, 'start' | 'end'>,
  parts: string[],
  pauses: readonly Span[],
): Span[] {
  const [start, end] = fitted([cue.start, cue.end], pauses);
  const inside = pauses.filter((pause) => pause[0] > start && pause[1] < end);
  const weights = parts.map(weight);
  const total = weights.reduce((sum, each) => sum + each, 0);
  const quiet = inside.reduce((sum, [from, to]) => sum + to - from, 0);
  const spoken = end - start - quiet;
  const margin = 0.15 * spoken + 0.2;

  /** The earliest and the latest time at which a part may end and the next begin. */
  const cuts: Span[] = [];
  let done = 0;
  for (const each of weights.slice(0, -1)) {
    done += each;
    const at = afterSpeech(start, (done / total) * spoken, inside);
    cuts.push(cutNear(at, inside, margin) ?? [at - margin, at + margin]);
  }
  return parts.map((_, i) => {
    // What one ends with the next begins with when the cut is unsure.
    const from = cuts[i - 1]?.[0] ?? start;
    const to = cuts[i]?.[1] ?? end;
    return to > from ? [Math.max(start, from), Math.min(end, to)] : [start, end];
  });
}

/** A cue without the silence around what is spoken, and with the rest of a word its edges cut. */
export function fitted([start, end]: Span, pauses: readonly Span[]): Span {
  let from = start;
  let to = end;
  for (const [quiet, loud] of pauses) {
    const edge = Math.max((quiet + loud) / 2, loud - rim);
    if (quiet <= start + rim && loud > start - slack && edge < end) from = edge;
    const brink = Math.min((quiet + loud) / 2, quiet + rim);
    if (loud >= end - rim && quiet < end + slack && brink > from) {
      to = brink;
      break;
    }
  }
  return to > from ? [from, to] : [start, end];
}

/** The time when so many seconds were spoken. */
function afterSpeech(start: number, seconds: number, pauses: readonly Span[]): number {
  let at = start + seconds;
  for (const [from, to] of pauses) if (from <= at) at += to - from;
  return at;
}

/** The pause a cut falls into: the one that is near and long. Of several that fit about as well all are left open. */
function cutNear(at: number, pauses: readonly Span[], margin: number): Span | undefined {
  const near = pauses
    .map(([from, to]) => {
      const distance = Math.max(0, from - at, at - to);
      return { from, to, distance, cost: distance - Math.min(1, to - from) };
    })
    .filter(({ distance }) => distance <= margin);
  const best = Math.min(...near.map(({ cost }) => cost));
  const fit = near.filter(({ cost }) => cost <= best + 0.1);
  const [first, last] = [fit[0], fit.at(-1)];
  if (!first || !last) return undefined;
  return [
    Math.max((first.from + first.to) / 2, first.to - rim),
    Math.min((last.from + last.to) / 2, last.from + rim),
  ];
}

/** How long a text takes to be said, in letters: numbers and signs are said as words, and stops are pauses. */
function weight(text: string): number {
  let sum = 0;
  for (const character of text)
    sum += /\d/.test(character)
      ? 4
      : /\p{L}/u.test(character)
        ? 1
        : /[%°±×µ€$£&+=/]/.test(character)
          ? 6
          : /[.!?]/.test(character)
            ? 4
            : /[,;:–—]/.test(character)
              ? 2
              : 0.5;
  return Math.max(sum, 1);
}
