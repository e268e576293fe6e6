import type { Folder } from '@rayni/contract';
import { type Kysely, sql } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import { readable } from '../access/store.ts';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

/** The folders of one instrument, or of all this viewer may read, by name. */
export async function listFolders(query: Query, viewer: Viewer, instrumentId?: string): Promise<Folder[]> {
  const all = visible(query, viewer).orderBy(sql`folder.name collate "C"`).orderBy('folder.id');
  const rows = await (instrumentId ? all.where('folder.instrument_id', '=', instrumentId) : all).execute();
  return rows.map(toFolder);
}

/** The folder, if this viewer may know of it. */
export async function visibleFolder(query: Query, viewer: Viewer, id: string): Promise<Folder | undefined> {
  const row = await visible(query, viewer).where('folder.id', '=', id).executeTakeFirst();
  return row && toFolder(row);
}

function visible(query: Query, viewer: Viewer) {
  return query
    .selectFrom('folder')
    .innerJoin('instrument', 'instrument.id', 'folder.instrument_id')
    .select(['folder.id', 'folder.instrument_id', 'folder.name', 'folder.parent_id'])
    .where(readable(viewer));
}

/**
 * Until this transaction ends nobody else makes, moves or removes a folder of this instrument, or puts a document into one. A lock by name
 * and not on rows: a reading that is being published locks a source and then its instrument, and must never wait for us in turn.
 */
export async function lockFolders(trx: Query, instrumentId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`folders of ${instrumentId}`}, 0))`.execute(trx);
}

/** Every folder of an instrument with the one it lies in. */
export async function parentsOf(
  query: Query,
  instrumentId: string,
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await query
    .selectFrom('folder')
    .select(['id', 'parent_id'])
    .where('instrument_id', '=', instrumentId)
    .execute();
  return new Map(rows.map((row) => [row.id, row.parent_id]));
}

export async function insertFolder(query: Query, folder: Folder, now: Date) {
  const { id, instrumentId, name, parentId } = folder;
  await query
    .insertInto('folder')
    .values({ id, instrument_id: instrumentId, name, parent_id: parentId, created_at: now })
    .execute();
}

/** Writes what is given; false when there is no such folder any more. */
export async function changeFolder(
  query: Query,
  id: string,
  change: { name?: string; parent_id?: string | null },
): Promise<boolean> {
  const changed = await query
    .updateTable('folder')
    // A statement must set something; who gives nothing changes nothing.
    .set((eb) => ({ name: eb.ref('name'), ...change }))
    .where('id', '=', id)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n;
}

/** Removes the folder; what lies in it, folders and documents, then lies in `parentId`. */
export async function dissolveFolder(query: Query, id: string, parentId: string | null) {
  await query.updateTable('source').set({ folder_id: parentId }).where('folder_id', '=', id).execute();
  await query.updateTable('folder').set({ parent_id: parentId }).where('parent_id', '=', id).execute();
  await query.deleteFrom('folder').where('id', '=', id).execute();
}

function toFolder(row: {
  id: string;
  instrument_id: string;
  name: string;
  parent_id: string | null;
}): Folder {
  return { id: row.id, instrumentId: row.instrument_id, name: row.name, parentId: row.parent_id };
}
