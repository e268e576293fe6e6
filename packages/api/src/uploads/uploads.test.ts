import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { newId } from '../ids.ts';
import { giveUp } from '../ingest/ingest.ts';
import { deleteSource } from '../sources/change.ts';
import { visibleSource } from '../sources/store.ts';
import { testApp, type TestApp } from '../testing/test-app.ts';
import { completeUpload, initiateUpload } from './uploads.ts';

const maxBytes = 1_000_000;
const note = (degrees: number) => `Set the temperature to ${degrees} degrees.`;
const noFolder = '0190b3a0-0000-7000-8000-000000000001';

describe('an upload', () => {
  let setup: TestApp;
  let admin: Viewer;
  let instrumentId: string;

  beforeAll(async () => {
    setup = await testApp();
    admin = await setup.account({ isAdmin: true });
    instrumentId = await setup.instrument();
  });
  afterAll(() => setup[Symbol.asyncDispose]());

  async function initiate(bytes: string): Promise<string> {
    const input = { filename: 'note.md', contentType: 'text/markdown' };
    const { uploadId } = await initiateUpload(setup.rayni.app, admin, input, maxBytes);
    setup.put(uploadId, bytes);
    return uploadId;
  }
  const complete = (
    uploadId: string,
    input: Partial<Parameters<typeof completeUpload>[2]> = {},
    app: Pick<App, 'db' | 'blobs' | 'clock' | 'jobs' | 'log'> = setup.rayni.app,
  ) => completeUpload(app, admin, { uploadId, instrumentId, ...input }, maxBytes);
  /** The product with a store that holds on, once, before the bytes are looked at. */
  function held() {
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const { app } = setup.rayni;
    const blobs: App['blobs'] = {
      ...app.blobs,
      async open(key, range) {
        reached.resolve();
        await go.promise;
        return app.blobs.open(key, range);
      },
    };
    return { app: { ...app, blobs }, reached: reached.promise, go: go.resolve };
  }
  async function fragmentsOf(sourceId: string) {
    await setup.work();
    const source = await visibleSource(setup.rayni.app.db.query, admin, sourceId);
    const fragments = await setup.rayni.app.db.query
      .selectFrom('fragment')
      .innerJoin('source_version', 'source_version.current_reading_id', 'fragment.reading_id')
      .select('fragment.text')
      .where('source_version.source_id', '=', sourceId)
      .execute();
    return { status: source?.status, texts: fragments.map(({ text }) => text) };
  }

  test('keeps the bytes of its document when a complete beside it finds a fault', async () => {
    const uploadId = await initiate(note(37));
    const { app, reached, go } = held();
    const late = complete(uploadId, { type: 'pdf' }, app);
    await reached;
    const made = await complete(uploadId);
    go();
    expect(await late).toEqual(made);
    expect(await fragmentsOf(made.sourceId)).toEqual({ status: 'approved', texts: [note(37)] });
  });

  test('is completed although a complete beside it found a fault first', async () => {
    const uploadId = await initiate(note(38));
    const { app, reached, go } = held();
    const late = complete(uploadId, {}, app);
    await reached;
    await expect(complete(uploadId, { type: 'pdf' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    go();
    expect(await fragmentsOf((await late).sourceId)).toEqual({ status: 'approved', texts: [note(38)] });
  });

  test('that could not be completed takes the bytes that are put next', async () => {
    const uploadId = await initiate(note(39));
    await expect(complete(uploadId, { folderId: noFolder })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    setup.put(uploadId, note(40));
    const made = await complete(uploadId);
    expect(await fragmentsOf(made.sourceId)).toEqual({ status: 'approved', texts: [note(40)] });
  });

  test('that could not be completed keeps its bytes for another try', async () => {
    const uploadId = await initiate(note(41));
    await expect(complete(uploadId, { sourceId: noFolder })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const made = await complete(uploadId);
    expect(await fragmentsOf(made.sourceId)).toEqual({ status: 'approved', texts: [note(41)] });
  });

  test('of the bytes of a rejected document is another try of the same version', async () => {
    const { app } = setup.rayni;
    const made = await complete(await initiate(note(42)));
    await giveUp(app, made.versionId);
    expect(await visibleSource(app.db.query, admin, made.sourceId)).toMatchObject({ status: 'rejected' });
    const again = await complete(await initiate(note(42)), { sourceId: made.sourceId });
    expect(again).toEqual(made);
    expect(await visibleSource(app.db.query, admin, made.sourceId)).toMatchObject({
      status: 'uploaded',
      statusDetail: null,
    });
    expect(await fragmentsOf(made.sourceId)).toEqual({ status: 'approved', texts: [note(42)] });
  });

  test('never becomes a version of what somebody attached to a question', async () => {
    const { app } = setup.rayni;
    const made = await complete(await initiate(note(45)));
    const at = app.clock.now();
    const conversation = { id: newId(), viewer_key: 'user:other', instrument_id: instrumentId, title: '' };
    await app.db.query
      .insertInto('conversation')
      .values({ ...conversation, created_at: at, updated_at: at })
      .execute();
    await app.db.query
      .updateTable('source')
      .set({ conversation_id: conversation.id })
      .where('id', '=', made.sourceId)
      .execute();
    const replacing = complete(await initiate(note(46)), { sourceId: made.sourceId });
    await expect(replacing).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of other bytes than those of a rejected document is a new version of it', async () => {
    const { app } = setup.rayni;
    const made = await complete(await initiate(note(43)));
    await giveUp(app, made.versionId);
    const next = await complete(await initiate(note(44)), { sourceId: made.sourceId });
    expect(next).toMatchObject({
      sourceId: made.sourceId,
      versionId: expect.not.stringMatching(made.versionId),
    });
    await setup.work();
    expect(await visibleSource(app.db.query, admin, made.sourceId)).toMatchObject({ status: 'approved' });
  });

  test('of a version that could not be read leaves the former one; the same bytes again are another try of it', async () => {
    const { query } = setup.rayni.app.db;
    const { sourceId } = await complete(await initiate(note(45)));
    await setup.work();
    const now = () => visibleSource(query, admin, sourceId);
    const tries = new Set<string>();
    for (let time = 0; time < 2; time++) {
      tries.add((await complete(await initiate(' \n'), { sourceId })).versionId);
      // What was said of the try before is said no more.
      expect(await now()).toMatchObject({ status: 'approved', statusDetail: null });
      await setup.work();
      expect(await now()).toMatchObject({ status: 'approved', statusDetail: 'This note is empty.' });
    }
    expect(tries.size).toBe(1);
    await complete(await initiate(note(46)), { sourceId });
    expect((await fragmentsOf(sourceId)).texts).toContain(note(46));
    expect(await now()).toMatchObject({ status: 'approved', statusDetail: null });
  });

  test('completed again answers with what became of its document', async () => {
    const made = await complete(await initiate(note(47)));
    const uploadId = await initiate(note(48));
    const first = await complete(uploadId);
    expect(first.status).toBe('uploaded');
    await setup.work();
    expect(await complete(uploadId)).toEqual({ ...first, status: 'approved' });
    expect(await complete(uploadId, { sourceId: first.sourceId })).toEqual({ ...first, status: 'approved' });
    await deleteSource(setup.rayni.app, admin, first.sourceId);
    await expect(complete(uploadId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await visibleSource(setup.rayni.app.db.query, admin, made.sourceId)).toBeDefined();
  });

  test('completed again for another place is a conflict', async () => {
    const other = await complete(await initiate(note(49)));
    const uploadId = await initiate(note(50));
    const { app, reached, go } = held();
    const late = complete(uploadId, { sourceId: other.sourceId }, app);
    await reached;
    await complete(uploadId);
    go();
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' });
    for (const place of [{ instrumentId: await setup.instrument() }, { sourceId: other.sourceId }])
      await expect(complete(uploadId, place)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
