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
 * is wide enough for pauses that nobody knows of.
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

  const places: number[] = [];
  let done = 0;
  for (const each of weights.slice(0, -1)) {
    done += each;
    places.push(afterSpeech(start, (done / total) * spoken, inside));
  }
  /** When the next part begins and when the one before ends: the other way round where the cut is unsure. */
  const cuts = pausesAt(places, inside, margin).map(
    (pause, i): Span => (pause ? [into(pause), outOf(pause)] : [places[i]! - margin, places[i]! + margin]),
  );
  return parts.map((_, i) => {
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
    const edge = into([quiet, loud]);
    if (quiet <= start + rim && loud > start - slack && edge < end) from = edge;
    const brink = outOf([quiet, loud]);
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

/**
 * For each cut the pause it falls into, if any, in order and each once: those that are near and long, all cuts together. Where the neighbour of a
 * pause would do about as well, what lies between the two is left to both sides.
 */
function pausesAt(places: number[], pauses: readonly Span[], margin: number): (Span | undefined)[] {
  // What a cut costs that falls into no pause, in seconds too. Speech stops between sentences nearly always.
  const noPause = Math.max(0.4, margin);
  const cost = (at: number, [from, to]: Span) => {
    const distance = Math.max(0, from - at, at - to);
    return distance > 2 * margin ? Infinity : distance - Math.min(1, to - from);
  };
  // best[j]: the cheapest choice for the cuts so far from the first j pauses.
  type Choice = { cost: number; taken: (number | undefined)[] };
  let best: Choice[] = pauses.map(() => ({ cost: 0, taken: [] }));
  best.push({ cost: 0, taken: [] });
  for (const at of places) {
    const next: Choice[] = [];
    for (const [j, held] of best.entries()) {
      const choices: Choice[] = [{ cost: held.cost + noPause, taken: [...held.taken, undefined] }];
      if (j > 0) {
        choices.push(next[j - 1]!);
        const before = best[j - 1]!;
        choices.push({ cost: before.cost + cost(at, pauses[j - 1]!), taken: [...before.taken, j - 1] });
      }
      next.push(choices.reduce((one, other) => (other.cost < one.cost ? other : one)));
    }
    best = next;
  }
  const { taken } = best.at(-1)!;
  return taken.map((j, i) => {
    if (j === undefined) return undefined;
    const own = cost(places[i]!, pauses[j]!);
    const rival = (k: number) => {
      const pause = pauses[k];
      return pause && !taken.includes(k) && cost(places[i]!, pause) <= own + 0.1 ? pause : undefined;
    };
    // From the end of the later to the beginning of the earlier: `into` and `outOf` cross, and both sides have what lies between.
    const [first, last] = [rival(j - 1) ?? pauses[j]!, rival(j + 1) ?? pauses[j]!];
    return first === last ? first : [last[0], first[1]];
  });
}

/** When speech begins again after a pause, and when it ends before one. */
const into = ([from, to]: Span) => Math.max((from + to) / 2, to - rim);
const outOf = ([from, to]: Span) => Math.min((from + to) / 2, from + rim);

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
