import { expect, test } from 'vitest';
import { visibleSource } from '../sources/store.ts';
import { testApp } from '../testing/test-app.ts';
import { ingest } from './ingest.ts';
import { encodePlaceMap } from './place-map-bytes.ts';
import type { ReadDocument } from './readers.ts';

test('a reading without a fragment is never published, whatever reader made it', async () => {
  await using setup = await testApp();
  const { app } = setup.rayni;
  const admin = await setup.account({ isAdmin: true });
  const instrumentId = await setup.instrument();
  const sourceId = await setup.document(
    admin,
    instrumentId,
    'note.md',
    'The lamp is warm after ten minutes.',
  );
  const { id } = await app.db.query
    .selectFrom('source_version')
    .select('id')
    .where('source_id', '=', sourceId)
    .executeTakeFirstOrThrow();
  // As if it had not been read yet.
  await app.db.query.updateTable('source_version').set({ current_reading_id: null }).execute();
  await app.db.query.updateTable('source').set({ status: 'uploaded' }).execute();
  const empty: ReadDocument = async function* () {
    yield { kind: 'units', units: [{ ordinal: 1, text: '7', places: encodePlaceMap({ kind: 'offsets' }) }] };
  };
  await ingest(app, empty, id, new AbortController().signal);
  expect(await visibleSource(app.db.query, admin, sourceId)).toMatchObject({
    status: 'rejected',
    statusDetail: 'No text was found in this file.',
  });
});
