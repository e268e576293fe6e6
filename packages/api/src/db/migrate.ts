import type { Kysely } from 'kysely';
import { type MigrationProvider, Migrator } from 'kysely/migration';
import { first } from './migrations/0001-first.ts';
import { versionLabels } from './migrations/0002-version-labels.ts';
import type { Tables } from './tables.ts';

/** Every migration in order; forward only: a landed one is never edited. */
export const migrations = { '0001-first': first, '0002-version-labels': versionLabels };

/** Brings the schema up to date; safe to call from several processes at once. Returns the names that ran now. */
export async function migrate(db: Kysely<Tables>): Promise<string[]> {
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
  return (results ?? []).filter((r) => r.status === 'Success').map((r) => r.migrationName);
}
