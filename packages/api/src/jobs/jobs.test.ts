import { jobListInput, type SourceStatus } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ingest } from '../ingest/ingest.ts';
import { encodePlaceMap } from '../ingest/place-map-bytes.ts';
import type { ReadDocument } from '../ingest/readers.ts';
import { deleteSource, updateSource } from '../sources/change.ts';
import { createSource } from '../sources/create.ts';
import { refetchSource } from '../sources/refetch.ts';
import { visibleSource } from '../sources/store.ts';
import { testApp, type TestApp } from '../testing/index.ts';
import { cancelJob, listJobs, retryJob } from './jobs.ts';

const text = 'Set the temperature of the calibration to 37 °C.';

describe.each(testEngines())('jobs on %s', (engine) => {
  let test: TestApp;
  let admin: Viewer;
  let instrumentId: string;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
    instrumentId = await test.instrument();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const note = async () =>
    (await createSource(app(), admin, { type: 'note', instrumentId, title: 'Manual', text })).id;
  const list = (input: Partial<Parameters<typeof listJobs>[1]> = {}) =>
    listJobs(app(), jobListInput.parse(input));
  const newest = async () => (await list()).items[0]!;
  const stateOf = async (id: string): Promise<[SourceStatus, string | null]> => {
    const source = await visibleSource(app().db.query, admin, id);
    return [source!.status, source!.statusDetail];
  };
  const readings = (source: string) =>
    app()
      .db.query.selectFrom('reading')
      .innerJoin('source_version', 'source_version.id', 'reading.version_id')
      .select('reading.id')
      .where('source_version.source_id', '=', source)
      .execute();

  it('are listed with what they are about, newest first, by kind and state', async () => {
    const id = await note();
    expect(await newest()).toMatchObject({
      kind: 'ingest',
      state: 'waiting',
      about: { type: 'source', id, title: 'Manual' },
      tries: 0,
    });
    await test.work();
    expect(await newest()).toMatchObject({ state: 'done', tries: 1, error: null, endedAt: expect.any(Date) });
    expect((await list({ state: 'waiting' })).total).toBe(0);
    await deleteSource(app(), admin, id);
    expect((await list({ kind: 'forget' })).items).toMatchObject([{ state: 'waiting', about: { id } }]);
    await test.work();
  });

  it('that are cancelled leave their source rejected with the reason; retried they are done after all; twice is once', async () => {
    const id = await note();
    const { id: job } = await newest();
    expect(await cancelJob(app(), job)).toMatchObject({ state: 'cancelled', about: { id } });
    expect(await cancelJob(app(), job)).toMatchObject({ state: 'cancelled' });
    await test.work();
    expect(await stateOf(id)).toEqual(['rejected', 'Cancelled by an administrator.']);
    const retried = await Promise.all([retryJob(app(), job), retryJob(app(), job)]);
    expect(retried.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    expect(await stateOf(id)).toEqual(['processing', null]);
    expect((await list({ state: 'waiting' })).total).toBe(1);
    await test.work();
    expect(await stateOf(id)).toEqual(['approved', null]);
    expect(await readings(id)).toHaveLength(1);
    for (const act of [retryJob, cancelJob])
      await expect(act(app(), job)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await stateOf(id)).toEqual(['approved', null]);
  });

  it('of a newer version that are cancelled say so beside the one that answers', async () => {
    const id = await note();
    await test.work();
    await updateSource(app(), admin, { id, text: `${text} Wait.` });
    const { id: job } = await newest();
    await cancelJob(app(), job);
    expect(await stateOf(id)).toEqual(['approved', 'Cancelled by an administrator.']);
    await retryJob(app(), job);
    await test.work();
    expect(await stateOf(id)).toEqual(['approved', null]);
    expect(await readings(id)).toHaveLength(2);
  });

  it('cancelled at work leave nothing of what was read so far', async () => {
    const id = await note();
    const { id: job } = await newest();
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const slow: ReadDocument = async function* ({ signal }) {
      yield { kind: 'units', units: [{ ordinal: 1, text, places: encodePlaceMap({ kind: 'offsets' }) }] };
      begun.resolve();
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
    };
    const version = await app()
      .db.query.selectFrom('source_version')
      .select('id')
      .where('source_id', '=', id)
      .executeTakeFirstOrThrow();
    const reading = ingest(app(), slow, version.id, stop.signal);
    await begun.promise;
    expect(await readings(id)).toHaveLength(1);
    await cancelJob(app(), job);
    stop.abort('cancelled');
    await expect(reading).rejects.toThrow('stopped');
    expect(await readings(id)).toEqual([]);
    expect(await stateOf(id)).toEqual(['rejected', 'Cancelled by an administrator.']);
  });

  it('that read once more what was read before leave nothing in progress when they are cancelled', async () => {
    const { query } = app().db;
    const missing = 'Nothing is spoken here.';
    const waiting = await note();
    await test.work();
    await query
      .updateTable('reading')
      .set({ facts: JSON.stringify({ missing }) })
      .where(
        'id',
        'in',
        (await readings(waiting)).map(({ id }) => id),
      )
      .execute();
    await query.updateTable('source').set({ status: 'parsed' }).where('id', '=', waiting).execute();
    await updateSource(app(), admin, { id: waiting, status: 'processing' });
    const { id: again } = await newest();
    await cancelJob(app(), again);
    expect(await stateOf(waiting)).toEqual(['parsed', missing]);
    await retryJob(app(), again);
    await test.work();
    expect(await stateOf(waiting)).toEqual(['approved', null]);

    const url = 'https://lab.example/manual';
    const page = { url, mediaType: 'text/plain', charset: undefined, bytes: Buffer.from(text) };
    const { id } = await createSource(app(), admin, { type: 'url', instrumentId, url }, page);
    await test.work();
    await query.updateTable('source').set({ status: 'embedded' }).where('id', '=', id).execute();
    await updateSource(app(), admin, { id, status: 'rejected', detail: 'Not ours.' });
    await refetchSource(app(), admin, id);
    await cancelJob(app(), (await newest()).id);
    expect(await stateOf(id)).toEqual(['rejected', 'Cancelled by an administrator.']);
  });

  it('that must be done cannot be cancelled, and what is not there cannot be found', async () => {
    const id = await note();
    await test.work();
    await deleteSource(app(), admin, id);
    const { id: forget } = (await list({ kind: 'forget', state: 'waiting' })).items[0]!;
    await expect(cancelJob(app(), forget)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await list({ kind: 'forget', state: 'waiting' })).total).toBe(1);
    await test.work();
    for (const act of [retryJob, cancelJob])
      await expect(act(app(), crypto.randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of a document that was deleted are not tried again', async () => {
    const id = await note();
    const { id: job } = await newest();
    await cancelJob(app(), job);
    await deleteSource(app(), admin, id);
    await expect(retryJob(app(), job)).rejects.toMatchObject({ code: 'CONFLICT' });
    await test.work();
  });
});
