import type { Insertable, Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;
export type CompanionKind = Tables['companion']['kind'];

export function companionOf(query: Query, versionId: string, kind: CompanionKind) {
  return query
    .selectFrom('companion')
    .selectAll()
    .where('version_id', '=', versionId)
    .where('kind', '=', kind)
    .executeTakeFirst();
}

export async function insertCompanion(query: Query, row: Insertable<Tables['companion']>) {
  await query.insertInto('companion').values(row).execute();
}

/** Removes what stood in that place; the keys of its bytes. */
export async function deleteCompanions(
  query: Query,
  versionId: string,
  kind: CompanionKind,
): Promise<string[]> {
  const rows = await query
    .deleteFrom('companion')
    .where('version_id', '=', versionId)
    .where('kind', '=', kind)
    .returning('blob_key')
    .execute();
  return rows.map((row) => row.blob_key);
}

/** Holds the source of a version until the transaction ends; false when it was deleted. */
export async function lockSourceOf(query: Query, versionId: string): Promise<boolean> {
  const row = await query
    .selectFrom('source')
    .innerJoin('source_version', 'source_version.source_id', 'source.id')
    .select('source.id')
    .where('source_version.id', '=', versionId)
    .where('source.deleted_at', 'is', null)
    .forUpdate('source')
    .executeTakeFirst();
  return row !== undefined;
}

/** The keys of all files beside the versions of a source. */
export async function companionKeys(query: Query, sourceId: string): Promise<string[]> {
  const rows = await query
    .selectFrom('companion')
    .innerJoin('source_version', 'source_version.id', 'companion.version_id')
    .select('companion.blob_key')
    .where('source_version.source_id', '=', sourceId)
    .execute();
  return rows.map((row) => row.blob_key);
}

export async function deleteCompanion(query: Query, key: string) {
  await query.deleteFrom('companion').where('blob_key', '=', key).execute();
}
