import type { Recording } from '@rayni/contract';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import type { Cue, Transcriber } from '../app.ts';
import { createCaller } from '../router.ts';
import { visibleSource } from '../sources/store.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';
import { wave } from './spoken-wave.ts';
import { testApp, type TestApp } from './test-app.ts';

const maxBytes = 10_000_000;

/** The product for the tests of a file, with an administrator who brings recordings; each test begins without ffmpeg and without a model that listens. */
export function recordingScene() {
  let setup: TestApp;
  let admin: Extract<Viewer, { kind: 'member' }>;
  let instrumentId: string;
  beforeAll(async () => {
    setup = await testApp();
    admin = await setup.account({ isAdmin: true });
    instrumentId = await setup.instrument();
  });
  afterAll(() => setup[Symbol.asyncDispose]());
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
  async function brought(bytes: Uint8Array = tones(), more: object = {}): Promise<string> {
    const { sourceId } = await complete(await uploaded('pump.wav', bytes), more);
    await setup.work();
    return sourceId;
  }
  return {
    get setup() {
      return setup;
    },
    get admin() {
      return admin;
    },
    get instrumentId() {
      return instrumentId;
    },
    as,
    uploaded,
    complete,
    sourceOf: (id: string) => visibleSource(setup.rayni.app.db.query, admin, id),
    /** A recording as it is brought and read. */
    brought,
    shown: (sourceId: string): Promise<Recording> => as(admin).viewer.recording({ sourceId }),
  };
}

let made = 0;
/** A recording with its own bytes each time. */
export const tones = () => wave([{ loud: 0.6 }, { loud: 0, seconds: 0.5 + made++ / 1000 }, { loud: 0.6 }]);

export const vtt = (...cues: [start: number, end: number, text: string][]) =>
  `WEBVTT\n\n${cues.map(([start, end, text]) => `00:${start.toFixed(3).padStart(6, '0')} --> 00:${end.toFixed(3).padStart(6, '0')}\n${text}\n`).join('\n')}`;

/** A model that hears the same in everything. */
export const hears = (cues: Cue[]): Transcriber => ({
  model: 'test',
  maxBytes: 24_000_000,
  transcribe: async () => structuredClone(cues),
});
