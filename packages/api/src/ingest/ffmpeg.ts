import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { FFmpeg } from '../app.ts';
import { type Ran, runProgram } from './run-program.ts';
import { Unreadable } from './reading.ts';
import type { Span } from './spoken-times.ts';

/** What a recording holds. */
export type Probed = {
  /** In seconds. */
  duration: number | undefined;
  hasSound: boolean;
  /** Moving pictures; the cover of a song is none. */
  hasPictures: boolean;
  /** Which of its subtitle tracks holds words as text, if any; counted from 0 among them. */
  subtitles: number | undefined;
};

/** In what recordings come. Playlists, and whatever else names further files to open, are not among them. */
const containers =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,mxf,ivf,dv,mp3,wav,w64,flac,ogg,aac,ac3,aiff,amr,amrnb,amrwb,ape,au,caf,dsf,mpc,mpc8,tta,wv';
/** So that bytes that name an address or a path are not followed. */
const input = (path: string) => [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  containers,
  '-i',
  `file:${path}`,
];
const quiet = ['-hide_banner', '-nostdin', '-v', 'error', '-y'];

/** In seconds. What a recording says of its length is trusted for time limits and parts, so it has an end. */
const longestRecording = 24 * 3_600;
/** Of the sound that is written to disk. A day of it is 2.8 GB when nothing in it can be compressed, so what is longer ends by its length. */
const mostSound = { seconds: longestRecording, bytes: 3e9 };
/** A minute, and time for a slow disk and a long recording: they are worked through far faster than they play. At most an hour. */
const patience = (duration = 3_600) => Math.min(60_000 + duration * 500, 3_600_000);

const probed = z.object({
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        disposition: z.record(z.string(), z.number()).optional(),
      }),
    )
    .default([]),
  format: z.object({ duration: z.coerce.number().optional().catch(undefined) }).default({}),
});

const texts = new Set(['mov_text', 'subrip', 'srt', 'ass', 'ssa', 'webvtt', 'text', 'hdmv_text_subtitle']);

/** What is in a recording. Throws `Unreadable` for what is none, or is longer than so many seconds. */
export async function probe(
  tools: FFmpeg,
  path: string,
  signal: AbortSignal,
  longest = longestRecording,
): Promise<Probed> {
  const asked = ['-hide_banner', '-v', 'error', '-of', 'json', '-show_streams', '-show_format'];
  const ran = await runProgram(tools.ffprobe, [...asked, ...input(path)], { milliseconds: 60_000 }, signal);
  const found = probed.safeParse(jsonOf(ran));
  if (!found.success) throw new Unreadable('This recording is damaged or of a kind that cannot be read.');
  const { streams, format } = found.data;
  const of = (type: string) => streams.filter((stream) => stream.codec_type === type);
  const is = (stream: { disposition?: Record<string, number> | undefined }, what: string) =>
    stream.disposition?.[what] === 1;
  const [hasSound, hasPictures] = [
    of('audio').length > 0,
    of('video').some((stream) => !is(stream, 'attached_pic') && !is(stream, 'timed_thumbnails')),
  ];
  if (!hasSound && !hasPictures) throw new Unreadable('This recording holds neither sound nor pictures.');
  const subtitles = of('subtitle').map((stream, at) => ({ at, stream }));
  const readable = subtitles.filter(
    // What is forced are the few lines in another language.
    ({ stream }) => texts.has(stream.codec_name ?? '') && !is(stream, 'forced'),
  );
  const best = readable.find(({ stream }) => is(stream, 'default')) ?? readable[0];
  const { duration } = format;
  if (duration !== undefined && duration > longest)
    throw new Unreadable(
      'This recording is longer than a day, or says so. Cut it into parts, or save it anew.',
    );
  return {
    duration: duration !== undefined && duration > 0 ? duration : undefined,
    hasSound,
    hasPictures,
    subtitles: best?.at,
  };
}

function jsonOf({ code, stdout }: Ran): unknown {
  if (code !== 0) return undefined;
  try {
    return JSON.parse(stdout.toString());
  } catch {
    return undefined;
  }
}

/** A subtitle track as WebVTT; undefined when it cannot be had. */
export async function subtitleTrack(
  tools: FFmpeg,
  path: string,
  { subtitles, duration }: Probed,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const ran = await runProgram(
    tools.ffmpeg,
    [...quiet, ...input(path), '-map', `0:s:${subtitles}`, '-c:s', 'webvtt', '-f', 'webvtt', 'pipe:1'],
    { milliseconds: patience(duration) },
    signal,
  );
  return ran.code === 0 && ran.stdout.length > 0 ? ran.stdout : undefined;
}

/** The sound of a recording in a file of its own. */
export type Sound = {
  path: string;
  /** In seconds, as it was written: what a recording itself says may be wrong or missing. */
  duration: number | undefined;
  pauses: Span[];
};

/**
 * Writes the sound of a recording as FLAC, mono at 16 kHz, its time beginning with that of the pictures, and finds the pauses in it.
 * Undefined when there is no sound that can be read; throws `Unreadable` when there is more than may be written.
 */
export async function extractSound(
  tools: FFmpeg,
  path: string,
  to: string,
  duration: number | undefined,
  signal: AbortSignal,
  most = mostSound,
): Promise<Sound | undefined> {
  const measured = 'astats=measure_perchannel=none:measure_overall=RMS_level+Noise_floor';
  const filters = `aresample=16000:async=1:first_pts=0,${measured}`;
  // 16 bits: what was compressed with loss would else be written with 24, and a day of it be larger than is taken.
  const as = ['-ac', '1', '-sample_fmt', 's16', '-c:a', 'flac', '-compression_level', '0'];
  // A second more than is taken, so that its length tells what was cut off.
  const atMost = ['-t', `${most.seconds + 1}`, '-fs', `${most.bytes}`];
  const sound = ['-map', '0:a:0', '-af', filters, ...as, ...atMost];
  const loud = [...quiet.with(quiet.indexOf('error'), 'info'), '-nostats'];
  const limits = { milliseconds: patience(duration) };
  const ran = await runProgram(tools.ffmpeg, [...loud, ...input(path), ...sound, to], limits, signal);
  const noise = ran.code === 0 ? silentBelow(ran.stderr) : undefined;
  if (noise === undefined) return undefined;
  if ((await stat(to)).size >= most.bytes)
    throw new Unreadable('This recording holds more sound than is taken at once. Cut it into parts.');
  const written = await probe(tools, to, signal, most.seconds);
  const detect = ['-af', `silencedetect=noise=${noise}dB:duration=0.2`, '-f', 'null', '-'];
  const heard = await runProgram(tools.ffmpeg, [...loud, ...input(to), ...detect], limits, signal);
  return { path: to, duration: written.duration, pauses: pausesIn(heard.stderr) };
}

/**
 * Below which peak a recording is silent, in dB: above the hiss of its room, well below its speech. Where the room is as loud as that nothing is
 * taken for a pause.
 */
function silentBelow(report: string): number | undefined {
  const level = (name: string) => new RegExp(`${name} dB: (-?[\\d.]+|-inf)`).exec(report)?.[1];
  const [speech, floor] = [level('RMS level'), level('Noise floor')];
  if (speech === undefined || speech === '-inf') return undefined;
  const above = floor === undefined || floor === '-inf' ? -Infinity : Number(floor) + 6;
  return Math.min(Number(speech) - 12, Math.max(Number(speech) - 20, above));
}

/** The pauses that `silencedetect` reports; one that lasts to the end has no end of its own. */
export function pausesIn(report: string): Span[] {
  const pauses: Span[] = [];
  let open: number | undefined;
  for (const [, which, seconds] of report.matchAll(/silence_(start|end): (-?[\d.]+)/g)) {
    if (which === 'start') open = Math.max(0, Number(seconds));
    else if (open !== undefined) {
      pauses.push([open, Number(seconds)]);
      open = undefined;
    }
  }
  if (open !== undefined) pauses.push([open, Infinity]);
  return pauses;
}

/** Of compressed speech, in bytes a second: Opus at 24 kbit/s and what goes around it. */
export const speechBytesPerSecond = 3_600;

/** Writes a part of a sound file as compressed speech (Opus in Ogg). */
export async function compressSpeech(
  tools: FFmpeg,
  path: string,
  to: string,
  [start, end]: Span,
  signal: AbortSignal,
): Promise<void> {
  const part = [
    '-ss',
    start.toFixed(3),
    ...input(path),
    ...(end < Infinity ? ['-t', (end - start).toFixed(3)] : []),
  ];
  const speech = ['-map', '0:a:0', '-c:a', 'libopus', '-b:a', '24k', '-application', 'voip', '-f', 'ogg'];
  const limits = { milliseconds: patience(end - start < Infinity ? end - start : undefined) };
  const ran = await runProgram(tools.ffmpeg, [...quiet, ...part, ...speech, to], limits, signal);
  if (ran.code !== 0) throw new Error(`ffmpeg could not compress speech: ${ran.stderr.slice(-500)}`);
}

/** Writes one picture of a recording: at most 1,280 wide as JPEG, or whole as PNG. False when there is none at that time. */
export async function pictureAt(
  tools: FFmpeg,
  path: string,
  seconds: number,
  to: { path: string; as: 'jpeg' | 'png' },
  signal: AbortSignal,
): Promise<boolean> {
  const as =
    to.as === 'jpeg' ? ['-vf', "scale='min(1280,iw)':-2", '-c:v', 'mjpeg', '-q:v', '4'] : ['-c:v', 'png'];
  const picture = ['-map', '0:v:0', '-frames:v', '1', ...as, '-f', 'image2', '-update', '1', to.path];
  const limits = { milliseconds: 120_000 };
  const args = [...quiet, '-ss', seconds.toFixed(3), ...input(path), ...picture];
  return (await runProgram(tools.ffmpeg, args, limits, signal)).code === 0;
}
