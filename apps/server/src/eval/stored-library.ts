import { type Db, migrate, newId, toDb } from '@rayni/api';
import type { FragmentDraft } from '@rayni/api/eval';
import { openDatabase } from '@rayni/database';
import { sql } from 'kysely';

/** A document as retrieval needs it; `segment` holds its prepared postings. */
export type StoredDocument = {
  readingId: string;
  title: string;
  fragments: FragmentDraft[];
  segment: Uint8Array;
};

/** The product's own tables in a database to be thrown away: the empty one at `url`, embedded and in memory without it. */
export async function throwAwayDatabase(url?: string): Promise<AsyncDisposable & { db: Db }> {
  const database = await openDatabase(url === undefined ? {} : { url });
  const db = toDb(database);
  try {
    await migrate(db.query);
  } catch (error) {
    await database.close();
    throw error;
  }
  return { db, [Symbol.asyncDispose]: () => database.close() };
}

/** So many rows go in one statement: ten times faster than the product's small ones, which let other questions through. */
const rowsPerStatement = 2000;

/** Stores the documents as the approved sources of a new public instrument, whose id it returns. Pages are left out: retrieval reads none. */
export async function storeLibrary(
  db: Db,
  name: string,
  documents: readonly StoredDocument[],
): Promise<string> {
  const instrumentId = newId();
  const now = new Date();
  const made = { created_at: now, updated_at: now };
  const rows = documents.map(({ readingId, ...document }) => {
    const [sourceId, versionId] = [newId(), newId()];
    const fragments = document.fragments.map((draft) => ({
      ...draft,
      id: newId(),
      reading_id: readingId,
      embed_hash: '',
    }));
    return { ...document, readingId, sourceId, versionId, fragments };
  });
  await db.transaction(async (trx) => {
    await trx
      .insertInto('instrument')
      .values({
        id: instrumentId,
        name,
        vendor: '',
        models: [],
        visibility: 'public',
        description: '',
        ...made,
      })
      .execute();
    for (const some of chunks(rows)) {
      await trx
        .insertInto('source')
        .values(
          some.map(({ sourceId, versionId, title }) => ({
            id: sourceId,
            instrument_id: instrumentId,
            folder_id: null,
            conversation_id: null,
            type: 'note' as const,
            title,
            category: null,
            description: '',
            version: '',
            model_tags: [],
            storage_uri: '',
            status: 'approved' as const,
            status_detail: null,
            auto_approve: true,
            current_version_id: versionId,
            created_by: null,
            ...made,
          })),
        )
        .execute();
      await trx
        .insertInto('source_version')
        .values(
          some.map(({ sourceId, versionId, readingId }) => ({
            id: versionId,
            source_id: sourceId,
            ordinal: 1,
            blob_key: versionId,
            filename: '',
            media_type: 'text/plain',
            size: 0,
            sha256: '',
            current_reading_id: readingId,
            created_by: null,
            created_at: now,
          })),
        )
        .execute();
      await trx
        .insertInto('reading')
        .values(
          some.map(({ versionId, readingId, segment }) => ({
            id: readingId,
            version_id: versionId,
            reader: 'note',
            reader_version: 1,
            segment,
            published_at: now,
            created_at: now,
          })),
        )
        .execute();
    }
    for (const some of chunks(rows.flatMap(({ fragments }) => fragments)))
      await sql`insert into fragment select * from json_populate_recordset(null::fragment, ${JSON.stringify(some)})`.execute(
        trx,
      );
  });
  return instrumentId;
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let i = 0; i < rows.length; i += rowsPerStatement) yield rows.slice(i, i + rowsPerStatement);
}
