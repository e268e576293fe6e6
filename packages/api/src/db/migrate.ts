import { type Kysely, sql } from 'kysely';
import { type MigrationProvider, Migrator } from 'kysely/migration';
import { first } from './migrations/0001-first.ts';
import { versionLabels } from './migrations/0002-version-labels.ts';
import { accessAndFeedback } from './migrations/0003-access-and-feedback.ts';
import { identities } from './migrations/0004-identities.ts';
import { kindsOfSources } from './migrations/0005-kinds-of-sources.ts';
import { oneQuestion } from './migrations/0006-one-question.ts';
import { rejectedVersions } from './migrations/0007-rejected-versions.ts';
import type { Tables } from './tables.ts';

/** Every migration in order; forward only: a landed one is never edited. */
export const migrations = {
  '0001-first': first,
  '0002-version-labels': versionLabels,
  '0003-access-and-feedback': accessAndFeedback,
  '0004-identities': identities,
  '0005-kinds-of-sources': kindsOfSources,
  '0006-one-question': oneQuestion,
  '0007-rejected-versions': rejectedVersions,
};

/** Brings the schema up to date; safe to call from several processes at once. Returns the names that ran now. */
export async function migrate(db: Kysely<Tables>): Promise<string[]> {
  if (await isUpToDate(db)) return [];
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
  return (results ?? []).filter((r) => r.status === 'Success').map((r) => r.migrationName);
}

/** Asked first, because Kysely's own look reads every column of the schema: a fifth of a second of every start on the embedded database. */
async function isUpToDate(db: Kysely<Tables>): Promise<boolean> {
  const { rows: tables } = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (!tables[0]?.there) return false;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const known = Object.keys(migrations).sort();
  return rows.length === known.length && rows.every(({ name }, i) => name === known[i]);
}
