import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Db } from '../app.ts';
import type { Tables } from './tables.ts';

/** What the host opens: a `pg` pool on the embedded or on a real PostgreSQL. */
export type OpenedDatabase = {
  pool: PostgresPool;
  insideTransaction<T>(run: () => Promise<T>): Promise<T>;
  listen: Db['listen'];
};

/** The one way to speak to the database; a pool query inside an open transaction is an error at once. */
export function toDb(opened: OpenedDatabase): Db {
  const query = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: opened.pool }) });
  return {
    query,
    transaction: (run) => query.transaction().execute((trx) => opened.insideTransaction(() => run(trx))),
    listen: opened.listen,
  };
}
