import type { Fragment, TextRange } from '@rayni/contract';
import type { Kysely } from 'kysely';
import type { Viewer } from '../../access/policy.ts';
import { visibleSources } from '../../access/store.ts';
import type { Tables } from '../../db/tables.ts';

type Query = Kysely<Tables>;

/** How many fragments a source's answering version has. */
export async function fragmentTotal(query: Query, viewer: Viewer, sourceId: string): Promise<number> {
  const row = await visibleSources(query, viewer)
    .innerJoin('source_version', 'source_version.id', 'source.current_version_id')
    .innerJoin('fragment', 'fragment.reading_id', 'source_version.current_reading_id')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('source.id', '=', sourceId)
    .executeTakeFirstOrThrow();
  return row.n;
}

/** The fragments of a source's answering version, in reading order. */
export async function sourceFragments(
  query: Query,
  viewer: Viewer,
  sourceId: string,
  page: { limit: number; offset: number },
): Promise<(Fragment & { readingId: string; ranges: TextRange[] })[]> {
  const rows = await visibleSources(query, viewer)
    .innerJoin('source_version', 'source_version.id', 'source.current_version_id')
    .innerJoin('fragment', 'fragment.reading_id', 'source_version.current_reading_id')
    .select(['fragment.id', 'fragment.ordinal', 'fragment.heading', 'fragment.text', 'fragment.ranges'])
    .select(['source_version.id as version_id', 'fragment.reading_id'])
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
    readingId: row.reading_id,
    ranges: row.ranges,
  }));
}
