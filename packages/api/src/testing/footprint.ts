import { sql } from 'kysely';
import type { App } from '../app.ts';

/** Every request may note when its session or token was last used. */
const unheeded = ['last_seen_at', 'last_used_at'];

/**
 * What the product's tables hold, by table: the number of rows and a digest of all of them. Equal footprints: nothing was stored,
 * changed or removed in between, but when a session or token was last used.
 */
export async function footprint(app: Pick<App, 'db'>): Promise<Record<string, string>> {
  const { query } = app.db;
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(query);
  const parts = tables.rows.map(
    ({ name }) => sql`
      select ${name}::text as name, count(*) || ' rows, ' || coalesce(md5(string_agg(held, '' order by held)), '') as held
      from (select (to_jsonb(t) - ${unheeded}::text[])::text as held from ${sql.table(name)} t) as rows`,
  );
  const found = await sql<{ name: string; held: string }>`${sql.join(parts, sql` union all `)}`.execute(
    query,
  );
  return Object.fromEntries(found.rows.map(({ name, held }) => [name, held]));
}
