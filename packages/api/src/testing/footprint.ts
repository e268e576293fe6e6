import { sql } from 'kysely';
import type { App } from '../app.ts';

/**
 * What the product's tables hold, by table: the number of rows and a digest of all of them. Equal footprints: nothing was stored,
 * changed or removed in between. When a session was last used is left out, since every request may note it.
 */
export async function footprint(app: Pick<App, 'db'>): Promise<Record<string, string>> {
  const { query } = app.db;
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(query);
  const found: [string, string][] = [];
  for (const { name } of rows) {
    const result = await sql<{ held: string }>`
      select count(*) || ' rows, ' || coalesce(md5(string_agg(held, '' order by held)), '') as held
      from (select (to_jsonb(t) - 'last_seen_at' - 'last_used_at')::text as held from ${sql.table(name)} t) rows`.execute(
      query,
    );
    found.push([name, result.rows[0]?.held ?? '']);
  }
  return Object.fromEntries(found);
}
