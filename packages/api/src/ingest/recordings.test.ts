import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '@rayni/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { type Cue, ModelFault, type Transcriber } from '../app.ts';
import { createCaller } from '../router.ts';
import { visibleSource } from '../sources/store.ts';
import { spokenWave, wave, type Said } from '../testing/spoken-wave.ts';
import { testApp, type TestApp } from '../testing/test-app.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';
import { giveUp } from './ingest.ts';

const maxBytes = 10_000_000;
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

let setup: TestApp;
let admin: Extract<Viewer, { kind: 'member' }>;
let instrumentId: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rayni-recordings-test-'));
  setup = await testApp();
  admin = await setup.account({ isAdmin: true });
  instrumentId = await setup.instrument();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await setup[Symbol.asyncDispose]();
});
beforeEach(() => {
  delete setup.rayni.app.ffmpeg;
  delete setup.rayni.app.transcriber;
});

const as = (viewer: Viewer) =>
  createCaller({
    ...setup.rayni,
    viewer,
    requestId: 'test',
    session: { secret: undefined, set() {}, clear() {} },
  });
async function uploaded(filename: string, bytes: Uint8Array | string, viewer: Viewer = admin) {
  const input = { filename, contentType: 'application/octet-stream' };
  const { uploadId } = await initiateUpload(setup.rayni.app, viewer, input, maxBytes);
  setup.put(uploadId, bytes);
  return uploadId;
}
const complete = (uploadId: string, more: object = {}, viewer: Viewer = admin) =>
  completeUpload(setup.rayni.app, viewer, { uploadId, instrumentId, ...more }, maxBytes);
const sourceOf = (id: string) => visibleSource(setup.rayni.app.db.query, admin, id);
/** A recording as it is brought and read; its own bytes each time. */
let recordings = 0;
const tones = () => wave([{ loud: 0.6 }, { loud: 0, seconds: 0.5 + recordings++ / 1000 }, { loud: 0.6 }]);
async function brought(bytes: Uint8Array = tones(), more: object = {}): Promise<string> {
  const { sourceId } = await complete(await uploaded('pump.wav', bytes), more);
  await setup.work();
  return sourceId;
}
const shown = (sourceId: string): Promise<Recording> => as(admin).viewer.recording({ sourceId });
const vtt = (...cues: [start: number, end: number, text: string][]) =>
  `WEBVTT\n\n${cues.map(([start, end, text]) => `00:${start.toFixed(3).padStart(6, '0')} --> 00:${end.toFixed(3).padStart(6, '0')}\n${text}\n`).join('\n')}`;
const hears = (cues: Cue[]): Transcriber => ({
  model: 'test',
  maxBytes: 24_000_000,
  transcribe: async () => structuredClone(cues),
});

describe('a recording without ffmpeg', () => {
  test('is read by captions that come with it, in one transaction', async () => {
    const captions = await uploaded('pump.vtt', vtt([0, 1, 'Press start.'], [1.2, 2, 'Wait for the pump.']));
    const sourceId = await brought(tones(), { captions });
    expect(await sourceOf(sourceId)).toMatchObject({ type: 'video', status: 'approved' });
    const recording = await shown(sourceId);
    expect(recording).toMatchObject({
      transcriptFrom: 'captions',
      transcript: [
        { start: 0, end: 1, text: 'Press start.' },
        { start: 1.2, end: 2, text: 'Wait for the pump.' },
      ],
      posterUrl: '',
    });
    expect(recording.duration).toBeCloseTo(1.7, 1);
    const asked = await as(admin).chat.ask({ instrumentId, question: 'What do I wait for?' });
    expect(asked.citations.map(({ locator }) => locator)).toContainEqual({ kind: 'time', start: 0, end: 2 });
    // What was taken as captions is taken.
    await expect(complete(await uploaded('again.wav', tones()), { captions })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('without captions and model waits, and says what is missing; a manager has it read again', async () => {
    const sourceId = await brought();
    expect(await sourceOf(sourceId)).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringMatching(/no captions.*Upload captions.*OPENAI_API_KEY/),
    });
    expect((await shown(sourceId)).duration).toBeCloseTo(1.7, 1);
    setup.rayni.app.transcriber = hears([{ start: 0, end: 0.6, text: 'Turn the key.' }]);
    await as(admin).sources.update({ id: sourceId, status: 'processing' });
    await setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'approved', statusDetail: null });
    expect((await shown(sourceId)).transcriptFrom).toBe('model');
  });

  test('is sent whole to a model, and says what ffmpeg is needed for when it is too large or of another kind', async () => {
    let sent = '';
    setup.rayni.app.transcriber = {
      ...hears([{ start: 0, end: 0.6, text: 'Turn the key.' }]),
      async transcribe({ path }) {
        sent = path;
        expect(readFileSync(path).subarray(0, 4).toString()).toBe('RIFF');
        return [{ start: 0, end: 0.6, text: 'Turn the key.' }];
      },
    };
    expect(await sourceOf(await brought())).toMatchObject({ status: 'approved' });
    expect(sent).toMatch(/\.wav$/);
    setup.rayni.app.transcriber = { ...hears([]), maxBytes: 1_000 };
    expect(await sourceOf(await brought())).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringContaining('ffmpeg is needed for a recording of more than'),
    });
    const avi = Buffer.concat([Buffer.from('RIFF\x00\x10\x00\x00AVI LIST'), Buffer.alloc(200)]);
    const { sourceId } = await complete(await uploaded('a.avi', avi));
    await setup.work();
    expect((await sourceOf(sourceId))?.statusDetail).toMatch(/ffmpeg is needed for the sound of this kind/);
  });

  test('in which nobody speaks waits for captions', async () => {
    setup.rayni.app.transcriber = hears([]);
    const sourceId = await brought();
    expect((await sourceOf(sourceId))?.statusDetail).toMatch(/No speech was found.*Upload captions/);
  });

  test('whose model fails is tried again, then waits with the reason', async () => {
    const fault = new ModelFault('rate_limited', 'The language model takes no more requests at the moment.');
    setup.rayni.app.transcriber = { ...hears([]), transcribe: () => Promise.reject(fault) };
    const { sourceId, versionId } = await complete(await uploaded('pump.wav', tones()));
    await expect(setup.work()).rejects.toBe(fault);
    await giveUp(setup.rayni.app, versionId);
    expect(await sourceOf(sourceId)).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringContaining('takes no more requests'),
    });
    // A key that is refused will be refused again.
    const refused = new ModelFault('unauthorized', 'The language model refuses the key.');
    setup.rayni.app.transcriber = { ...hears([]), transcribe: () => Promise.reject(refused) };
    expect(await sourceOf(await brought())).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringContaining('refuses the key'),
    });
  });
});

describe('captions that come later', () => {
  test('replace what answered once they are read, and again', async () => {
    setup.rayni.app.transcriber = hears([{ start: 0, end: 0.6, text: 'Turn the Brindlewick key.' }]);
    const sourceId = await brought();
    const before = await as(admin).chat.ask({ instrumentId, question: 'Turn the Brindlewick key?' });
    const put = await complete(
      await uploaded('pump.srt', '1\n00:00:00,000 --> 00:00:01,000\nTurn the Brindlewick lever.\n'),
      { captionsFor: sourceId },
    );
    expect(put).toMatchObject({ sourceId, status: 'approved' });
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Turn the Brindlewick key.');
    await setup.work();
    expect(await shown(sourceId)).toMatchObject({
      transcriptFrom: 'captions',
      transcript: [{ text: 'Turn the Brindlewick lever.' }],
    });
    // The old citation opens what it was made from.
    const { id } = before.citations.find((citation) => citation.sourceId === sourceId)!;
    expect(await as(admin).viewer.recording({ target: id })).toMatchObject({
      quote: 'Turn the Brindlewick key.',
      transcript: [{ text: 'Turn the Brindlewick key.' }],
    });
    const held = () =>
      setup.rayni.app.db.query
        .selectFrom('companion')
        .innerJoin('source_version', 'source_version.id', 'companion.version_id')
        .select('companion.blob_key')
        .where('source_version.source_id', '=', sourceId)
        .execute();
    const [first] = await held();
    await complete(await uploaded('new.vtt', vtt([0, 1, 'Turn nothing.'])), { captionsFor: sourceId });
    await setup.work();
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Turn nothing.');
    expect(await held()).toHaveLength(1);
    expect(await setup.rayni.app.blobs.stat(first!.blob_key)).toBeUndefined();
  });

  test('with nothing in them leave the old answer, and say so', async () => {
    const captions = await uploaded('pump.vtt', vtt([0, 1, 'Press start.']));
    const sourceId = await brought(tones(), { captions });
    await complete(await uploaded('empty.vtt', 'WEBVTT\n\n'), { captionsFor: sourceId });
    await setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({
      status: 'approved',
      statusDetail: expect.stringContaining('hold no words'),
    });
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Press start.');
  });

  test('are for managers, and for who brought the recording until it is approved', async () => {
    const own = await setup.instrument();
    await setup.rayni.app.db.query
      .updateTable('instrument')
      .set({ trained_may_upload: true })
      .where('id', '=', own)
      .execute();
    const [maker, other] = [await setup.account(), await setup.account()];
    for (const viewer of [maker, other]) await setup.grant(viewer, own, 'trained_user');
    const { sourceId } = await complete(
      await uploaded('pump.wav', tones(), maker),
      { instrumentId: own },
      maker,
    );
    await setup.work();
    const attach = async (viewer: Viewer) =>
      complete(
        await uploaded('pump.vtt', vtt([0, 1, 'Press start.']), viewer),
        { instrumentId: own, captionsFor: sourceId },
        viewer,
      );
    await expect(attach(other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await attach(maker);
    await setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'embedded' });
    await as(admin).sources.update({ id: sourceId, status: 'approved' });
    await expect(attach(maker)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(attach(other)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await attach(admin);
    await setup.work();
  });

  test('are for recordings alone, and must be captions', async () => {
    const note = await setup.document(admin, instrumentId, 'note.md', 'Not spoken.');
    const captions = () => uploaded('a.vtt', vtt([0, 1, 'Press start.']));
    await expect(complete(await captions(), { captionsFor: note })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const text = await uploaded('note.md', 'Another note.');
    await expect(complete(text, { captions: await captions() })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const sourceId = await brought();
    await expect(
      complete(await uploaded('a.vtt', 'No captions.'), { captionsFor: sourceId }),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    await expect(complete(await captions())).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringContaining('captionsFor'),
    });
  });
});

test('files of a recording that was being read are gone at its end, and those of a process that died a day later', async () => {
  const stale = join(tmpdir(), 'rayni-recording-stale-test');
  mkdirSync(stale, { recursive: true });
  writeFileSync(join(stale, 'sound.flac'), 'x');
  const longAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(stale, longAgo, longAgo);
  setup.rayni.app.transcriber = {
    ...hears([]),
    async transcribe({ path }) {
      writeFileSync(`${path}.seen`, '');
      throw new Error('unexpected');
    },
  };
  await complete(await uploaded('pump.wav', tones()));
  await expect(setup.work()).rejects.toThrow('unexpected');
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith('rayni-recording-'));
  expect(left).not.toContain('rayni-recording-stale-test');
  for (const name of left) expect(readdirSync(join(tmpdir(), name))).not.toContain('recording.wav.seen');
});

describe.skipIf(!hasFFmpeg)('a recording with ffmpeg', () => {
  beforeEach(() => {
    setup.rayni.app.ffmpeg = ffmpeg;
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
    const { query } = setup.rayni.app.db;
    const poster = await query
      .selectFrom('companion')
      .selectAll()
      .where('kind', '=', 'poster')
      .executeTakeFirstOrThrow();
    expect(recording.posterUrl).toBe(`memory:GET:${poster.blob_key}`);
    expect((await setup.rayni.app.blobs.stat(poster.blob_key))?.size).toBe(poster.size);

    await as(admin).sources.delete({ id: sourceId });
    await setup.work();
    expect(await setup.rayni.app.blobs.stat(poster.blob_key)).toBeUndefined();
    expect(await query.selectFrom('companion').select('id').where('id', '=', poster.id).execute()).toEqual(
      [],
    );
    // A recording that failed in between, or whose row was never written, leaves nothing unclaimed either.
    expect(await query.selectFrom('unclaimed_blob').select('key').execute()).toEqual([]);
  });

  test('is cut in its pauses when it is larger than a model takes, and times are added up', async () => {
    const sizes: number[] = [];
    setup.rayni.app.transcriber = {
      model: 'test',
      maxBytes: 3_600 * 4,
      async transcribe({ path }) {
        sizes.push(readFileSync(path).length);
        return [{ start: 0.5, end: 1, text: `Part ${'ABCDEF'[sizes.length - 1]} is over.` }];
      },
    };
    // Pauses at 3–3.5 and 6.5–7 s.
    const sourceId = await brought(
      wave([{ loud: 3 }, { loud: 0, seconds: 0.5 }, { loud: 3 }, { loud: 0, seconds: 0.5 }, { loud: 2 }]),
    );
    expect(sizes).toHaveLength(3);
    for (const size of sizes) expect(size).toBeLessThan(3_600 * 4);
    const { transcript } = await shown(sourceId);
    // What is said soon after a pause begins with it.
    const starts = transcript.map(({ start }) => start);
    for (const [i, start] of [0.5, 3.4, 6.9].entries())
      expect(Math.abs(starts[i]! - start)).toBeLessThan(0.05);
  });

  test('cannot open other files or addresses, and damaged ones are refused', async () => {
    const secret = file('secret.wav', tones());
    for (const [name, bytes] of [
      ['list.mp4', `ffconcat version 1.0\nfile ${secret}\n`],
      ['list.m3u8', `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${secret}\n#EXT-X-ENDLIST\n`],
    ] as const) {
      const { probe } = await import('./ffmpeg.ts');
      const never = new AbortController().signal;
      await expect(probe(ffmpeg, file(name, bytes), never)).rejects.toThrow(/damaged/);
    }
    const { sourceId } = await complete(await uploaded('cut.wav', tones().subarray(0, 30)));
    await setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'rejected' });
  });

  test('that says it is longer than a day is refused before anything is made of its length', async () => {
    const bytes = make('long.mka', '-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'libvorbis');
    // Matroska's Duration: id 4489, eight bytes, in milliseconds.
    bytes.writeDoubleBE(9e12, bytes.indexOf(Buffer.from('448988', 'hex')) + 3);
    const { probe } = await import('./ffmpeg.ts');
    const found = probe(ffmpeg, file('forever.mka', bytes), new AbortController().signal);
    await expect(found).rejects.toThrow(/longer than a day/);
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
    setup.rayni.app.transcriber = hears([]);
    expect((await sourceOf(await brought(film)))?.statusDetail).toMatch(/no sound.*captions/);
  });

  test('ends what it runs when it is stopped', async () => {
    const { runProgram } = await import('./run-program.ts');
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
    setup.rayni.app.transcriber = hears([
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
        if (from === 'model') setup.rayni.app.transcriber = hears(cues);
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
