import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { type App, type Cue, ModelFault } from '../app.ts';
import { extractSound, pictureAt, probe, type Probed, type Sound, subtitleTrack } from './ffmpeg.ts';
import type { ReadDocument, ReadingPart } from './readers.ts';
import type { ReadingFacts, Recording } from './reading.ts';
import { ProgramStopped } from './run-program.ts';
import { scratchFolder } from './scratch.ts';
import { transcribeSound } from './transcribe.ts';

export type RecordingOrder = {
  blobKey: string;
  mediaType: string;
  filename: string;
  title: string;
  /** The caption file that came with it. */
  captions: { blob_key: string } | undefined;
  /** Keeps a frame of it to show, JPEG; absent when there is one. */
  keepPoster: ((jpeg: { path: string }) => Promise<void>) | undefined;
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
};
type Ports = Pick<App, 'blobs' | 'ffmpeg' | 'transcriber' | 'log'>;
/** Captions as they stand, or what a model heard. */
type Transcript = { from: NonNullable<ReadingFacts['transcript']>; bytes: Uint8Array; cues?: Cue[] };

const bring = 'Upload captions for it (VTT, SRT or SSA)';

/**
 * Reads a recording by what it is spoken in: captions that came with it, else a subtitle track in it, else a model that writes down what it
 * hears. The file goes to disk, never through memory, and is parsed in other processes only. Where there are no words the facts say what is
 * missing; a model that fails is thrown, as a `ModelFault`, after the facts have said so.
 */
export async function* readRecording(
  app: Ports,
  readDocument: ReadDocument,
  order: RecordingOrder,
): AsyncGenerator<ReadingPart, void> {
  const { signal } = order;
  await using folder = await scratchFolder();
  const path = join(folder.path, `recording${extensionOf(order.mediaType)}`);
  await pipeline(await app.blobs.open(order.blobKey), createWriteStream(path), { signal });
  const found = app.ffmpeg && (await probe(app.ffmpeg, path, signal));
  const facts: ReadingFacts = { ...(found?.duration !== undefined && { duration: found.duration }) };
  yield { kind: 'facts', facts };
  if (found?.hasPictures) await poster(app, order, path, folder.path, found);

  let sound: Sound | undefined;
  if (app.ffmpeg && found?.hasSound) {
    const to = join(folder.path, 'sound.flac');
    sound = await extractSound(app.ffmpeg, path, to, found.duration, signal);
    // What a browser records does not say how long it is.
    if (found.duration === undefined && sound?.duration !== undefined)
      yield { kind: 'facts', facts: { duration: sound.duration } };
  }
  let transcript: Transcript | undefined;
  let missing: string | undefined;
  if (order.captions) {
    transcript = { from: 'captions', bytes: await buffer(await app.blobs.open(order.captions.blob_key)) };
    missing = 'The captions that came with this recording hold no words that could be read. Upload others.';
  } else {
    const track = found && (await trackOf(app, path, found, signal));
    if (track instanceof Uint8Array) transcript = { from: 'track', bytes: track };
    else {
      const unread = track ? `${track} ` : '';
      try {
        const heard = await listen(app, order, { path, found, sound });
        if (typeof heard === 'string') missing = `${unread}${heard}`;
        else transcript = { from: 'model', bytes: new Uint8Array(), cues: heard };
      } catch (error) {
        if (!(error instanceof ModelFault) || error.kind === 'aborted') throw error;
        missing = `${unread}What is spoken here could not be written down. ${error.message} ${bring}, or have it read again later.`;
        // Said before it is thrown: when every try has failed, this is what remains.
        if (passes.has(error.kind)) {
          yield { kind: 'facts', facts: { missing } };
          throw error;
        }
      }
    }
  }
  const recording: Recording = {
    ...(transcript?.cues && { cues: transcript.cues }),
    pauses: sound?.pauses ?? [],
    // Without ffmpeg somebody else has to say how long it is.
    ...(!app.ffmpeg && { path }),
  };
  let words = false;
  const { filename, mediaType, title, onProgress } = order;
  const bytes = transcript?.bytes ?? new Uint8Array();
  for await (const part of readDocument({
    bytes,
    type: 'video',
    filename,
    mediaType,
    title,
    signal,
    onProgress,
    recording,
  })) {
    words ||= part.kind === 'fragments';
    yield part;
  }
  if (words && transcript) yield { kind: 'facts', facts: { transcript: transcript.from } };
  else
    yield {
      kind: 'facts',
      facts: { missing: missing ?? `No speech was found in this recording. ${bring}.` },
    };
}

/** The subtitle track of a recording, if there is one that can be had; or, in words, why it was left out: the recording is not lost with it. */
async function trackOf(
  { ffmpeg, log }: Ports,
  path: string,
  found: Probed,
  signal: AbortSignal,
): Promise<Uint8Array | string | undefined> {
  if (!ffmpeg || found.subtitles === undefined) return undefined;
  try {
    return await subtitleTrack(ffmpeg, path, found, signal);
  } catch (error) {
    if (!(error instanceof ProgramStopped)) throw error;
    log.warn({ err: error }, 'A subtitle track was left out');
    return 'The subtitle track in this recording was left out: it is larger, or takes longer to read, than a track may.';
  }
}

/** What another try may not meet. */
const passes: ReadonlySet<ModelFault['kind']> = new Set([
  'unreachable',
  'rate_limited',
  'timeout',
  'cut',
  'server',
]);

/** What a model hears; or, in words, why nobody could listen. */
async function listen(
  { ffmpeg, transcriber }: Ports,
  { mediaType, signal, onProgress }: RecordingOrder,
  { path, found, sound }: { path: string; found: Probed | undefined; sound: Sound | undefined },
): Promise<Cue[] | string> {
  if (found && !sound) return `This recording has no sound that could be read, and no captions. ${bring}.`;
  if (!transcriber)
    return `Nothing that is spoken in this recording can be found yet: it has no captions${ffmpeg ? '' : ' beside it'}, and there is no model that writes down what is spoken. ${bring}, or set OPENAI_API_KEY (or OPENAI_BASE_URL) and have it read again.`;
  if (ffmpeg && sound) return transcribeSound({ ffmpeg, transcriber }, sound, signal, onProgress);
  const { size } = await stat(path);
  if (!sendable.has(mediaType))
    return `ffmpeg is needed for the sound of this kind of recording (${mediaType}). Install it and have the recording read again. Or: ${bring.toLowerCase()}.`;
  if (size > transcriber.maxBytes)
    return `ffmpeg is needed for a recording of more than ${Math.floor(transcriber.maxBytes / 1e6)} MB, to send its sound in parts. Install it and have the recording read again. Or: ${bring.toLowerCase()}.`;
  return transcriber.transcribe({ path }, signal);
}

/** A frame to show, from where a recording has begun. That there is none keeps nothing. */
async function poster(
  { ffmpeg, log }: Ports,
  { keepPoster, signal }: RecordingOrder,
  path: string,
  folder: string,
  { duration = 0 }: Probed,
) {
  if (!ffmpeg || !keepPoster) return;
  const jpeg = join(folder, 'poster.jpg');
  try {
    const at = Math.min(10, duration / 10);
    if (await pictureAt(ffmpeg, path, at, { path: jpeg, as: 'jpeg' }, signal))
      await keepPoster({ path: jpeg });
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'No frame of a recording could be kept');
  }
}

/** What the endpoint of a model takes as it is, by the ends of names. */
const extensions: Record<string, string> = {
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/x-m4a': '.m4a',
  'audio/wav': '.wav',
  'audio/vnd.wave': '.wav',
  'audio/flac': '.flac',
  'audio/x-flac': '.flac',
  'audio/ogg': '.ogg',
  'audio/opus': '.ogg',
  'audio/webm': '.webm',
  'video/mp4': '.mp4',
  'video/webm': '.webm',
};
const sendable: ReadonlySet<string> = new Set(Object.keys(extensions));
const extensionOf = (mediaType: string) => extensions[mediaType.split(';')[0]!.trim()] ?? '';
