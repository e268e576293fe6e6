import type { Cue } from '../app.ts';
import { canonical } from '../text/canonical.ts';
import { sentences } from '../text/sentences.ts';
import type { Piece } from './fragments.ts';
import type { PlaceMap } from './reading.ts';
import { fitted, type Span, timesOfParts } from './spoken-times.ts';

export type Spoken = { text: string; places: Extract<PlaceMap, { kind: 'times' }>; pieces: Piece[] };
type Range = [start: number, end: number];

/** Seconds of silence after a sentence that begin a new paragraph, and after anything. */
const paragraphPause = { sentence: 1, any: 10 };
/** In words: what has no sentence ends is cut at cues, at a pause or at last. */
const unmarked = { sentence: 60, pause: 8, most: 30 };

/**
 * The text that is spoken, as one unit: cues joined to sentences and paragraphs, with the seconds of each stretch of text. A word has its own
 * where the cue tells it, else a cue, or its share of a cue that holds parts of several sentences.
 */
export function spokenText(cues: readonly Cue[], pauses: readonly Span[]): Spoken {
  const said = cues
    .map((cue) => ({ ...cue, text: canonical(cue.text).replaceAll(/\s+/g, ' ').trim() }))
    .filter((cue) => cue.text !== '' && cue.start >= 0 && cue.end > cue.start && cue.end < Infinity)
    .sort((a, b) => a.start - b.start);
  let text = '';
  const spans: Range[] = [];
  for (const [i, cue] of said.entries()) {
    if (i > 0) text += endsParagraph(said[i - 1]!, cue) ? '\n\n' : ' ';
    spans.push([text.length, text.length + cue.text.length]);
    text += cue.text;
  }
  const segments = sentences(text).flatMap((sentence) => cutAtCues(text, sentence, said, spans));

  const entries: { range: Range; time: Span }[] = [];
  let from = 0;
  for (const [i, cue] of said.entries()) {
    const [start, end] = spans[i]!;
    while (segments[from] && segments[from]![1] <= start) from++;
    const parts: Range[] = [];
    for (let at = from; segments[at] && segments[at]![0] < end; at++)
      parts.push([Math.max(start, segments[at]![0]), Math.min(end, segments[at]![1])]);
    entries.push(...(timedWords(cue, start) ?? timedParts(cue, parts, text, pauses)));
  }
  return {
    text,
    places: {
      kind: 'times',
      starts: Uint32Array.from(entries, ({ range }) => range[0]),
      ends: Uint32Array.from(entries, ({ range }) => range[1]),
      times: Float64Array.from(entries.flatMap(({ time }) => [...time])),
    },
    pieces: paragraphs(text, segments),
  };
}

function endsParagraph(before: Cue, { start, speaker }: Cue): boolean {
  const pause = start - before.end;
  const ended = /[.!?…]["'”’)\]]*$/.test(before.text);
  return (
    before.speaker !== speaker || pause >= paragraphPause.any || (ended && pause >= paragraphPause.sentence)
  );
}

/** A sentence whole; a run of words without any end to it, as machines write captions, in pieces of a cue or more. */
function cutAtCues(text: string, [start, end]: Range, cues: readonly Cue[], spans: Range[]): Range[] {
  if (wordCount(text.slice(start, end)) <= unmarked.sentence) return [[start, end]];
  const found: Range[] = [];
  let from = start;
  for (const [i, [at, stop]] of spans.entries()) {
    if (stop <= start || at >= end) continue;
    if (stop >= end) break;
    const words = wordCount(text.slice(from, stop));
    const pause = (cues[i + 1]?.start ?? Infinity) - cues[i]!.end;
    if (words < unmarked.most && !(words >= unmarked.pause && pause >= 0.5)) continue;
    found.push([from, stop]);
    from = stop + 1;
  }
  if (from < end) found.push([from, end]);
  return found;
}

/** Undefined where the words are not those of the cue, in its order. */
function timedWords({ text, words = [] }: Cue, at: number): { range: Range; time: Span }[] | undefined {
  const found: { range: Range; time: Span }[] = [];
  const shown = text.toLowerCase();
  let from = 0;
  for (const [i, word] of words.entries()) {
    const written = canonical(word.text).replaceAll(/\s+/g, ' ').trim();
    if (written === '') continue;
    const start = shown.indexOf(written.toLowerCase(), from);
    // What stands between two words is marks, never another word.
    if (start === -1 || /[\p{L}\p{N}]/u.test(text.slice(from, start))) return undefined;
    from = start + written.length;
    const before = words[i - 1]?.end ?? -Infinity;
    const after = words[i + 1]?.start ?? Infinity;
    found.push({
      range: [at + start, at + from],
      time: [Math.max(0, word.start - halfGap(word.start - before)), word.end + halfGap(after - word.end)],
    });
  }
  return found.length > 0 && !/[\p{L}\p{N}]/u.test(text.slice(from)) ? found : undefined;
}

/** Voices fade in and out: so much beside a word is its own. */
const halfGap = (gap: number) => Math.min(0.15, Math.max(0, gap / 2));

function timedParts(cue: Cue, parts: Range[], text: string, pauses: readonly Span[]) {
  const near = within(pauses, cue);
  if (parts.length < 2) return parts.map((range) => ({ range, time: fitted([cue.start, cue.end], near) }));
  const times = timesOfParts(
    cue,
    parts.map(([start, end]) => text.slice(start, end)),
    near,
  );
  return parts.map((range, i) => ({ range, time: times[i]! }));
}

/** The pauses in and about a cue; by halving, since there are as many of them as cues. */
function within(pauses: readonly Span[], { start, end }: Cue): readonly Span[] {
  let low = 0;
  let high = pauses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pauses[middle]![1] < start - 1) low = middle + 1;
    else high = middle;
  }
  let last = low;
  while (last < pauses.length && pauses[last]![0] <= end + 1) last++;
  return pauses.slice(low, last);
}

function paragraphs(text: string, segments: Range[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let next = 0;
  for (const paragraph of text.split('\n\n')) {
    const [start, end] = [at, at + paragraph.length];
    const own: Range[] = [];
    for (; segments[next] && segments[next]![0] < end; next++)
      own.push([segments[next]![0] - start, segments[next]![1] - start]);
    if (own.length > 0)
      pieces.push({ kind: 'prose', text: paragraph, ranges: [{ unit: 1, start, end }], segments: own });
    at = end + 2;
  }
  return pieces;
}

const wordCount = (text: string) => text.match(/\S+/g)?.length ?? 0;
