import { type Client, Pool, type PoolClient, type PoolConfig } from 'pg';

/** The pool was used inside an open transaction. */
export class PoolInsideTransaction extends Error {
  override readonly name = 'PoolInsideTransaction';
}

type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/**
 * A pool that refuses (at once, with `PoolInsideTransaction`) while `refuse()` says so, and that outlives the death of
 * its connections. On the embedded engine such a query would wait for the very transaction that waits for it.
 */
export function guardedPool(
  config: PoolConfig,
  refuse: () => boolean,
  log: (fields: object, message: string) => void,
): Pool {
  const pool = new Pool(config);
  pool.on('error', (error) => log({ err: error }, 'an idle database connection was lost'));
  pool.on('connect', (client) => {
    // A client that is checked out has no listener of its own: its death would end the process.
    client.on('error', () => {});
    endWhenDark(client);
  });
  // `pool.query` connects with a callback, Kysely with a promise.
  const connect = pool.connect.bind(pool) as (callback?: ConnectCallback) => Promise<PoolClient>;
  const guarded = (callback?: ConnectCallback) => {
    if (!refuse()) return connect(callback);
    const error = new PoolInsideTransaction(
      'The pool was used inside an open transaction. Use the transaction, or wait until it has ended.',
    );
    if (callback === undefined) return Promise.reject(error);
    callback(error, undefined, () => {});
    return undefined;
  };
  pool.connect = guarded as typeof pool.connect;
  return pool;
}

/**
 * Ends a client whose `query_timeout` has run out: the driver fails the query and keeps the connection, on which whoever gets it next from the
 * pool would wait for the answer to that one.
 */
function endWhenDark(client: PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const answered = query(...args);
    if (answered instanceof Promise) {
      answered.catch((error: unknown) => {
        // Without a callback it would return a promise of an orderly end, which nobody is there for.
        if (error instanceof Error && error.message === 'Query read timeout')
          (client as Client).end(() => {});
      });
    }
    return answered;
  }) as typeof client.query;
}
