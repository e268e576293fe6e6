import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { countUp, setStatus } from '../sources/status-change.ts';
import type { ReadingFacts } from './reading.ts';

type Query = Kysely<Tables>;

/** Whether a manager rejected a version and another has come after it. */
const passedOver = sql<boolean>`source_version.rejected_at is not null and exists (
  select from source_version newer
  where newer.source_id = source_version.source_id and newer.ordinal > source_version.ordinal
)`.as('passed_over');

/** A version with what its ingestion needs to know of its source. */
export function versionToRead(query: Query, versionId: string) {
  return query
    .selectFrom('source_version')
    .innerJoin('source', 'source.id', 'source_version.source_id')
    .leftJoin('reading', 'reading.id', 'source_version.current_reading_id')
    .select([
      'source_version.id',
      'source_version.source_id',
      'source_version.blob_key',
      'source_version.filename',
    ])
    .select(['source_version.media_type', 'source_version.size', 'source_version.ordinal'])
    .select(['source_version.label', 'source_version.origin_url'])
    .select(['source.type', 'source.title', 'source.status', 'source.auto_approve', 'source.instrument_id'])
    .select(['reading.reader', 'reading.reader_version', 'reading.made_of', 'reading.facts'])
    .select(passedOver)
    .where('source_version.id', '=', versionId)
    .where('source.deleted_at', 'is', null)
    .executeTakeFirst();
}

export async function setProgress(query: Query, sourceId: string, done: number, total: number) {
  await query
    .updateTable('source')
    .set({ progress_done: done, progress_total: total })
    .where('id', '=', sourceId)
    .execute();
}

/** Removes what an interrupted attempt left: readings of this version that were never published. */
export async function dropUnpublished(query: Query, versionId: string) {
  await query
    .deleteFrom('reading')
    .where('version_id', '=', versionId)
    .where('published_at', 'is', null)
    .execute();
}

/** Removes a reading that is not to be published; false when a later attempt has done so, and reads the version itself. */
export async function dropReading(query: Query, readingId: string): Promise<boolean> {
  const gone = await query.deleteFrom('reading').where('id', '=', readingId).executeTakeFirst();
  return gone.numDeletedRows > 0n;
}

export async function readingIsThere(query: Query, readingId: string): Promise<boolean> {
  const row = await query.selectFrom('reading').select('id').where('id', '=', readingId).executeTakeFirst();
  return row !== undefined;
}

/** What the last attempt left, if it was not published. */
export function unpublished(query: Query, versionId: string) {
  return query
    .selectFrom('reading')
    .select(['id', 'facts'])
    .where('version_id', '=', versionId)
    .where('published_at', 'is', null)
    .executeTakeFirst();
}

export async function insertReading(
  query: Query,
  reading: {
    id: string;
    versionId: string;
    reader: string;
    readerVersion: number;
    madeOf: string;
    now: Date;
  },
) {
  await query
    .insertInto('reading')
    .values({
      id: reading.id,
      version_id: reading.versionId,
      reader: reading.reader,
      reader_version: reading.readerVersion,
      made_of: reading.madeOf,
      segment: null,
      created_at: reading.now,
    })
    .execute();
}

export async function setSegment(query: Query, readingId: string, segment: Uint8Array) {
  await query.updateTable('reading').set({ segment }).where('id', '=', readingId).execute();
}

/** Adds to what is known beside the text. */
export async function setFacts(query: Query, readingId: string, facts: ReadingFacts) {
  await query
    .updateTable('reading')
    .set({ facts: sql`facts || ${JSON.stringify(facts)}::jsonb` })
    .where('id', '=', readingId)
    .execute();
}

export async function insertUnits(query: Query, units: Tables['unit'][]) {
  if (units.length > 0) await query.insertInto('unit').values(units).execute();
}

export type FragmentRow = {
  id: string;
  reading_id: string;
  ordinal: number;
  heading: string;
  kind: Tables['fragment']['kind'];
  text: string;
  ranges: string;
  segments: string;
  embed_hash: string;
};

export async function insertFragments(query: Query, fragments: FragmentRow[]) {
  if (fragments.length > 0) await query.insertInto('fragment').values(fragments).execute();
}

/** Which of these texts have no vector of this model yet. */
export async function notEmbedded(query: Query, model: string, hashes: string[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await query
    .selectFrom('embedding')
    .select('embed_hash')
    .where('model', '=', model)
    .where('embed_hash', 'in', hashes)
    .execute();
  const known = new Set(rows.map((row) => row.embed_hash));
  return new Set(hashes.filter((hash) => !known.has(hash)));
}

/** Fragments of current readings without a vector of this model, in order of id, after one of them. */
export function withoutVector(query: Query, model: string, limit: number, after?: string) {
  const fragments = query
    .selectFrom('fragment')
    .innerJoin('source_version', 'source_version.current_reading_id', 'fragment.reading_id')
    .innerJoin('source', 'source.current_version_id', 'source_version.id')
    .leftJoin('embedding', (join) =>
      join.onRef('embedding.embed_hash', '=', 'fragment.embed_hash').on('embedding.model', '=', model),
    )
    .select(['fragment.id', 'fragment.heading', 'fragment.text', 'fragment.embed_hash'])
    .select(['source.title', 'source.instrument_id'])
    .where('embedding.embed_hash', 'is', null)
    .where('source.deleted_at', 'is', null)
    .orderBy('fragment.id')
    .limit(limit);
  return (after === undefined ? fragments : fragments.where('fragment.id', '>', after)).execute();
}

export async function insertEmbeddings(query: Query, rows: Tables['embedding'][]) {
  if (rows.length === 0) return;
  await query
    .insertInto('embedding')
    .values(rows)
    .onConflict((oc) => oc.doNothing())
    .execute();
}

/**
 * Publishes a reading: version and source flip to it in one transaction, so that a reader of the source never sees half a document. An
 * older version that was read late never replaces a newer one. With `waitsFor` there is nothing to answer from yet, and that is why. False, and
 * nothing is done, when meanwhile the source was deleted, the version rejected and followed by another, or its reading begun anew.
 */
export async function publish(
  trx: Query,
  version: {
    id: string;
    source_id: string;
    instrument_id: string;
    ordinal: number;
    label: string;
    auto_approve: boolean;
  },
  readingId: string,
  now: Date,
  waitsFor?: string,
): Promise<boolean> {
  // Locked first: whoever deletes it now comes before or after, never in between.
  const alive = await trx
    .selectFrom('source')
    .select(['id', 'conversation_id', 'status'])
    .where('id', '=', version.source_id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!alive) return false;
  const { passed_over: isPassedOver } = await trx
    .selectFrom('source_version')
    .select(passedOver)
    .where('id', '=', version.id)
    .executeTakeFirstOrThrow();
  if (isPassedOver) return false;
  const published = await trx
    .updateTable('reading')
    .set({ published_at: now })
    .where('id', '=', readingId)
    .executeTakeFirst();
  if (published.numUpdatedRows === 0n) return false;
  await trx
    .updateTable('source_version')
    .set({ current_reading_id: readingId })
    .where('id', '=', version.id)
    .execute();
  await trx
    .updateTable('source')
    .set((eb) => ({
      current_version_id: version.id,
      // The first version gave the source its label when it was made; reading it again must not undo what was edited since.
      version: eb
        .case()
        .when(eb.and([eb('current_version_id', '<>', version.id), eb.val(version.label !== '')]))
        .then(version.label)
        .else(eb.ref('version'))
        .end(),
      // Why a manager rejected it while it was being read stays said.
      status_detail: eb.case().when('status', '=', 'rejected').then(eb.ref('status_detail')).else(null).end(),
      updated_at: now,
    }))
    .where('id', '=', version.source_id)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('source_version as newer')
            .select('newer.id')
            .whereRef('newer.source_id', '=', 'source.id')
            .where('newer.current_reading_id', 'is not', null)
            .where('newer.ordinal', '>', version.ordinal),
        ),
      ),
    )
    .execute();
  // Only what waited for this reading: an archived source is not brought back by a new version, nor a rejected one.
  if (waitsFor !== undefined) {
    await setStatus(trx, version.source_id, 'parsed', { detail: waitsFor, now });
    return true;
  }
  const read = (await setStatus(trx, version.source_id, 'embedded', { now })) || alive.status === 'embedded';
  if (read && version.auto_approve) await setStatus(trx, version.source_id, 'approved', { now });
  // What is attached to a conversation is in no library.
  if (alive.conversation_id === null) await countUp(trx, version.instrument_id);
  return true;
}

/** Empties the reading of its postings and of what was found out beside the text. The row stays: citations point to it, and one may be on its way. */
export async function dropSegment(query: Query, readingId: string) {
  await query
    .updateTable('reading')
    .set({ segment: null, facts: '{}' })
    .where('id', '=', readingId)
    .execute();
}

/** The embedding models there are vectors of; by the index, however many vectors there are. */
export async function embeddingModels(query: Query): Promise<string[]> {
  const { rows } = await sql<{ model: string }>`
    with recursive models as (
      select min(model) as model from embedding
      union all
      select (select min(model) from embedding where model > models.model) from models where models.model is not null
    )
    select model from models where model is not null`.execute(query);
  return rows.map((row) => row.model);
}

/**
 * Removes some fragments of a reading, in order, and first the vectors that no other fragment names; how many there were. In this order
 * a crash in between leaves fragments that name what is still to be removed.
 */
export async function dropFragments(
  query: Query,
  readingId: string,
  { models, limit }: { models: string[]; limit: number },
): Promise<number> {
  const some = await query
    .selectFrom('fragment')
    .select(['id', 'embed_hash'])
    .where('reading_id', '=', readingId)
    .orderBy('ordinal')
    .limit(limit)
    .execute();
  if (some.length === 0) return 0;
  const ids = some.map((row) => row.id);
  const hashes = [...new Set(some.map((row) => row.embed_hash))];
  // One look at the index for each. Joins as one would write them walk every fragment where the planner has no statistics, as in the
  // embedded database: 150 ms at 40,000.
  const { rows: used } = await sql<{ hash: string }>`
    select wanted.hash from unnest(${hashes}::text[]) as wanted(hash)
    cross join lateral (
      select 1 from fragment where embed_hash = wanted.hash and id <> all (${ids}::uuid[]) limit 1
    ) other`.execute(query);
  const needed = new Set(used.map((row) => row.hash));
  const free = hashes.filter((hash) => !needed.has(hash));
  for (const model of free.length > 0 ? models : [])
    await query.deleteFrom('embedding').where('model', '=', model).where('embed_hash', 'in', free).execute();
  await query.deleteFrom('fragment').where('id', 'in', ids).execute();
  return some.length;
}

/** Removes some units of a reading with their place maps; how many there were. */
export async function dropUnits(query: Query, readingId: string, limit: number): Promise<number> {
  const some = query
    .selectFrom('unit')
    .select('ordinal')
    .where('reading_id', '=', readingId)
    .orderBy('ordinal')
    .limit(limit);
  const gone = await query
    .deleteFrom('unit')
    .where('reading_id', '=', readingId)
    .where('ordinal', 'in', some)
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
}
