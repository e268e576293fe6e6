import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { App, Cue } from '../app.ts';
import { compressSpeech, type Sound, speechBytesPerSecond } from './ffmpeg.ts';
import type { Span } from './spoken-times.ts';

/** In seconds: some models take no more than 25 minutes at once, and a shorter part is sooner there. */
const longest = 1_200;

/** Has a model listen to a sound file, in parts that it takes, cut in pauses; times are those of the whole. */
export async function transcribeSound(
  { ffmpeg, transcriber }: Required<{ [K in 'ffmpeg' | 'transcriber']: NonNullable<App[K]> }>,
  sound: Sound,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Cue[]> {
  const most = Math.min(longest, transcriber.maxBytes / speechBytesPerSecond);
  const parts = partsBetween(sound.pauses, sound.duration ?? longest, most);
  const total = Math.ceil(sound.duration ?? 0);
  const cues: Cue[] = [];
  onProgress(0, total);
  for (const [start, end] of parts) {
    const path = join(dirname(sound.path), 'part.ogg');
    await compressSpeech(ffmpeg, sound.path, path, [start, end], signal);
    const heard = await transcriber.transcribe({ path }, signal);
    await rm(path, { force: true });
    // What a model makes up goes on after the end.
    cues.push(...heard.map((cue) => moved(cue, start)).filter((cue) => cue.start < end));
    onProgress(Math.min(total, Math.round(end)), total);
  }
  return cues;
}

/** Consecutive stretches of at most so many seconds, from 0 to the end, cut in the last long pause of each; the last one is open. */
export function partsBetween(pauses: readonly Span[], duration: number, most: number): Span[] {
  const parts: Span[] = [];
  let start = 0;
  while (duration - start > most) {
    const middles = pauses
      .map(([from, to]) => ({ at: (from + to) / 2, length: to - from }))
      .filter(({ at }) => at > start + most / 2 && at <= start + most && at < duration);
    // A longer pause is a better place, and a later one saves a part; without any a word may be cut.
    const best = middles.reduce<{ at: number; length: number } | undefined>(
      (held, next) => (held && held.length > Math.min(next.length, 1) ? held : next),
      undefined,
    );
    const end = best?.at ?? start + most;
    parts.push([start, end]);
    start = end;
  }
  parts.push([start, Infinity]);
  return parts;
}

const moved = (cue: Cue, by: number): Cue => ({
  ...cue,
  start: cue.start + by,
  end: cue.end + by,
  ...(cue.words && {
    words: cue.words.map((word) => ({ ...word, start: word.start + by, end: word.end + by })),
  }),
});
