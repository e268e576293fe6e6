import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// Each version keeps the label it came with: an old Proof shows the label of the bytes it opens, not of those that answer now.
const statements = `
alter table source_version add column label text not null default '';
update source_version set label = source.version from source where source.id = source_version.source_id;
`;

/** A label of its own for each version of a source. */
export const versionLabels: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(statements).execute(db);
  },
};
