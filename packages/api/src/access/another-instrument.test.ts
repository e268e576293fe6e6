import type { ErrorCode } from '@rayni/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Caller } from '../router.ts';
import { callAs, footprint, type TestApp, testApp } from '../testing/index.ts';
import { errorOf } from '../trpc.ts';
import type { Viewer } from './policy.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';

/** What there is on one of the two instruments, both with the same manager. */
type Side = {
  instrumentId: string;
  grantId: string;
  requestId: string;
  sourceId: string;
  folderId: string;
  /** Begun for this instrument, its bytes put. */
  uploadId: string;
  attachmentId: string;
};

let test: TestApp;
let manager: Viewer;
let [here, there]: Side[] = [];

beforeAll(async () => {
  test = await testApp();
  manager = await test.account();
  here = await side();
  there = await side();
});
afterAll(() => test[Symbol.asyncDispose]());

async function side(): Promise<Side> {
  const instrumentId = await test.instrument();
  await test.grant(manager, instrumentId, 'instrument_manager');
  const api = as(manager);
  const { email } = await test.account();
  const { id: grantId } = await api.access.grant({ instrumentId, email });
  const { id: requestId } = await as(await test.account()).access.request({ instrumentId });
  const sourceId = await test.document(manager, instrumentId, 'note.md', note);
  const { id: folderId } = await api.folders.create({ instrumentId, name: 'Manuals' });
  const { uploadId } = await api.uploads.initiate({ instrumentId, filename: 'other.md' });
  const { uploadId: attachmentId } = await api.chat.initiateAttachment({ instrumentId, filename: 'own.md' });
  test.put(uploadId, `${note}More.\n`);
  test.put(attachmentId, note);
  return { instrumentId, grantId, requestId, sourceId, folderId, uploadId, attachmentId };
}

/** An upload for no instrument yet, its bytes put. */
async function upload(): Promise<string> {
  const { uploadId } = await as(manager).uploads.initiate({ filename: 'own.md' });
  test.put(uploadId, `${note}Of its own.\n`);
  return uploadId;
}

const as = (viewer: Viewer): Caller => callAs(test.rayni, viewer);

type Sides = { instrumentId: string; here: Side; there: Side; uploadId: string };

it.each<[string, ErrorCode, (api: Caller, sides: Sides) => Promise<unknown>]>([
  [
    'a grant',
    'NOT_FOUND',
    (api, { instrumentId, there: { grantId } }) =>
      api.access.changeGrant({ instrumentId, grantId, status: 'revoked' }),
  ],
  [
    'a wish, approved',
    'NOT_FOUND',
    (api, { instrumentId, there: { requestId } }) => api.access.approve({ instrumentId, requestId }),
  ],
  [
    'a wish, denied',
    'NOT_FOUND',
    (api, { instrumentId, there: { requestId } }) => api.access.deny({ instrumentId, requestId }),
  ],
  [
    'a source that gets a version',
    'NOT_FOUND',
    (api, { instrumentId, uploadId, there: { sourceId } }) =>
      api.uploads.complete({ instrumentId, uploadId, sourceId }),
  ],
  [
    'a folder for an upload',
    'BAD_REQUEST',
    (api, { instrumentId, uploadId, there: { folderId } }) =>
      api.uploads.complete({ instrumentId, uploadId, folderId }),
  ],
  [
    'an upload',
    'BAD_REQUEST',
    (api, { instrumentId, there: { uploadId } }) => api.uploads.complete({ instrumentId, uploadId }),
  ],
  [
    'a file to ask with',
    'BAD_REQUEST',
    (api, { instrumentId, there: { attachmentId } }) =>
      api.chat.attach({ instrumentId, question: 'Which temperature is set?', uploadIds: [attachmentId] }),
  ],
  [
    'a folder for a new source',
    'BAD_REQUEST',
    (api, { instrumentId, there: { folderId } }) =>
      api.sources.create({ instrumentId, type: 'note', title: 'Made', text: 'Made.', folderId }),
  ],
  [
    'a folder for a source',
    'BAD_REQUEST',
    (api, { here: { sourceId }, there: { folderId } }) => api.sources.update({ id: sourceId, folderId }),
  ],
  [
    'a folder for a new folder',
    'BAD_REQUEST',
    (api, { instrumentId, there: { folderId } }) =>
      api.folders.create({ instrumentId, name: 'Made', parentId: folderId }),
  ],
  [
    'a folder for a folder',
    'BAD_REQUEST',
    (api, { here: { folderId }, there }) => api.folders.update({ id: folderId, parentId: there.folderId }),
  ],
])('%s of another instrument is %s, though the caller manages both', async (_what, code, call) => {
  if (!here || !there) throw new Error('the scene is not set');
  const sides = { instrumentId: here.instrumentId, here, there, uploadId: await upload() };
  const before = await footprint(test.rayni.app);
  const thrown: unknown = await call(as(manager), sides).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown && errorOf(thrown, 'test').info.code).toBe(code);
  expect(await footprint(test.rayni.app)).toEqual(before);
});
