import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { deleteSource, updateSource } from '../sources/change.ts';
import { visibleSource } from '../sources/store.ts';
import { testApp, type TestApp } from '../testing/test-app.ts';
import { cancelReading } from './cancel.ts';
import { ingest } from './ingest.ts';
import { type ReadDocument, readDocument } from './readers.ts';
import { Unreadable } from './reading.ts';

let setup: TestApp;
let admin: Viewer;
let instrumentId: string;
beforeAll(async () => {
  setup = await testApp();
  admin = await setup.account({ isAdmin: true });
  instrumentId = await setup.instrument();
});
afterAll(() => setup[Symbol.asyncDispose]());

const app = () => setup.rayni.app;
const stateOf = async (id: string) => {
  const { status, statusDetail } = (await visibleSource(app().db.query, admin, id))!;
  return { status, statusDetail };
};
const versionsOf = (id: string) =>
  app()
    .db.query.selectFrom('source_version')
    .select(['id', 'current_reading_id'])
    .where('source_id', '=', id)
    .orderBy('ordinal')
    .execute();
/** A note whose version waits to be read. */
async function waiting(text = 'The lamp is warm after ten minutes.') {
  const id = await setup.document(admin, instrumentId, 'note.md', text);
  await updateSource(app(), admin, { id, status: 'archived' });
  // As if it had just been brought.
  const { query } = app().db;
  await query
    .updateTable('source_version')
    .set({ current_reading_id: null })
    .where('source_id', '=', id)
    .execute();
  await query
    .updateTable('source')
    .set({ status: 'uploaded', current_version_id: null, auto_approve: true })
    .where('id', '=', id)
    .execute();
  return { id, versionId: (await versionsOf(id))[0]!.id };
}
const never = () => new AbortController().signal;
const run = (reader: ReadDocument, versionId: string) => ingest(app(), reader, versionId, never());

/** A reader that stops in the middle until it is told how to go on. */
function slow(after: () => void = () => {}) {
  const began = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const reader: ReadDocument = async function* (order) {
    for await (const part of readDocument(order)) {
      yield part;
      if (part.kind !== 'units') continue;
      began.resolve();
      await goOn.promise;
      after();
    }
  };
  return { reader, began: began.promise, goOn: () => goOn.resolve() };
}

const damaged = () => {
  throw new Unreadable('It is damaged.');
};

test.each([
  ['goes on', undefined],
  ['cannot read it', damaged],
])(
  'of two jobs that read one version the later goes on alone, also when the former then %s',
  async (_, after) => {
    const { id, versionId } = await waiting();
    const { reader, began, goOn } = slow(after);
    const former = run(reader, versionId);
    await began;
    const second = slow();
    const later = run(second.reader, versionId);
    await second.began;
    goOn();
    await former;
    second.goOn();
    await later;
    expect(await stateOf(id)).toEqual({ status: 'approved', statusDetail: null });
    const readings = await app()
      .db.query.selectFrom('reading')
      .select('published_at')
      .where('version_id', '=', versionId)
      .where('published_at', 'is', null)
      .execute();
    expect(readings).toEqual([]);
  },
);

test.each(['before its turn comes', 'while it is read'])(
  'what a manager rejected %s does not answer in the place of a next version that cannot be read',
  async (when) => {
    const { id, versionId } = await waiting();
    const { reader, began, goOn } = slow();
    const former = when === 'while it is read' ? run(reader, versionId) : undefined;
    if (former) await began;
    await updateSource(app(), admin, { id, status: 'rejected', detail: 'Not ours.' });
    await updateSource(app(), admin, { id, text: 'The lamp is warm after nine minutes.' });
    const next = slow(damaged);
    const later = run(next.reader, (await versionsOf(id))[1]!.id);
    await next.began;
    goOn();
    await (former ?? run(reader, versionId));
    next.goOn();
    await later;
    expect(await stateOf(id)).toEqual({ status: 'rejected', statusDetail: 'It is damaged.' });
  },
);

test('a version that was rejected before it was read is read once a manager says so', async () => {
  const { id } = await waiting();
  await updateSource(app(), admin, { id, status: 'rejected', detail: 'Not ours.' });
  await updateSource(app(), admin, { id, status: 'processing' });
  await setup.work();
  expect(await stateOf(id)).toEqual({ status: 'approved', statusDetail: null });
});

test('why a manager rejected a document stays said when it cannot be read, or its reading is cancelled', async () => {
  const { id, versionId } = await waiting();
  const { reader, began, goOn } = slow(damaged);
  const reading = run(reader, versionId);
  await began;
  await updateSource(app(), admin, { id, status: 'rejected', detail: 'Not ours.' });
  goOn();
  await reading;
  expect(await stateOf(id)).toEqual({ status: 'rejected', statusDetail: 'Not ours.' });
  await app().db.transaction((trx) => cancelReading(trx, versionId, new Date()));
  expect(await stateOf(id)).toEqual({ status: 'rejected', statusDetail: 'Not ours.' });
});

test('a version that waits for approval goes on waiting when the reading of the next one is cancelled', async () => {
  const { id } = await waiting();
  await app().db.query.updateTable('source').set({ auto_approve: false }).where('id', '=', id).execute();
  await run(readDocument, (await versionsOf(id))[0]!.id);
  await updateSource(app(), admin, { id, text: 'The lamp is warm after nine minutes.' });
  const next = (await versionsOf(id))[1]!;
  await app().db.transaction((trx) => cancelReading(trx, next.id, new Date()));
  expect(await stateOf(id)).toEqual({ status: 'embedded', statusDetail: 'Cancelled by an administrator.' });
});

test('a document that is deleted while it is read leaves no vectors', async () => {
  const { id, versionId } = await waiting('Nothing else says this.');
  const vectors = () => app().db.query.selectFrom('embedding').select('embed_hash').execute();
  app().embedder = { model: 'test', embed: async (texts) => texts.map(() => Float32Array.of(1)) };
  const { reader, began, goOn } = slow();
  const reading = run(reader, versionId);
  await began;
  await deleteSource(app(), admin, id);
  await setup.work();
  goOn();
  await reading;
  app().embedder = undefined;
  expect(await vectors()).toEqual([]);
  const { query } = app().db;
  expect(await query.selectFrom('reading').select('id').where('published_at', 'is', null).execute()).toEqual(
    [],
  );
});
