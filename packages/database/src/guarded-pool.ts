import { Pool, type PoolClient, type PoolConfig } from 'pg';

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
  // A client that is checked out has no listener of its own: its death would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
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
