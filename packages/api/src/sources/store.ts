import type {
  Source,
  SourceListInput,
  SourceStatus,
  SourceType,
  SourceVersion,
  SourceVersionsInput,
} from '@rayni/contract';
import { type ExpressionBuilder, type Insertable, type Kysely, sql } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import { managed, visibleSources } from '../access/store.ts';
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

/** Who brought a source sees how far it is before it is approved. */
const listed = (query: Query, viewer: Viewer) =>
  visibleSources(query, viewer, { own: true }).leftJoin(
    'source_version',
    'source_version.id',
    'source.current_version_id',
  );

/** SQL for "shows in lists": an archived source opens for its old citations, readers do not find it otherwise. */
const listable = (viewer: Viewer) => (eb: ExpressionBuilder<Tables, 'source' | 'instrument'>) =>
  eb.or([eb('source.status', '!=', 'archived'), managed(viewer)(eb)]);

/** One page of an instrument's sources, newest first, with the number of all that match; archived ones are listed to managers only. */
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
    ? matching.where('source.status', '=', input.status).where(listable(viewer))
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

/** The source, if this viewer may know of it: readers of approved ones, managers of all, and who brought it. */
export async function visibleSource(query: Query, viewer: Viewer, id: string): Promise<Source | undefined> {
  const row = await one(query, viewer, id).executeTakeFirst();
  return row && toSource(row);
}

/** May this viewer see what the source holds? Who only brought it may not, before it is approved. */
export async function isReadable(query: Query, viewer: Viewer, id: string): Promise<boolean> {
  const row = await visibleSources(query, viewer)
    .select('source.id')
    .where('source.id', '=', id)
    .executeTakeFirst();
  return row !== undefined;
}

/** As `visibleSource`, but what was attached to a conversation is not there: that is nobody's to manage. */
export async function librarySource(query: Query, viewer: Viewer, id: string): Promise<Source | undefined> {
  const row = await one(query, viewer, id).where('source.conversation_id', 'is', null).executeTakeFirst();
  return row && toSource(row);
}

const one = (query: Query, viewer: Viewer, id: string) =>
  listed(query, viewer).select(columns).select('source_version.sha256').where('source.id', '=', id);

/** The versions of one source, or of all this viewer is listed, newest first; one that was never read through only for managers. */
export async function listVersions(
  query: Query,
  viewer: Viewer,
  input: SourceVersionsInput,
): Promise<SourceVersion[]> {
  let versions = visibleSources(query, viewer)
    .innerJoin('source_version as version', 'version.source_id', 'source.id')
    .select(['version.id', 'version.source_id', 'version.label', 'version.ordinal', 'version.filename'])
    .select(['version.sha256', 'version.created_at', 'version.current_reading_id'])
    .select(['source.current_version_id', 'source.storage_uri'])
    .where((eb) => eb.or([eb('version.current_reading_id', 'is not', null), managed(viewer)(eb)]))
    .orderBy('version.created_at', 'desc')
    .orderBy('version.id', 'desc')
    .limit(input.limit);
  versions = input.sourceId
    ? versions.where('source.id', '=', input.sourceId)
    : versions.where('source.conversation_id', 'is', null).where(listable(viewer));
  return (await versions.execute()).map((row) => ({
    id: row.id,
    sourceId: row.source_id,
    version: row.label || String(row.ordinal),
    ordinal: row.ordinal,
    filename: row.filename,
    storageUri: row.id === row.current_version_id ? row.storage_uri : '',
    checksum: `sha256:${row.sha256}`,
    current: row.id === row.current_version_id && row.current_reading_id !== null,
    createdAt: row.created_at,
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
    .returning(['instrument_id', 'conversation_id'])
    .executeTakeFirst();
  if (!row) return false;
  // What is attached to a conversation is in no library.
  if ((to === 'approved' || to === 'archived') && row.conversation_id === null)
    await countUp(query, row.instrument_id);
  return true;
}

/** Says something beside a status that stays as it is. Why a source was rejected stays said. */
export async function setDetail(query: Query, sourceId: string, detail: string | null) {
  await query
    .updateTable('source')
    .set({ status_detail: detail })
    .where('id', '=', sourceId)
    .where('status', '<>', 'rejected')
    .execute();
}

/** Tells every process that the instrument's index is stale. */
export async function countUp(query: Query, instrumentId: string) {
  await query
    .updateTable('instrument')
    .set((eb) => ({ index_version: eb('index_version', '+', 1) }))
    .where('id', '=', instrumentId)
    .execute();
}

/** A source of the library that may be changed, locked; undefined when it was deleted, or belongs to a conversation. */
export function lockSource(trx: Query, id: string) {
  return trx
    .selectFrom('source')
    .select(['id', 'instrument_id', 'type', 'title', 'status', 'current_version_id', 'storage_uri'])
    .where('id', '=', id)
    .where('conversation_id', 'is', null)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

/** Sources of an instrument's library that may be changed, locked in the order of their ids. */
export async function lockSources(trx: Query, instrumentId: string, ids: string[]): Promise<string[]> {
  const rows = await trx
    .selectFrom('source')
    .select('id')
    .where('id', 'in', ids)
    .where('instrument_id', '=', instrumentId)
    .where('conversation_id', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(({ id }) => id);
}

export async function setFolder(query: Query, ids: string[], folderId: string | null, now: Date) {
  await query
    .updateTable('source')
    .set({ folder_id: folderId, updated_at: now })
    .where('id', 'in', ids)
    .execute();
}

/** Remembers of the versions there are that a manager rejected them. */
export async function markRejected(query: Query, sourceId: string, now: Date) {
  await query
    .updateTable('source_version')
    .set({ rejected_at: now })
    .where('source_id', '=', sourceId)
    .where('rejected_at', 'is', null)
    .execute();
}

export function newestVersion(query: Query, sourceId: string) {
  return query
    .selectFrom('source_version')
    .leftJoin('reading', 'reading.id', 'source_version.current_reading_id')
    .select(['source_version.id', 'ordinal', 'sha256', 'filename', 'current_reading_id', 'blob_key'])
    .select(['media_type', 'reading.facts'])
    .where('source_id', '=', sourceId)
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function insertSource(
  query: Query,
  source: Omit<
    Insertable<Tables['source']>,
    'current_version_id' | 'status_detail' | 'conversation_id' | 'status'
  > & { conversation_id?: string | null },
) {
  await query
    .insertInto('source')
    .values({
      conversation_id: null,
      ...source,
      status: 'uploaded',
      status_detail: null,
      current_version_id: null,
    })
    .execute();
}

/** A further version; the first one is the source's at once, so that it has a checksum while it is being read. */
export async function insertVersion(
  query: Query,
  version: Omit<Insertable<Tables['source_version']>, 'current_reading_id'>,
) {
  await query
    .insertInto('source_version')
    .values({ ...version, current_reading_id: null })
    .execute();
  await query
    .updateTable('source')
    .set({ current_version_id: version.id })
    .where('id', '=', version.source_id)
    .where('current_version_id', 'is', null)
    .execute();
}

/** A source with what its fetch needs to know; undefined when it was deleted. */
export function sourceToFetch(query: Query, id: string) {
  return query
    .selectFrom('source')
    .leftJoin('source_version', 'source_version.id', 'source.current_version_id')
    .select(['source.id', 'source.type', 'source.status', 'source.status_detail', 'source.storage_uri'])
    .select(['source.version', 'source.created_by', 'source_version.current_reading_id'])
    .where('source.id', '=', id)
    .where('source.deleted_at', 'is', null)
    .executeTakeFirst();
}

/** What lies at an address is known only once it has come. */
export async function setType(query: Query, id: string, type: SourceType) {
  await query.updateTable('source').set({ type }).where('id', '=', id).execute();
}

/** What a manager may write about a source; what is undefined stays. */
export type Description = Partial<
  Pick<Tables['source'], 'title' | 'category' | 'description' | 'version' | 'model_tags' | 'folder_id'>
>;

export async function describeSource(query: Query, id: string, description: Description, now: Date) {
  await query
    .updateTable('source')
    .set({ ...description, updated_at: now })
    .where('id', '=', id)
    .execute();
}

/** Names the current version too: a Proof shows the label of the bytes it opens. */
export async function labelVersion(query: Query, versionId: string, label: string) {
  await query.updateTable('source_version').set({ label }).where('id', '=', versionId).execute();
}

/** Marks as deleted what is not yet; nothing finds it from this commit on. Returns what was marked. */
export async function markDeleted(
  query: Query,
  which: { sourceId: string } | { instrumentId: string },
  now: Date,
): Promise<string[]> {
  const marked = query
    .updateTable('source')
    .set({ deleted_at: now, updated_at: now })
    .where('deleted_at', 'is', null)
    .returning(['id', 'instrument_id']);
  const rows = await ('sourceId' in which
    ? marked.where('id', '=', which.sourceId)
    : marked.where('instrument_id', '=', which.instrumentId)
  ).execute();
  for (const instrumentId of new Set(rows.map((row) => row.instrument_id)))
    await countUp(query, instrumentId);
  return rows.map((row) => row.id);
}

/** Is this source there and marked as deleted? */
export async function isDeleted(query: Query, sourceId: string): Promise<boolean> {
  const row = await query
    .selectFrom('source')
    .select('id')
    .where('id', '=', sourceId)
    .where('deleted_at', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** The keys of every version's bytes, and every reading there is of them. */
export async function leftBy(query: Query, sourceId: string) {
  const versions = query.selectFrom('source_version').where('source_id', '=', sourceId);
  const keys = await versions.select('blob_key').execute();
  const readings = await query
    .selectFrom('reading')
    .select('id')
    .where('version_id', 'in', versions.select('id'))
    .orderBy('id')
    .execute();
  return { keys: keys.map((row) => row.blob_key), readings: readings.map((row) => row.id) };
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
