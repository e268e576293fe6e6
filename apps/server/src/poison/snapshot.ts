import type { Database } from '@rayni/database';

/**
 * What the database holds of each document of an instrument, by the name of its file, without ids and times: source, versions, readings (those
 * that were never published too), units, fragments, postings and companions.
 */
export async function snapshot(
  { pool }: Pick<Database, 'pool'>,
  instrumentId: string,
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ filename: string; held: object }>(
    `select v.filename, jsonb_build_object(
       'source', jsonb_build_array(s.type, s.title, s.version, s.status, s.status_detail, s.progress_done, s.progress_total,
         s.auto_approve, s.current_version_id = v.id, s.archived_at, s.deleted_at),
       'version', jsonb_build_array(v.ordinal, v.label, v.media_type, v.size, v.sha256, v.origin_url),
       'companions', (select jsonb_agg(jsonb_build_array(c.kind, c.filename, c.media_type, c.size, c.sha256) order by c.kind)
         from companion c where c.version_id = v.id),
       'readings', (select jsonb_agg(jsonb_build_object(
           'reader', jsonb_build_array(r.reader, r.reader_version, r.made_of, r.facts, md5(r.segment), r.published_at is not null,
             r.id = v.current_reading_id),
           'units', (select jsonb_agg(jsonb_build_array(u.ordinal, md5(u.text), md5(u.places)) order by u.ordinal)
             from unit u where u.reading_id = r.id),
           'fragments', (select jsonb_agg(jsonb_build_array(f.ordinal, f.heading, f.kind, md5(f.text), f.ranges, f.segments, f.embed_hash)
             order by f.ordinal) from fragment f where f.reading_id = r.id)
         ) order by r.created_at) from reading r where r.version_id = v.id)) as held
     from source s join source_version v on v.source_id = s.id where s.instrument_id = $1 order by v.filename, v.ordinal`,
    [instrumentId],
  );
  const found = Map.groupBy(rows, ({ filename }) => filename);
  return new Map(
    [...found].map(([filename, some]) => [filename, JSON.stringify(some.map(({ held }) => held))]),
  );
}

/** The keys of all bytes that a row holds, and those that none holds (yet). */
export async function keys({
  pool,
}: Pick<Database, 'pool'>): Promise<{ held: string[]; unclaimed: string[] }> {
  const asked = async (text: string) => (await pool.query<{ key: string }>(text)).rows.map(({ key }) => key);
  return {
    held: await asked(
      'select blob_key as key from source_version union select blob_key from companion order by 1',
    ),
    unclaimed: await asked('select key from unclaimed_blob order by 1'),
  };
}
