import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cue } from '../app.ts';
import { hears, recordingScene, tones, vtt } from '../testing/recordings.ts';
import { type Said, spokenWave, wave } from '../testing/spoken-wave.ts';
import { extractSound, probe } from './ffmpeg.ts';
import { runProgram } from './run-program.ts';

const installed = (program: string) => {
  try {
    execFileSync(program, [program === 'espeak-ng' ? '--version' : '-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const hasFFmpeg = installed('ffmpeg') && installed('ffprobe');
const hasVoice = installed('espeak-ng');
if (!hasFFmpeg)
  console.log('Recordings are not cut, nor their tracks and pictures read: ffmpeg is not installed.');
if (!hasVoice) console.log('Times of real speech are not compared: espeak-ng is not installed.');
const ffmpeg = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' };
const speech = process.env.EVAL_DIR && join(process.env.EVAL_DIR, 'speech');
if (!speech) console.log('No real speech is read: EVAL_DIR is not set.');

const scene = recordingScene();
const { as, brought, complete, shown, sourceOf, uploaded } = scene;
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rayni-recordings-test-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!hasFFmpeg)('a recording with ffmpeg', () => {
  beforeEach(() => {
    scene.setup.rayni.app.ffmpeg = ffmpeg;
  });
  const make = (name: string, ...args: string[]): Buffer => {
    const path = join(folder, name);
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, path]);
    return readFileSync(path);
  };
  const file = (name: string, bytes: Uint8Array | string) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  test('is read by the subtitle track in it, and keeps a frame to show until it is deleted', async () => {
    const subtitles = file('in.srt', '1\n00:00:00,200 --> 00:00:01,500\nOpen the valve.\n');
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=5:duration=2'];
    const sound = [
      '-i',
      file('in.wav', wave([{ loud: 0, seconds: 0.2 }, { loud: 1.3 }, { loud: 0, seconds: 0.5 }])),
    ];
    const codecs = ['-c:v', 'libx264', '-c:a', 'aac', '-c:s', 'mov_text'];
    const film = make('film.mp4', ...picture, ...sound, '-i', subtitles, ...codecs);
    const sourceId = await brought(film);
    expect(await sourceOf(sourceId)).toMatchObject({ type: 'video', status: 'approved' });
    const recording = await shown(sourceId);
    expect(recording).toMatchObject({ transcriptFrom: 'track', transcript: [{ text: 'Open the valve.' }] });
    expect(recording.duration).toBeCloseTo(2, 1);
    const { query } = scene.setup.rayni.app.db;
    const poster = await query
      .selectFrom('companion')
      .selectAll()
      .where('kind', '=', 'poster')
      .executeTakeFirstOrThrow();
    expect(recording.posterUrl).toBe(`memory:GET:${poster.blob_key}`);
    expect((await scene.setup.rayni.app.blobs.stat(poster.blob_key))?.size).toBe(poster.size);

    await as(scene.admin).sources.delete({ id: sourceId });
    await scene.setup.work();
    expect(await scene.setup.rayni.app.blobs.stat(poster.blob_key)).toBeUndefined();
    expect(await query.selectFrom('companion').select('id').where('id', '=', poster.id).execute()).toEqual(
      [],
    );
    // A recording that failed in between, or whose row was never written, leaves nothing unclaimed either.
    expect(await query.selectFrom('unclaimed_blob').select('key').execute()).toEqual([]);
  });

  test.each([
    ['one that states its length', (bytes: Uint8Array) => bytes],
    [
      'one that states none, as browsers record',
      (bytes: Uint8Array) =>
        execFileSync(
          'ffmpeg',
          ['-v', 'error', '-i', file('stated.wav', bytes), '-c:a', 'libopus', '-f', 'webm', 'pipe:1'],
          { stdio: 'pipe' },
        ),
    ],
  ])(
    '%s is cut in its pauses when it is larger than a model takes, and times are added up',
    async (_, made) => {
      const sizes: number[] = [];
      scene.setup.rayni.app.transcriber = {
        model: 'test',
        maxBytes: 3_600 * 4,
        async transcribe({ path }) {
          sizes.push(readFileSync(path).length);
          return [{ start: 0.5, end: 1, text: `Part ${'ABCDEF'[sizes.length - 1]} is over.` }];
        },
      };
      // Pauses at 3–3.5 and 6.5–7 s.
      const sourceId = await brought(
        made(
          wave([{ loud: 3 }, { loud: 0, seconds: 0.5 }, { loud: 3 }, { loud: 0, seconds: 0.5 }, { loud: 2 }]),
        ),
      );
      expect(sizes).toHaveLength(3);
      for (const size of sizes) expect(size).toBeLessThan(3_600 * 4);
      const { duration, transcript } = await shown(sourceId);
      expect(duration).toBeCloseTo(9, 1);
      // What is said soon after a pause begins with it.
      const starts = transcript.map(({ start }) => start);
      for (const [i, start] of [0.5, 3.4, 6.9].entries())
        expect(Math.abs(starts[i]! - start)).toBeLessThan(0.05);
    },
  );

  test('cannot open other files or addresses, and damaged ones are refused', async () => {
    const secret = file('secret.wav', tones());
    for (const [name, bytes] of [
      ['list.mp4', `ffconcat version 1.0\nfile ${secret}\n`],
      ['list.m3u8', `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${secret}\n#EXT-X-ENDLIST\n`],
    ] as const) {
      const never = new AbortController().signal;
      await expect(probe(ffmpeg, file(name, bytes), never)).rejects.toThrow(/damaged/);
    }
    const { sourceId } = await complete(await uploaded('cut.wav', tones().subarray(0, 30)));
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'rejected' });
  });

  test('that says it is longer than a day is refused before anything is made of its length', async () => {
    const bytes = make('long.mka', '-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'libvorbis');
    // Matroska's Duration: id 4489, eight bytes, in milliseconds.
    bytes.writeDoubleBE(9e12, bytes.indexOf(Buffer.from('448988', 'hex')) + 3);
    const found = probe(ffmpeg, file('forever.mka', bytes), new AbortController().signal);
    await expect(found).rejects.toThrow(/longer than a day/);
  });

  test('whose sound is more than it says, and more than is taken, is refused before it fills the disk', async () => {
    const noise = ['-f', 'lavfi', '-i', 'anoisesrc=d=20:r=16000'];
    make('noise.flac', ...noise, '-c:a', 'flac');
    const path = join(folder, 'noise.flac');
    const to = join(folder, 'sound.flac');
    const never = new AbortController().signal;
    const enough = { seconds: 60, bytes: 1_000_000 };
    expect(await extractSound(ffmpeg, path, to, 1, never, enough)).toMatchObject({ duration: 20 });
    const whole = statSync(to).size;

    const large = extractSound(ffmpeg, path, to, 1, never, { ...enough, bytes: 100_000 });
    await expect(large).rejects.toThrow(/more sound than/);
    expect(statSync(to).size).toBeLessThan(150_000);
    const long = extractSound(ffmpeg, path, to, 1, never, { ...enough, seconds: 3 });
    await expect(long).rejects.toThrow(/longer than/);
    expect(statSync(to).size).toBeLessThan(whole / 3);
  });

  test('without a sound says so', async () => {
    const film = make(
      'silent.mp4',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=160x90:rate=5:duration=1',
      '-c:v',
      'libx264',
    );
    scene.setup.rayni.app.transcriber = hears([]);
    expect((await sourceOf(await brought(film)))?.statusDetail).toMatch(/no sound.*captions/);
  });

  test('ends what it runs when it is stopped', async () => {
    const stop = new AbortController();
    const endless = ['-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', 'anullsrc', '-f', 'null', '-'];
    const running = runProgram('ffmpeg', endless, { milliseconds: 60_000 }, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await expect(
      runProgram('ffmpeg', endless, { milliseconds: 300 }, new AbortController().signal),
    ).rejects.toThrow('too long');
  });

  test.skipIf(!speech)('of a speech is cited by the time it lasts', async () => {
    scene.setup.rayni.app.transcriber = hears([
      { start: 0, end: 7.6, text: 'And so, my fellow Americans, ask not what your country can do for you,' },
      { start: 7.6, end: 10.6, text: 'ask what you can do for your country.' },
    ]);
    const { duration, transcript } = await shown(
      await brought(readFileSync(join(speech!, 'samples/jfk.mp3'))),
    );
    expect(duration).toBeCloseTo(11, 0);
    expect(transcript).toHaveLength(1);
    expect(transcript[0]!.start).toBeLessThan(0.4);
    expect(transcript[0]!.end).toBeGreaterThan(10);
    expect(transcript[0]!.end).toBeLessThanOrEqual(11.1);
  });

  describe.skipIf(!hasVoice)('with a voice in it', () => {
    const sentences = [
      'Switch on the laser and wait for ten minutes.',
      'The sheath pressure must stay between 32 and 36 kilopascal, otherwise stop the run.',
      'Close the lid.',
      'Vortex the calibration beads for ten seconds and add three drops to the buffer.',
      'Never turn the rotor faster than nine thousand rounds per minute.',
      'If the lamp is red, call the facility, and do not open the door.',
    ];

    test.each([
      ['two sentences a cue', 2, 'captions'],
      ['three sentences a segment', 3, 'model'],
    ] as const)(
      'has Proofs that hold what is said and are at most twice as long: %s',
      async (_, each, from) => {
        const { bytes, said } = spokenWave(sentences, [0.4, 1.2, 0.6, 2, 0.5, 0.8], each);
        const cues = groups(said, each);
        if (from === 'model') scene.setup.rayni.app.transcriber = hears(cues);
        const captions =
          from === 'captions'
            ? {
                captions: await uploaded(
                  'a.vtt',
                  vtt(...cues.map(({ start, end, text }) => [start, end, text] as [number, number, string])),
                ),
              }
            : {};
        const { transcript } = await shown(await brought(bytes, captions));
        for (const { text, start, end } of said) {
          const found = transcript.find((line) => line.text === text)!;
          expect(found.start).toBeLessThanOrEqual(start);
          expect(found.end).toBeGreaterThanOrEqual(end);
          expect(found.end - found.start).toBeLessThanOrEqual(2 * (end - start));
        }
      },
    );

    /** As captions are: a little late at the end. */
    const groups = (said: Said[], each: number): Cue[] =>
      Array.from({ length: Math.ceil(said.length / each) }, (_, i) => {
        const some = said.slice(i * each, (i + 1) * each);
        return {
          start: some[0]!.start,
          end: some.at(-1)!.end + 0.3,
          text: some.map(({ text }) => text).join(' '),
        };
      });
  });
});
