import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { visibleSource } from '../sources/store.ts';
import { wave } from '../testing/spoken-wave.ts';
import { testApp, type TestApp } from '../testing/test-app.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';

// Programs of the names that are called, so that a track larger than is read needs no such file.
const streams = ['audio', 'subtitle'].map((codec_type) => ({ codec_type, codec_name: 'subrip' }));
const ffprobe = `console.log(JSON.stringify(${JSON.stringify({ streams, format: { duration: 2 } })}));`;
const ffmpeg = `
const { writeFileSync } = require('node:fs');
const to = process.argv.at(-1);
if (process.argv.includes('webvtt')) {
  process.stdout.write('WEBVTT\\n\\n');
  const cue = '00:00.000 --> 00:01.000\\nPress start.\\n\\n'.repeat(10_000);
  const more = () => { while (process.stdout.write(cue)); process.stdout.once('drain', more); };
  more();
} else if (to !== '-') {
  console.error('RMS level dB: -20.0\\nNoise floor dB: -60.0');
  writeFileSync(to, 'sound');
}`;

let setup: TestApp;
let admin: Viewer;
let instrumentId: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rayni-large-captions-'));
  const program = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!${process.execPath}\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  setup = await testApp();
  setup.rayni.app.ffmpeg = { ffmpeg: program('ffmpeg', ffmpeg), ffprobe: program('ffprobe', ffprobe) };
  admin = await setup.account({ isAdmin: true });
  instrumentId = await setup.instrument();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await setup[Symbol.asyncDispose]();
});
beforeEach(() => delete setup.rayni.app.transcriber);

let brought = 0;
const sound = () => wave([{ loud: 0.6 }, { loud: 0, seconds: 0.5 + brought++ / 1000 }]);
async function read() {
  const sourceId = await setup.document(admin, instrumentId, 'pump.wav', sound());
  return visibleSource(setup.rayni.app.db.query, admin, sourceId);
}

test('a recording whose subtitle track is too large is kept, and says so', async () => {
  expect(await read()).toMatchObject({
    status: 'parsed',
    statusDetail: expect.stringMatching(
      /^The subtitle track in this recording was left out: .*Upload captions/,
    ),
  });
});

test('it is read by what a model hears', async () => {
  setup.rayni.app.transcriber = {
    model: 'test',
    maxBytes: 24_000_000,
    transcribe: async () => [{ start: 0, end: 0.6, text: 'Turn the key.' }],
  };
  expect(await read()).toMatchObject({ status: 'approved', statusDetail: null });
});

test('captions beside it that are too large are refused by that name, and the recording can be brought without them', async () => {
  const { app } = setup.rayni;
  const maxBytes = 5 * 2 ** 20;
  const uploaded = async (filename: string, bytes: Uint8Array) => {
    const input = { filename, contentType: 'application/octet-stream' };
    const { uploadId } = await initiateUpload(app, admin, input, maxBytes);
    setup.put(uploadId, bytes);
    return uploadId;
  };
  const uploadId = await uploaded('pump.wav', sound());
  const complete = (captions?: string) =>
    completeUpload(app, admin, { uploadId, instrumentId, ...(captions && { captions }) }, maxBytes);
  await expect(complete(await uploaded('pump.vtt', new Uint8Array(maxBytes + 1)))).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    message: 'The captions are larger than 5 MB.',
  });
  expect(await complete()).toMatchObject({ status: 'uploaded' });
});
