import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import { cuesOf } from './captions.ts';
import { fragmentsOf } from './fragments.ts';
import { decode } from './read-note.ts';
import type { ReadBytes } from './reading.ts';
import { spokenText } from './spoken.ts';

/**
 * Reads what is spoken in a recording, in its own process: `bytes` are captions, if any; else the cues of a model come along. One unit, the
 * place of a quote being the seconds it is spoken in. Nothing spoken is no fault: it has no fragments.
 */
export const readVideo: ReadBytes = async (bytes, { recording, onUnit, onFacts }) => {
  const { path, cues = await cuesOf(decode(bytes)), pauses = [] } = recording ?? {};
  const duration = path === undefined ? undefined : await durationOf(path);
  if (duration !== undefined) await onFacts({ duration });
  const { text, places, pieces } = spokenText(cues, pauses);
  if (text === '') return [];
  await onUnit({ ordinal: 1, text, places });
  return fragmentsOf(pieces, ({ start, end }) => text.slice(start, end));
};

/** In seconds; undefined where the file does not tell. */
async function durationOf(path: string): Promise<number | undefined> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  try {
    const seconds = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
    return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
  } catch {
    return undefined;
  } finally {
    input.dispose();
  }
}
