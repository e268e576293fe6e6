import { testDatabase, testEngines } from '@rayni/database/testing';
import { sql } from 'kysely';
import { type MigrationProvider, Migrator } from 'kysely/migration';
import { expect, test } from 'vitest';
import { toDb } from './database.ts';
import { migrate, migrations } from './migrate.ts';

const id = (n: number) => `0195d8f0-0000-7000-8000-${String(n).padStart(12, '0')}`;
/** A document as the release before stored it, in the statements of that release. */
const document = `
insert into instrument (id, name, visibility, created_at, updated_at) values ('${id(1)}', 'Lamp', 'public', now(), now());
insert into source (id, instrument_id, type, title, status, created_at, updated_at)
  values ('${id(2)}', '${id(1)}', 'note', 'Manual', 'approved', now(), now());
insert into source_version (id, source_id, ordinal, blob_key, filename, media_type, size, sha256, created_at)
  values ('${id(3)}', '${id(2)}', 1, 'key', 'manual.md', 'text/markdown', 9, 'hash', now());
insert into reading (id, version_id, reader, reader_version, published_at, created_at)
  values ('${id(4)}', '${id(3)}', 'note', 1, now(), now());
insert into unit (reading_id, ordinal, text, places) values ('${id(4)}', 1, 'It glows.', '\\x0101');
update source_version set current_reading_id = '${id(4)}' where id = '${id(3)}';
update source set current_version_id = '${id(3)}' where id = '${id(2)}';
`;
const fragment = (n: number, kind: string) =>
  `insert into fragment (id, reading_id, ordinal, heading, kind, text, ranges, segments, embed_hash)
    values ('${id(100 + n)}', '${id(4)}', ${n}, '', '${kind}', 'It glows.', '[]', '[]', 'hash')`;
const firstUnreleased = '0005-kinds-of-sources';

test.each(testEngines())(
  'a database of the release before takes the newer migrations with its data, on %s',
  async (engine) => {
    await using database = await testDatabase({ engine, key: 'nothing', migrate: async () => {} });
    const db = toDb(database).query;
    const run = (statements: string) => sql.raw(statements).execute(db);
    const released = Object.fromEntries(
      Object.entries(migrations).filter(([name]) => name < firstUnreleased),
    );
    const provider: MigrationProvider = { getMigrations: async () => released };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    expect(error).toBeUndefined();
    await run(document);
    await run(fragment(1, 'prose'));
    await expect(run(fragment(2, 'description'))).rejects.toThrow(/fragment_kind_check/);

    expect(await migrate(db)).toEqual(Object.keys(migrations).filter((name) => name >= firstUnreleased));
    expect(await migrate(db)).toEqual([]);
    expect(await db.selectFrom('reading').select(['facts', 'made_of']).execute()).toEqual([
      { facts: {}, made_of: '' },
    ]);
    expect(await db.selectFrom('source').select(['title', 'status']).execute()).toEqual([
      { title: 'Manual', status: 'approved' },
    ]);
    await run(fragment(2, 'description'));
    await expect(run(fragment(3, 'poem'))).rejects.toThrow(/fragment_kind_check/);
    // A server of the release before may still be at work.
    await run(document.replaceAll(id(1).slice(0, 23), '0195d8f0-0000-7000-9000').replace("'key'", "'other'"));
    expect(await db.selectFrom('reading').select('facts').execute()).toHaveLength(2);
  },
);
