import { type Kysely, sql } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import { visibleSources } from '../access/store.ts';
import { toCitation } from '../chat/to-citation.ts';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

/** A version of a source this viewer may read; the current one without `versionId`. One of a deleted source only when asked for. */
export function openableVersion(
  query: Query,
  viewer: Viewer,
  sourceId: string,
  { versionId, deleted = false }: { versionId?: string | undefined; deleted?: boolean } = {},
) {
  const versions = visibleSources(query, viewer, { deleted })
    .innerJoin('source_version', 'source_version.source_id', 'source.id')
    .select(['source.id as source_id', 'source.type', 'source.title', 'source.current_version_id'])
    .select([
      'source_version.label',
      'source_version.id as version_id',
      'source_version.filename',
      'source_version.media_type',
    ])
    .select([
      'source_version.sha256',
      'source_version.blob_key',
      'source_version.ordinal',
      'source_version.size',
    ])
    .select(['source_version.current_reading_id', 'source.deleted_at'])
    .where('source.id', '=', sourceId);
  return (
    versionId
      ? versions.where('source_version.id', '=', versionId)
      : versions.whereRef('source_version.id', '=', 'source.current_version_id')
  ).executeTakeFirst();
}

/** A citation with the version it is pinned to. */
export async function citationById(query: Query, id: string) {
  const row = await query.selectFrom('citation').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toCitation(row);
}

/** The reading a citation was made from. */
export async function readingOfCitation(query: Query, id: string): Promise<string | undefined> {
  const row = await query.selectFrom('citation').select('reading_id').where('id', '=', id).executeTakeFirst();
  return row?.reading_id;
}

/** The stored text of some units of a reading, in order. */
export async function textsOfUnits(query: Query, readingId: string, ordinals: number[]) {
  if (ordinals.length === 0) return [];
  return query
    .selectFrom('unit')
    .select(['ordinal', 'text'])
    .where('reading_id', '=', readingId)
    .where('ordinal', 'in', ordinals)
    .orderBy('ordinal')
    .execute();
}

/** What was found out about an image, and the text of its first page. */
export function wordsOfImage(query: Query, readingId: string) {
  return query
    .selectFrom('reading')
    .leftJoin('unit', (join) => join.onRef('unit.reading_id', '=', 'reading.id').on('unit.ordinal', '=', 1))
    .select(['reading.facts', 'unit.text'])
    .where('reading.id', '=', readingId)
    .executeTakeFirst();
}

/** A fragment with the version and source it is of, whoever may see them. */
export function fragmentById(query: Query, id: string) {
  return query
    .selectFrom('fragment')
    .innerJoin('reading', 'reading.id', 'fragment.reading_id')
    .innerJoin('source_version', 'source_version.id', 'reading.version_id')
    .select([
      'fragment.id',
      'fragment.reading_id',
      'fragment.text',
      'fragment.ranges',
      'fragment.kind',
      'fragment.ordinal',
    ])
    .select(['source_version.id as version_id', 'source_version.source_id'])
    .where('fragment.id', '=', id)
    .executeTakeFirst();
}

/** The reading that answers of a source, with its version; undefined while nothing was published. */
export function newestReading(query: Query, sourceId: string) {
  return query
    .selectFrom('source')
    .innerJoin('source_version', 'source_version.id', 'source.current_version_id')
    .select(['source_version.id as version_id', 'source_version.label', 'source_version.ordinal'])
    .select('source_version.current_reading_id as reading_id')
    .where('source.id', '=', sourceId)
    .where('source.deleted_at', 'is', null)
    .executeTakeFirst();
}

/** How many fragments a reading has. */
export async function fragmentCount(query: Query, readingId: string): Promise<number> {
  const row = await query
    .selectFrom('fragment')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('reading_id', '=', readingId)
    .executeTakeFirstOrThrow();
  return row.n;
}

/** Some fragments of a reading, in order, after one of them. */
export function fragmentsAfter(query: Query, readingId: string, after: number, limit: number) {
  return query
    .selectFrom('fragment')
    .select(['id', 'ordinal', 'text', 'ranges', 'segments'])
    .where('reading_id', '=', readingId)
    .where('ordinal', '>', after)
    .orderBy('ordinal')
    .limit(limit)
    .execute();
}

/** The id of the first fragment of a reading. */
export function firstFragment(query: Query, readingId: string) {
  return query
    .selectFrom('fragment')
    .select('id')
    .where('reading_id', '=', readingId)
    .orderBy('ordinal')
    .limit(1)
    .executeTakeFirst();
}

/** The place maps of units, of any readings; with their text where they are pages of the web (offsets with an address, `place-map-bytes.ts`). */
export function placesOfUnits(query: Query, units: { readingId: string; unit: number }[]) {
  return query
    .selectFrom('unit')
    .innerJoin(
      sql<{
        reading_id: string;
        ordinal: number;
      }>`unnest(${units.map((u) => u.readingId)}::uuid[], ${units.map((u) => u.unit)}::int[])`.as<'wanted'>(
        sql`wanted(reading_id, ordinal)`,
      ),
      (join) =>
        join.onRef('wanted.reading_id', '=', 'unit.reading_id').onRef('wanted.ordinal', '=', 'unit.ordinal'),
    )
    .select(['unit.reading_id', 'unit.ordinal', 'unit.places'])
    .select(
      sql<
        string | null
      >`case when get_byte(unit.places, 1) = 1 and length(unit.places) > 2 then unit.text end`.as('text'),
    )
    .execute();
}

/** The reading of a version that answers now. */
export async function readingOfVersion(query: Query, versionId: string): Promise<string | undefined> {
  const row = await query
    .selectFrom('source_version')
    .select('current_reading_id')
    .where('id', '=', versionId)
    .executeTakeFirst();
  return row?.current_reading_id ?? undefined;
}

export async function factsOf(query: Query, readingId: string) {
  const row = await query
    .selectFrom('reading')
    .select('facts')
    .where('id', '=', readingId)
    .executeTakeFirst();
  return row?.facts ?? {};
}

/** What a reading says, in order, cut at its sentences. */
export function segmentsOf(query: Query, readingId: string) {
  return query
    .selectFrom('fragment')
    .select(['text', 'ranges', 'segments'])
    .where('reading_id', '=', readingId)
    .orderBy('ordinal')
    .execute();
}
