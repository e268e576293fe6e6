import type { Folder, Fragment, Source, SourceListInput, SourceStatus } from '@rayni/contract';
import { type Kysely, sql } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import { readable, visibleSources } from '../access/store.ts';
import type { Tables } from '../db/tables.ts';
import { sourcesOf } from './status.ts';

type Query = Kysely<Tables>;

const columns = [
  'source.id',
  'source.instrument_id',
  'source.folder_id',
  'source.type',
  'source.title',
  'source.category',
  'source.description',
  'source.version',
  'source.model_tags',
  'source.storage_uri',
  'source.status',
  'source.status_detail',
  'source.archived_at',
  'source.created_at',
] as const;

const listed = (query: Query, viewer: Viewer) =>
  visibleSources(query, viewer).leftJoin('source_version', 'source_version.id', 'source.current_version_id');

/** One page of an instrument's sources, newest first, with the number of all that match. */
export async function listSources(
  query: Query,
  viewer: Viewer,
  input: SourceListInput,
): Promise<{ items: Source[]; total: number }> {
  let matching = listed(query, viewer).where('source.conversation_id', 'is', null);
  if (input.instrumentId) matching = matching.where('source.instrument_id', '=', input.instrumentId);
  if (input.type) matching = matching.where('source.type', '=', input.type);
  if (input.category) matching = matching.where('source.category', '=', input.category);
  if (input.folderId) matching = matching.where('source.folder_id', '=', input.folderId);
  if (input.checksum)
    matching = matching.where('source_version.sha256', '=', input.checksum.replace(/^sha256:/, ''));
  matching = input.status
    ? matching.where('source.status', '=', input.status)
    : matching.where('source.status', '!=', 'archived');
  if (input.q) {
    const like = `%${input.q.replace(/[\\%_]/g, '\\$&')}%`;
    matching = matching.where((eb) =>
      eb.or([
        eb('source.title', 'ilike', like),
        eb('source.version', 'ilike', like),
        eb('source.description', 'ilike', like),
        eb(sql`array_to_string(source.model_tags, ' ')`, 'ilike', like),
      ]),
    );
  }
  const [rows, count] = await Promise.all([
    matching
      .select(columns)
      .select('source_version.sha256')
      .orderBy('source.created_at', 'desc')
      .orderBy('source.id', 'desc')
      .limit(input.pageSize)
      .offset((input.page - 1) * input.pageSize)
      .execute(),
    matching.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow(),
  ]);
  return { items: rows.map(toSource), total: count.n };
}

/** The source, if this viewer may know of it. */
export async function visibleSource(query: Query, viewer: Viewer, id: string): Promise<Source | undefined> {
  const row = await listed(query, viewer)
    .select(columns)
    .select('source_version.sha256')
    .where('source.id', '=', id)
    .executeTakeFirst();
  return row && toSource(row);
}

/** How far the reading of these sources has come; those this viewer may not know of are left out. */
export async function sourceProgress(query: Query, viewer: Viewer, ids: string[]) {
  if (ids.length === 0) return [];
  const rows = await visibleSources(query, viewer)
    .select([
      'source.id',
      'source.status',
      'source.status_detail',
      'source.progress_done',
      'source.progress_total',
    ])
    .where('source.id', 'in', ids)
    .execute();
  return rows.map((row) => ({
    sourceId: row.id,
    status: row.status,
    statusDetail: row.status_detail,
    done: row.progress_done,
    total: row.progress_total,
  }));
}

/** The fragments of a source's answering version, in reading order. */
export async function sourceFragments(
  query: Query,
  viewer: Viewer,
  sourceId: string,
  page: { limit: number; offset: number },
): Promise<Fragment[]> {
  const rows = await visibleSources(query, viewer)
    .innerJoin('source_version', 'source_version.id', 'source.current_version_id')
    .innerJoin('fragment', 'fragment.reading_id', 'source_version.current_reading_id')
    .select(['fragment.id', 'fragment.ordinal', 'fragment.heading', 'fragment.text', 'fragment.ranges'])
    .select('source_version.id as version_id')
    .where('source.id', '=', sourceId)
    .orderBy('fragment.ordinal')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    sourceId,
    versionId: row.version_id,
    ordinal: row.ordinal,
    heading: row.heading,
    text: row.text,
    units: [...new Set(row.ranges.map((range) => range.unit))],
  }));
}

/** The folders of one instrument, or of all this viewer may read, by name. */
export async function listFolders(query: Query, viewer: Viewer, instrumentId?: string): Promise<Folder[]> {
  let folders = query
    .selectFrom('folder')
    .innerJoin('instrument', 'instrument.id', 'folder.instrument_id')
    .select(['folder.id', 'folder.instrument_id', 'folder.name', 'folder.parent_id'])
    .where(readable(viewer))
    .orderBy(sql`folder.name collate "C"`)
    .orderBy('folder.id');
  if (instrumentId) folders = folders.where('folder.instrument_id', '=', instrumentId);
  const rows = await folders.execute();
  return rows.map((row) => ({
    id: row.id,
    instrumentId: row.instrument_id,
    name: row.name,
    parentId: row.parent_id,
  }));
}

/**
 * The only statement that changes a status: moves the source if the state machine allows it, else changes nothing and returns false.
 * What readers can search changes with it, so the instrument's index version is counted up.
 */
export async function setStatus(
  query: Query,
  sourceId: string,
  to: SourceStatus,
  change: { detail?: string | null; now: Date },
): Promise<boolean> {
  const row = await query
    .updateTable('source')
    .set({
      status: to,
      status_detail: change.detail ?? null,
      updated_at: change.now,
      archived_at: to === 'archived' ? change.now : null,
    })
    .where('id', '=', sourceId)
    .where('status', 'in', sourcesOf(to))
    .where('deleted_at', 'is', null)
    .returning('instrument_id')
    .executeTakeFirst();
  if (!row) return false;
  if (to === 'approved' || to === 'archived') await countUp(query, row.instrument_id);
  return true;
}

/** Says something beside a status that stays as it is. */
export async function setDetail(query: Query, sourceId: string, detail: string) {
  await query.updateTable('source').set({ status_detail: detail }).where('id', '=', sourceId).execute();
}

/** Tells every process that the instrument's index is stale. */
export async function countUp(query: Query, instrumentId: string) {
  await query
    .updateTable('instrument')
    .set((eb) => ({ index_version: eb('index_version', '+', 1) }))
    .where('id', '=', instrumentId)
    .execute();
}

type SourceRow = Pick<
  Tables['source'],
  | 'id'
  | 'instrument_id'
  | 'folder_id'
  | 'type'
  | 'title'
  | 'category'
  | 'description'
  | 'version'
  | 'model_tags'
  | 'storage_uri'
  | 'status'
  | 'status_detail'
> & { archived_at: Date | null; created_at: Date; sha256: string | null };

function toSource(row: SourceRow): Source {
  return {
    id: row.id,
    instrumentId: row.instrument_id,
    folderId: row.folder_id,
    type: row.type,
    title: row.title,
    category: row.category,
    description: row.description,
    version: row.version,
    modelTags: row.model_tags,
    storageUri: row.storage_uri,
    status: row.status,
    statusDetail: row.status_detail,
    checksum: row.sha256 === null ? null : `sha256:${row.sha256}`,
    archived: row.status === 'archived',
    archivedAt: row.archived_at,
    createdAt: row.created_at,
  };
}
