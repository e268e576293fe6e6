import { type Kysely, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../access/policy.ts';
import { allSources, visibleSources } from '../access/store.ts';
import type { Tables } from '../db/tables.ts';
import type { Passage, Said } from './passage.ts';

type Query = Kysely<Tables>;

/** The count that tells whether an index is stale. Undefined: no such instrument. */
export async function indexVersion(query: Query, instrumentId: string): Promise<number | undefined> {
  const row = await query
    .selectFrom('instrument')
    .select('index_version')
    .where('id', '=', instrumentId)
    .executeTakeFirst();
  return row?.index_version;
}

/** What may be answered from among these: approved, unarchived sources, each by its current version's current reading. */
function answerable(sources: ReturnType<typeof allSources>) {
  return sources
    .innerJoin('source_version', 'source_version.id', 'source.current_version_id')
    .innerJoin('reading', 'reading.id', 'source_version.current_reading_id')
    .where('source.status', '=', 'approved');
}

/** The readings an instrument's index is made of. */
export async function answerableReadings(query: Query, instrumentId: string): Promise<string[]> {
  const rows = await answerable(allSources(query))
    .select('reading.id')
    .where('source.instrument_id', '=', instrumentId)
    .where('source.conversation_id', 'is', null)
    .orderBy('reading.id')
    .execute();
  return rows.map((row) => row.id);
}

/** Counts up whenever a file attached to the conversation was read; those that are gone are counted on. */
export async function attachmentVersion(query: Query, conversationId: string): Promise<number> {
  const row = await query
    .selectFrom('source')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('conversation_id', '=', conversationId)
    .where('status', '=', 'approved')
    .executeTakeFirstOrThrow();
  return row.n;
}

/** The readings of the files attached to a conversation. */
export async function attachmentReadings(query: Query, conversationId: string): Promise<string[]> {
  const rows = await answerable(allSources(query))
    .select('reading.id')
    .where('source.conversation_id', '=', conversationId)
    .orderBy('reading.id')
    .execute();
  return rows.map((row) => row.id);
}

/** The prepared postings of these readings. */
export async function segmentsOf(
  query: Query,
  readingIds: string[],
): Promise<{ readingId: string; bytes: Uint8Array }[]> {
  if (readingIds.length === 0) return [];
  const rows = await query
    .selectFrom('reading')
    .select(['id', 'segment'])
    .where('id', 'in', readingIds)
    .where('segment', 'is not', null)
    .execute();
  return rows.map((row) => ({ readingId: row.id, bytes: row.segment! }));
}

/** A fragment an index proposes, by its reading and its place in it. */
export type Pick = { readingId: string; ordinal: number; score: number };

/**
 * What fragments say, by id: it never changes, and what many ask about is held once, however many answers are being written, with what the
 * check prepares of it. Who may see it is asked of the database each time.
 */
const said = new LRUCache<string, Said>({ max: 256 });

/**
 * The last word on what is shown: of the fragments an index proposes, those this viewer may read right now, from sources of the library and
 * files attached to this conversation that may be answered from right now. Order and scores are those of `picks`.
 */
export async function passagesOf(
  query: Query,
  viewer: Viewer,
  { instrumentId, conversationId }: { instrumentId: string; conversationId?: string | undefined },
  picks: Pick[],
): Promise<Passage[]> {
  if (picks.length === 0) return [];
  const rows = await answerable(visibleSources(query, viewer))
    .where((eb) =>
      eb.or([
        eb('source.conversation_id', 'is', null),
        ...(conversationId === undefined ? [] : [eb('source.conversation_id', '=', conversationId)]),
      ]),
    )
    .innerJoin('fragment', 'fragment.reading_id', 'reading.id')
    .innerJoin(
      sql<{
        reading_id: string;
        ordinal: number;
      }>`unnest(${picks.map((p) => p.readingId)}::uuid[], ${picks.map((p) => p.ordinal)}::int[])`.as<'pick'>(
        sql`pick(reading_id, ordinal)`,
      ),
      (join) =>
        join
          .onRef('pick.reading_id', '=', 'fragment.reading_id')
          .onRef('pick.ordinal', '=', 'fragment.ordinal'),
    )
    .select(['fragment.id', 'fragment.reading_id', 'fragment.ordinal', 'fragment.heading', 'fragment.text'])
    .select(['fragment.ranges', 'fragment.segments', 'fragment.kind'])
    .select(['source.id as source_id', 'source.title', 'source.type', 'source_version.id as version_id'])
    .where('source.instrument_id', '=', instrumentId)
    .execute();
  const byKey = new Map(rows.map((row) => [`${row.reading_id}/${row.ordinal}`, row]));
  return picks.flatMap((pick) => {
    const row = byKey.get(`${pick.readingId}/${pick.ordinal}`);
    if (!row) return [];
    const { heading, text, ranges, kind, segments } = row;
    const says = said.get(row.id) ?? { heading, text, ranges, kind, segments };
    said.set(row.id, says);
    return {
      ...says,
      fragmentId: row.id,
      sourceId: row.source_id,
      sourceTitle: row.title,
      sourceType: row.type,
      versionId: row.version_id,
      readingId: row.reading_id,
      ordinal: row.ordinal,
      score: pick.score,
    };
  });
}

/** The vectors of these readings' fragments under one embedding model, in reading and fragment order; fragments without one are left out. */
export async function vectorsOf(query: Query, model: string, readingIds: string[]) {
  if (readingIds.length === 0) return [];
  return query
    .selectFrom('fragment')
    .innerJoin('embedding', 'embedding.embed_hash', 'fragment.embed_hash')
    .select(['fragment.reading_id as readingId', 'fragment.ordinal', 'embedding.vector'])
    .where('embedding.model', '=', model)
    .where('fragment.reading_id', 'in', readingIds)
    .orderBy('fragment.reading_id')
    .orderBy('fragment.ordinal')
    .execute();
}
