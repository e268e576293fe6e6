import type { SourceStatus } from '@rayni/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { updateSource } from '../sources/change.ts';
import { visibleSource } from '../sources/store.ts';
import { testApp, type TestApp } from '../testing/test-app.ts';
import type { Viewer } from '../access/policy.ts';
import { MadeWay, type Stint, unhurried } from '../jobs/stint.ts';
import { giveUp, ingest } from './ingest.ts';
import { encodePlaceMap } from './place-map-bytes.ts';
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

const query = () => setup.rayni.app.db.query;
const source = (id: string) => visibleSource(query(), admin, id);
/** A document that was read. */
const read = () => setup.document(admin, instrumentId, 'note.md', 'The lamp is warm after ten minutes.');
const setTo = (id: string, status: SourceStatus) =>
  query().updateTable('source').set({ status }).where('id', '=', id).execute();
const versions = (id: string) =>
  query()
    .selectFrom('source_version')
    .select(['id', 'current_reading_id'])
    .where('source_id', '=', id)
    .orderBy('ordinal')
    .execute();
const never = () => new AbortController().signal;
const ingested = (reader: ReadDocument, versionId: string) =>
  ingest(setup.rayni.app, reader, versionId, never());

test('a reading without a fragment is never published, whatever reader made it', async () => {
  const sourceId = await read();
  const [version] = await versions(sourceId);
  // As if it had not been read yet.
  await query().updateTable('source_version').set({ current_reading_id: null }).execute();
  await setTo(sourceId, 'uploaded');
  const empty: ReadDocument = async function* () {
    yield { kind: 'units', units: [{ ordinal: 1, text: '7', places: encodePlaceMap({ kind: 'offsets' }) }] };
  };
  await ingested(empty, version!.id);
  expect(await source(sourceId)).toMatchObject({
    status: 'rejected',
    statusDetail: 'No text was found in this file.',
  });
});

const damaged: ReadDocument = () => {
  throw new Unreadable('It is damaged.');
};
const wordless: ReadDocument = async function* () {
  yield { kind: 'facts', facts: { missing: 'Nothing is said here.' } };
};

test.each<[SourceStatus, ReadDocument, string]>([
  ['embedded', damaged, 'It is damaged.'],
  ['embedded', wordless, 'Nothing is said here.'],
  ['archived', damaged, 'It is damaged.'],
  ['archived', wordless, 'Nothing is said here.'],
])(
  'a newer version of what is %s never replaces it when it cannot be read',
  async (status, reader, reason) => {
    const id = await read();
    await setTo(id, status);
    await updateSource(setup.rayni.app, admin, { id, text: 'The lamp is warm after nine minutes.' });
    const [good, bad] = await versions(id);
    await ingested(reader, bad!.id);
    expect(await source(id)).toMatchObject({ status, statusDetail: reason });
    expect((await versions(id))[1]).toMatchObject({ current_reading_id: null });
    const { current_version_id: current } = await query()
      .selectFrom('source')
      .select('current_version_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(current).toBe(good!.id);
  },
);

test('what is to be read once more is not in progress for ever when that fails before it begins', async () => {
  const id = await read();
  // As when captions are brought for a recording that was rejected.
  await setTo(id, 'uploaded');
  await giveUp(setup.rayni.app, (await versions(id))[0]!.id);
  expect(await source(id)).toMatchObject({ status: 'rejected' });
});

test('what held nothing to answer from and was rejected is read again when a manager says so', async () => {
  const id = await read();
  await query()
    .updateTable('reading')
    .set({ facts: JSON.stringify({ missing: 'Nothing is said here.' }) })
    .where('version_id', '=', (await versions(id))[0]!.id)
    .execute();
  await setTo(id, 'rejected');
  await updateSource(setup.rayni.app, admin, { id, status: 'processing' });
  expect(await source(id)).toMatchObject({ status: 'processing' });
  await setup.work();
  expect(await source(id)).toMatchObject({ status: 'approved', statusDetail: null });
});

/** A stint that is over when it is said to be, unless it is kept. */
function shortStint() {
  const away = new AbortController();
  let kept = false;
  const stint: Stint = { ...unhurried, begin: () => away.signal, keep: () => void (kept = true) };
  return { stint, end: () => void (kept || away.abort(new MadeWay(1))) };
}

test('a document that made way is read anew as if nothing of it had been', async () => {
  const id = await read();
  const [version] = await versions(id);
  const stored = () =>
    query()
      .selectFrom('fragment')
      .innerJoin('source_version', 'current_reading_id', 'reading_id')
      .select(['fragment.ordinal', 'fragment.text', 'fragment.ranges', 'fragment.segments'])
      .where('source_version.id', '=', version!.id)
      .execute();
  const before = await stored();
  expect(before).toHaveLength(1);
  await query()
    .updateTable('source_version')
    .set({ current_reading_id: null })
    .where('id', '=', version!.id)
    .execute();
  await setTo(id, 'uploaded');
  const { stint, end } = shortStint();
  const stopped: ReadDocument = async function* (order) {
    for await (const part of readDocument(order)) {
      yield part;
      if (part.kind === 'fragments') end();
      order.signal?.throwIfAborted();
    }
  };
  await expect(ingest(setup.rayni.app, stopped, version!.id, never(), stint)).rejects.toThrow(MadeWay);
  expect(await source(id)).toMatchObject({ status: 'processing', statusDetail: null });
  expect(await stored()).toEqual([]);

  await ingest(setup.rayni.app, readDocument, version!.id, never(), shortStint().stint);
  expect(await source(id)).toMatchObject({ status: 'approved', statusDetail: null });
  expect(await stored()).toEqual(before);
});

test('a document that a model was asked about does not make way', async () => {
  const id = await read();
  const [version] = await versions(id);
  await query()
    .updateTable('source_version')
    .set({ current_reading_id: null })
    .where('id', '=', version!.id)
    .execute();
  await query().updateTable('source').set({ type: 'image' }).where('id', '=', id).execute();
  await setTo(id, 'uploaded');
  const vision = { model: 'eyes', describe: async () => ({ description: 'A lamp.', regions: [] }) };
  const { stint, end } = shortStint();
  const asking: ReadDocument = async function* (order) {
    await order.describe!(
      { bytes: new Uint8Array(), mediaType: 'image/png', width: 1, height: 1 },
      order.signal,
    );
    end();
    order.signal?.throwIfAborted();
    yield* readDocument({ ...order, type: 'note' });
  };
  await ingest({ ...setup.rayni.app, vision }, asking, version!.id, never(), stint);
  expect(await source(id)).toMatchObject({ status: 'approved' });
});
