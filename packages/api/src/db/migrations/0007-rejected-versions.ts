import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What a manager rejected is remembered of the versions there were: the source's status is that of the next one then. */
export const rejectedVersions: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table source_version add column rejected_at timestamptz').execute(db);
  },
};
