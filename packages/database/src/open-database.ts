import { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool, PoolConfig } from 'pg';
import { columnTypes as types } from './column-types.ts';
import { type Embedded, startEmbedded } from './embedded.ts';
import { guardedPool } from './guarded-pool.ts';
import { listen } from './listen.ts';
import { PortStream } from './port-stream.ts';

/** How long things may take, in milliseconds; what happens then, with PostgreSQL's error code. */
export type Limits = {
  /** One statement (57014); embedded, the engine is ended and started again: all open connections are lost. */
  statementMs: number;
  /** Waiting for a lock, embedded for the transaction of another session (55P03). */
  lockWaitMs: number;
  /** A transaction in which nothing is said (25P03, and the connection ends). */
  idleInTransactionMs: number;
};

export type DatabaseOptions = {
  /** A PostgreSQL to connect to; the embedded engine without one. */
  url?: string | undefined;
  /**
   * The embedded database's directory, made if missing; in memory without one. What was acknowledged outlives the
   * death of the process, not that of the machine: the engine never syncs to disk. For that there is `dump`.
   */
  dir?: string | undefined;
  /** A tarball of `dump` that a new embedded database starts from. */
  template?: string | undefined;
  /** Connections of the pool: 10 on PostgreSQL, 4 embedded. */
  max?: number | undefined;
  limits?: Partial<Limits> | undefined;
  /** Lost connections and restarts; fields carry no statements. */
  log?: ((fields: object, message: string) => void) | undefined;
  /** The embedded engine died unexpectedly; with a directory it is started again. */
  onWorkerExit?: ((code: number) => void) | undefined;
};

export type Database = AsyncDisposable & {
  readonly kind: 'embedded' | 'postgres';
  /** The ordinary pool of `pg`; using it inside an open transaction is an error at once, on both engines. */
  readonly pool: Pool;
  /** Runs `fn` marked as inside a transaction; the transaction's own connection is taken before, outside the mark. */
  insideTransaction<T>(fn: () => Promise<T>): Promise<T>;
  /**
   * Calls `on` with each payload notified on the channel by any session. A lost connection is made again, after
   * which `on(undefined)` says that something may have been missed.
   */
  listen(channel: string, on: (payload: string | undefined) => void): Promise<{ close(): Promise<void> }>;
  /** A tarball of the whole embedded database; on PostgreSQL `pg_dump` is the tool and this an error. */
  dump(): Promise<Uint8Array>;
  close(): Promise<void>;
};

const LIMITS: Limits = { statementMs: 30_000, lockWaitMs: 10_000, idleInTransactionMs: 60_000 };

// Honest waits behind long statements are longer on the one backend of the embedded engine.
const EMBEDDED_LOCK_WAIT_MS = 20_000;

/**
 * Opens the one database of the product: PostgreSQL with a URL, else PGlite in a worker thread behind the same
 * driver. Rejects when it does not answer, with `DatabaseInUse` when another process has the directory.
 */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const log = options.log ?? (() => {});
  const engine = options.url === undefined ? await embedded(options, log) : postgres(options.url, options);
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const pool = guardedPool(engine.client, () => inside.getStore()?.open === true, log);
  const listeners = new Set<{ close(): Promise<void> }>();

  let closed: Promise<void> | undefined;
  const close = () => (closed ??= closeAll());
  const closeAll = async () => {
    await Promise.all([...listeners].map((listener) => listener.close()));
    await pool.end();
    await engine.close();
  };
  try {
    await pool.query('select 1');
  } catch (error) {
    await close();
    throw error;
  }

  return {
    kind: engine.kind,
    pool,
    async insideTransaction(fn) {
      const mark = { open: true };
      try {
        return await inside.run(mark, fn);
      } finally {
        mark.open = false;
      }
    },
    async listen(channel, on) {
      const listener = await listen(engine.client, channel, on, log);
      listeners.add(listener);
      return {
        close() {
          listeners.delete(listener);
          return listener.close();
        },
      };
    },
    dump: engine.dump,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Engine = {
  kind: Database['kind'];
  client: PoolConfig;
  dump: () => Promise<Uint8Array>;
  close: () => Promise<void>;
};

type LogLine = (fields: object, message: string) => void;

// Shorter and a query behind a long statement fails although its turn would have come.
const CONNECT_MS = 20_000;

async function embedded(options: DatabaseOptions, log: LogLine): Promise<Engine> {
  const limits = { ...LIMITS, lockWaitMs: EMBEDDED_LOCK_WAIT_MS, ...options.limits };
  const engine = await startEmbedded({
    dir: options.dir,
    template: options.template,
    limits,
    log,
    onWorkerExit: options.onWorkerExit ?? (() => {}),
  });
  return embeddedEngine(engine, options.max);
}

function embeddedEngine(engine: Embedded, max = 4): Engine {
  return {
    kind: 'embedded',
    client: {
      // All said, or the variables PGUSER, PGSSLMODE and so on would speak for them.
      user: 'postgres',
      database: 'postgres',
      password: '',
      ssl: false,
      types,
      stream: () => new PortStream(engine.connect),
      max,
      connectionTimeoutMillis: CONNECT_MS,
    },
    dump: engine.dump,
    close: engine.close,
  };
}

/** A server that is there has ended any statement by then. */
const ANSWER_LATER_MS = 5_000;

function answerMs(url: string, statementMs: number): number | undefined {
  const said = URL.parse(url)?.searchParams.get('statement_timeout');
  const longest = Number(said ?? statementMs);
  // 0 is no limit.
  return longest > 0 ? longest + ANSWER_LATER_MS : undefined;
}

function postgres(url: string, options: DatabaseOptions): Engine {
  const limits = { ...LIMITS, ...options.limits };
  return {
    kind: 'postgres',
    client: {
      // What the URL says of these wins.
      connectionString: url,
      options: '-c timezone=UTC',
      types,
      max: options.max ?? 10,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      statement_timeout: limits.statementMs,
      // A connection that has gone dark gives no answer, and the kernel waits a quarter of an hour for one.
      query_timeout: answerMs(url, limits.statementMs),
      lock_timeout: limits.lockWaitMs,
      idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    },
    dump: () => Promise.reject(new Error('dump is for the embedded database: use pg_dump on PostgreSQL')),
    close: () => Promise.resolve(),
  };
}
