import type { Job } from '@rayni/contract';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';

type About = NonNullable<Job['about']>;
/** Ids that jobs name, whatever they are of. */
type Named = { versions: string[]; sources: string[]; syncs: string[] };

/** What these ids are about, by id; deleted sources too, as long as they have a row. */
export async function subjectsOf(
  query: Kysely<Tables>,
  { versions, sources, syncs }: Named,
): Promise<Map<string, About>> {
  const found = new Map<string, About>();
  if (versions.length > 0) {
    const rows = await query
      .selectFrom('source_version')
      .innerJoin('source', 'source.id', 'source_version.source_id')
      .select(['source_version.id as named', 'source.id', 'source.title'])
      .where('source_version.id', 'in', versions)
      .execute();
    for (const { named, id, title } of rows) found.set(named, { type: 'source', id, title });
  }
  if (sources.length > 0) {
    const rows = await query
      .selectFrom('source')
      .select(['id', 'title'])
      .where('id', 'in', sources)
      .execute();
    for (const { id, title } of rows) found.set(id, { type: 'source', id, title });
  }
  if (syncs.length > 0) {
    const rows = await query
      .selectFrom('connector_sync')
      .innerJoin('connector', 'connector.id', 'connector_sync.connector_id')
      .select(['connector_sync.id as named', 'connector.id', 'connector.provider'])
      .where('connector_sync.id', 'in', syncs)
      .execute();
    for (const { named, id, provider } of rows) found.set(named, { type: 'connector', id, title: provider });
  }
  return found;
}
