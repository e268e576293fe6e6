import { type Insertable, type Kysely, sql } from 'kysely';
import { keysOf, type Viewer } from '../access/policy.ts';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

export async function insertUpload(
  query: Query,
  upload: Omit<Insertable<Tables['upload']>, 'completed_at' | 'source_id' | 'version_id'>,
) {
  await query
    .insertInto('upload')
    .values({ ...upload, source_id: null, version_id: null })
    .execute();
}

/** The caller's own upload; locked when asked inside a transaction that completes it. */
export function ownUpload(query: Query, viewer: Viewer, uploadId: string, lock = false) {
  const own = query
    .selectFrom('upload')
    .selectAll()
    .where('id', '=', uploadId)
    .where('viewer_key', 'in', keysOf(viewer));
  return (lock ? own.forUpdate() : own).executeTakeFirst();
}

export async function markCompleted(
  query: Query,
  uploadId: string,
  made: { sourceId: string; versionId: string; now: Date },
) {
  await query
    .updateTable('upload')
    .set({ completed_at: made.now, source_id: made.sourceId, version_id: made.versionId })
    .where('id', '=', uploadId)
    .execute();
}

/** A source of this instrument's library that may get another version or captions, with its newest version; locked. */
export async function sourceForVersion(query: Query, instrumentId: string, sourceId: string) {
  const source = await query
    .selectFrom('source')
    .select(['id', 'type', 'status', 'status_detail', 'created_by'])
    .where('id', '=', sourceId)
    .where('instrument_id', '=', instrumentId)
    .where('conversation_id', 'is', null)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!source) return undefined;
  const newest = await query
    .selectFrom('source_version')
    .select(['id', 'ordinal', 'sha256', 'blob_key', 'current_reading_id'])
    .where('source_id', '=', sourceId)
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { ...source, newest };
}

/** Where a source belongs and how far it is; undefined when it was deleted. */
export function placeOf(query: Query, sourceId: string) {
  return query
    .selectFrom('source')
    .select(['instrument_id', 'conversation_id', 'status'])
    .where('id', '=', sourceId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** Puts the same bytes in the place of a version's, under the name they came with this time. */
export async function replaceBytes(
  query: Query,
  versionId: string,
  bytes: Pick<Tables['source_version'], 'blob_key' | 'filename' | 'media_type'>,
) {
  await query.updateTable('source_version').set(bytes).where('id', '=', versionId).execute();
}

/** Writes down a key whose bytes no row holds. */
export async function insertUnclaimed(query: Query, row: Insertable<Tables['unclaimed_blob']>) {
  await query.insertInto('unclaimed_blob').values(row).execute();
}

/** Strikes the key out; false when it is doomed or gone. */
export async function strikeUnclaimed(query: Query, key: string): Promise<boolean> {
  const struck = await query
    .deleteFrom('unclaimed_blob')
    .where('key', '=', key)
    .where('doomed', '=', false)
    .executeTakeFirst();
  return struck.numDeletedRows > 0n;
}

/** From now on nobody can claim the key; false when somebody has. */
export async function doomUnclaimed(query: Query, key: string): Promise<boolean> {
  const doomed = await query
    .updateTable('unclaimed_blob')
    .set({ doomed: true })
    .where('key', '=', key)
    .executeTakeFirst();
  return doomed.numUpdatedRows > 0n;
}

export async function deleteUnclaimed(query: Query, key: string) {
  await query.deleteFrom('unclaimed_blob').where('key', '=', key).execute();
}

/** Keys that were not claimed since `before`, and those that can no longer be; without these. */
export async function oldUnclaimed(
  query: Query,
  before: Date,
  without: string[],
  limit: number,
): Promise<string[]> {
  const rows = await query
    .selectFrom('unclaimed_blob')
    .select('key')
    .where((eb) => eb.or([eb('doomed', '=', true), eb('created_at', '<', before)]))
    .where(sql<boolean>`key <> all (${without}::text[])`)
    .orderBy('created_at')
    .limit(limit)
    .execute();
  return rows.map(({ key }) => key);
}

/** Uploads whose address expired before that, completed or not; without these. */
export async function oldUploads(
  query: Query,
  expiredBefore: Date,
  without: string[],
  limit: number,
): Promise<string[]> {
  const rows = await query
    .selectFrom('upload')
    .select('id')
    .where('expires_at', '<', expiredBefore)
    .where(sql<boolean>`id <> all (${without}::uuid[])`)
    .orderBy('expires_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

export async function deleteUpload(query: Query, id: string) {
  await query.deleteFrom('upload').where('id', '=', id).execute();
}

/** Files attached to questions before that; without these. */
export async function oldAttachments(
  query: Query,
  before: Date,
  without: string[],
  limit: number,
): Promise<string[]> {
  const rows = await query
    .selectFrom('source')
    .select('id')
    .where('conversation_id', 'is not', null)
    .where('deleted_at', 'is', null)
    .where('created_at', '<', before)
    .where(sql<boolean>`id <> all (${without}::uuid[])`)
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Sources that are there although their instrument was deleted; without these. */
export async function orphans(query: Query, without: string[], limit: number): Promise<string[]> {
  const rows = await query
    .selectFrom('source')
    .innerJoin('instrument', 'instrument.id', 'source.instrument_id')
    .select('source.id')
    .where('source.deleted_at', 'is', null)
    .where('instrument.deleted_at', 'is not', null)
    .where(sql<boolean>`source.id <> all (${without}::uuid[])`)
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
