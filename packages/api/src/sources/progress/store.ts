import type { SourceProgress } from '@rayni/contract';
import type { Kysely } from 'kysely';
import type { Viewer } from '../../access/policy.ts';
import { allSources, visibleSources } from '../../access/store.ts';
import type { Tables } from '../../db/tables.ts';

type Query = Kysely<Tables>;

/** How far the reading of these sources, or of all of an instrument's library, has come; those this viewer may not know of are left out. */
export async function sourceProgress(
  query: Query,
  viewer: Viewer,
  of: { ids: string[] } | { instrumentId: string },
): Promise<SourceProgress[]> {
  if ('ids' in of && of.ids.length === 0) return [];
  const visible = visibleSources(query, viewer, { own: true }).select(progressColumns);
  const rows = await ('ids' in of
    ? visible.where('source.id', 'in', of.ids)
    : visible
        .where('source.instrument_id', '=', of.instrumentId)
        .where('source.conversation_id', 'is', null)
        .orderBy('source.created_at', 'desc')
        .orderBy('source.id', 'desc')
  ).execute();
  return rows.map(toProgress);
}

const progressColumns = [
  'source.id',
  'source.status',
  'source.status_detail',
  'source.progress_done',
  'source.progress_total',
] as const;

const toProgress = (
  row: Pick<Tables['source'], 'id' | 'status' | 'status_detail'> & {
    progress_done: number;
    progress_total: number;
  },
): SourceProgress => ({
  sourceId: row.id,
  status: row.status,
  statusDetail: row.status_detail,
  done: row.progress_done,
  total: row.progress_total,
});

/** How far each of these is, with what decides who may know, whoever asks; those that were deleted are left out. */
export async function progressForAll(query: Query, ids: string[]) {
  const rows = await allSources(query)
    .select(progressColumns)
    .select(['source.instrument_id', 'source.conversation_id', 'source.created_by'])
    .where('source.id', 'in', ids)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        progress: toProgress(row),
        instrumentId: row.instrument_id,
        attached: row.conversation_id !== null,
        status: row.status,
        createdBy: row.created_by,
      },
    ]),
  );
}

/** The instruments these sources belong to, whoever asks. */
export async function instrumentsOf(query: Query, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await query
    .selectFrom('source')
    .select('instrument_id')
    .distinct()
    .where('id', 'in', ids)
    .execute();
  return rows.map((row) => row.instrument_id);
}
