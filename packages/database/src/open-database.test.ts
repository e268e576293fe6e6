import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, type PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from './open-database.ts';
import { testDatabase, testEngines, testPostgres } from './testing.ts';

// A first start takes seconds of one core, on a busy machine much longer.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const fresh = (engine: Database['kind'], options: object = {}) =>
  testDatabase({
    engine,
    key: 'open-database.test 1',
    migrate: async (pool) => {
      await pool.query('create table counter (id int primary key, n int not null)');
      for (let i = 0; i < 5; i++) await pool.query(`create table big_${i} (id int, body text)`);
    },
    ...options,
  });

const rejection = (promise: Promise<unknown>): Promise<Error & { code?: string }> =>
  promise.then(
    () => expect.unreachable('should have been rejected'),
    (error: unknown) => error as Error,
  );

/** The client's own next error, as a listener hears it. */
const clientError = (client: PoolClient) =>
  new Promise<Error & { code?: string }>((resolve) => client.once('error', resolve));

describe.each(testEngines())('%s', (engine) => {
  let database: Database;
  beforeAll(async () => {
    database = await fresh(engine);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.pool.query('delete from counter; insert into counter values (1, 0), (2, 0)');
  });

  test('large inserts on several connections at once land where they belong', async () => {
    const insert = (i: number) =>
      database.pool.query(`insert into big_${i % 5} select $1::int, $2::text from generate_series(1, 20)`, [
        i,
        `${i} `.repeat(20_000),
      ]);
    await Promise.all(Array.from({ length: 50 }, (_, i) => insert(i)));
    for (let t = 0; t < 5; t++) {
      const { rows } = await database.pool.query(
        `select count(*) as rows, count(distinct id) as ids, bool_and(id % 5 = $1) as own,
                bool_and(body = repeat(id || ' ', 20000)) as whole from big_${t}`,
        [t],
      );
      expect(rows).toEqual([{ rows: 200, ids: 10, own: true, whole: true }]);
    }
  });

  test('20 MB go in and out unchanged', async () => {
    const bytes = Buffer.alloc(20_000_000, 'quartz');
    const { rows } = await database.pool.query('select $1::bytea as bytes', [bytes]);
    expect(bytes.equals((rows as { bytes: Buffer }[])[0]!.bytes)).toBe(true);
  });

  test('transactions that read and write the same row lose nothing', async () => {
    const db = new Kysely<{ counter: { id: number; n: number } }>({
      dialect: new PostgresDialect({ pool: database.pool }),
    });
    const increment = () =>
      db.transaction().execute(async (trx) => {
        const { n } = await trx
          .selectFrom('counter')
          .select('n')
          .where('id', '=', 1)
          .forUpdate()
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('counter')
          .set({ n: n + 1 })
          .where('id', '=', 1)
          .execute();
      });
    await Promise.all(Array.from({ length: 40 }, increment));
    const { rows } = await database.pool.query('select n from counter where id = 1');
    expect(rows).toEqual([{ n: 40 }]);
  });

  test('nobody sees what a transaction has not committed', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    await client.query('update counter set n = 7');
    const seen = database.pool.query('select n from counter where id = 1');
    await client.query('rollback');
    client.release();
    expect((await seen).rows).toEqual([{ n: 0 }]);
  });

  test('a session that dies in the middle of a transaction leaves nothing behind', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    await client.query('update counter set n = 7');
    client.connection.stream.destroy();
    client.release(true);
    const { rows } = await database.pool.query('select n from counter where id = 1 for update');
    expect(rows).toEqual([{ n: 0 }]);
  });

  test('a failed transaction refuses everything until its end, the session lives on', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    expect((await rejection(client.query('select 1/0'))).code).toBe('22012');
    expect((await rejection(client.query('select 1'))).code).toBe('25P02');
    await client.query('rollback');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  test('an error in the middle of a pipeline fails its own query only', async () => {
    const client = new Client({ ...database.pool.options, pipeline: true });
    await client.connect();
    const results = await Promise.allSettled([
      client.query('update counter set n = n + $1', [1]),
      client.query('select 1 / $1::int', [0]),
      client.query('no such statement'),
      client.query('update counter set n = n + $1', [1]),
    ]);
    await client.end();
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const { rows } = await database.pool.query('select n from counter where id = 1');
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('prepared statements of the same name in two sessions are two', async () => {
    const [a, b] = [await database.pool.connect(), await database.pool.connect()];
    // As long as PostgreSQL allows: whatever is put before it would be cut off behind.
    const name = 'a'.repeat(63);
    const ask = (client: PoolClient, text: string, value: number) =>
      client.query({ name, text, values: [value] });
    for (let round = 0; round < 2; round++) {
      expect((await ask(a, 'select $1::int + 1 as n', round)).rows).toEqual([{ n: round + 1 }]);
      expect((await ask(b, 'select $1::int * 10 as n', round)).rows).toEqual([{ n: round * 10 }]);
    }
    a.release(true);
    expect((await ask(b, 'select $1::int * 10 as n', 5)).rows).toEqual([{ n: 50 }]);
    b.release(true);
  });

  test('a portal is read in parts while another session asks', async () => {
    const client = await database.pool.connect();
    const parts = client.query({
      text: 'select * from generate_series(1, $1) as n',
      values: [95],
      rows: 10,
    } as {
      text: string;
      values: number[];
    });
    const other = database.pool.query('select 1 as one');
    expect((await parts).rows.map(({ n }) => n)).toEqual(Array.from({ length: 95 }, (_, i) => i + 1));
    expect((await other).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  test('cursors of the same name in two sessions are two', async () => {
    const read = async (from: number) => {
      const client = await database.pool.connect();
      await client.query('begin');
      await client.query(`declare c cursor for select * from generate_series(${from}, ${from + 3}) as n`);
      const first = await client.query('fetch 2 from c');
      const second = await client.query('fetch 2 from c');
      await client.query('commit');
      client.release();
      return [...first.rows, ...second.rows].map(({ n }) => n);
    };
    expect(await Promise.all([read(1), read(100)])).toEqual([
      [1, 2, 3, 4],
      [100, 101, 102, 103],
    ]);
  });

  test('COPY FROM STDIN fails and the session lives on, COPY TO STDOUT is no harm', async () => {
    const client = await database.pool.connect();
    expect((await rejection(client.query('copy counter from stdin'))).code).toBe('57014');
    expect((await rejection(client.query({ text: 'copy counter from stdin', values: [] }))).code).toBe(
      '57014',
    );
    await client.query('copy counter to stdout');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  test('an int8 is a number when that is exact, else the digits', async () => {
    const { rows } = await database.pool.query(
      `select 9007199254740991::int8 as safe, 9007199254740992::int8 as unsafe, (-1)::int8 as negative,
              null::int8 as nothing, array[1, 9007199254740992, null]::int8[] as several, sum(1) as sum
       from generate_series(1, 3)`,
    );
    expect(rows).toEqual([
      {
        safe: 9007199254740991,
        unsafe: '9007199254740992',
        negative: -1,
        nothing: null,
        several: [1, '9007199254740992', null],
        sum: 3,
      },
    ]);
  });

  test('the pool refuses at once inside an open transaction, and only there', async () => {
    const db = new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool: database.pool }) });
    let late: Promise<unknown> | undefined;
    let ended = () => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await db.transaction().execute((trx) =>
      database.insideTransaction(async () => {
        expect((await rejection(database.pool.query('select 1'))).name).toBe('PoolInsideTransaction');
        expect((await rejection(database.pool.connect())).name).toBe('PoolInsideTransaction');
        expect((await rejection(sql`select 1`.execute(db))).name).toBe('PoolInsideTransaction');
        late = end.then(() => database.pool.query('select 2 as two'));
        expect((await sql`select 1 as one`.execute(trx)).rows).toEqual([{ one: 1 }]);
      }),
    );
    ended();
    expect(await late).toMatchObject({ rows: [{ two: 2 }] });
    await database.insideTransaction(() => Promise.reject(new Error('no'))).catch(() => {});
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a notification reaches every listener of its channel once it is committed', async () => {
    const heard: string[] = [];
    const listeners = await Promise.all([
      database.listen('answers', (payload) => heard.push(`a ${payload}`)),
      database.listen('answers', (payload) => heard.push(`b ${payload}`)),
      database.listen('Other "channel"', (payload) => heard.push(`other ${payload}`)),
    ]);
    const client = await database.pool.connect();
    await client.query("begin; notify answers, 'undone'; rollback");
    await client.query('begin');
    await client.query("select pg_notify('answers', '1')");
    const before = [...heard];
    await client.query('commit');
    client.release();
    await database.pool.query('notify answers');
    await database.pool.query(`notify "Other ""channel""", 'x'`);
    await expect.poll(() => heard.toSorted()).toEqual(['a ', 'a 1', 'b ', 'b 1', 'other x']);
    expect(before).toEqual([]);
    await Promise.all(listeners.map((listener) => listener.close()));
    await database.pool.query('notify answers');
    await database.pool.query('select 1');
    expect(heard).toHaveLength(5);
  });

  test('waiting too long for the transaction of another is an error that says so', async () => {
    await using impatient = await fresh(engine, { limits: { lockWaitMs: 100 } });
    await impatient.pool.query('insert into counter values (1, 0)');
    const client = await impatient.pool.connect();
    await client.query('begin');
    await client.query('update counter set n = 1');
    const waiting = impatient.pool.query('update counter set n = n + 2');
    expect((await rejection(waiting)).code).toBe('55P03');
    await client.query('commit');
    client.release();
    const { rows } = await impatient.pool.query('update counter set n = n + 10 returning n');
    expect(rows).toEqual([{ n: 11 }]);
  });

  test('a transaction that stands idle too long is undone and its session ended', async () => {
    await using impatient = await fresh(engine, { limits: { idleInTransactionMs: 100 } });
    await impatient.pool.query('insert into counter values (1, 0)');
    const client = await impatient.pool.connect();
    await client.query('begin');
    await client.query('update counter set n = 7');
    expect((await clientError(client)).code).toBe('25P03');
    client.release(true);
    const { rows } = await impatient.pool.query('update counter set n = n + 1 returning n');
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('closing twice is closing once, and a closed database refuses', async () => {
    const closing = await fresh(engine);
    await closing.listen('answers', () => {});
    await Promise.all([closing.close(), closing.close()]);
    expect((await rejection(closing.pool.query('select 1'))).message).toContain('after calling end');
  });
});

describe.skipIf(!testEngines().includes('postgres'))('postgres only', () => {
  test('a lost connection is made again and the listener told, the pool goes on', async () => {
    await using database = await fresh('postgres');
    const heard: (string | undefined)[] = [];
    await database.listen('answers', (payload) => heard.push(payload));
    await database.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([undefined]);
    await database.pool.query("notify answers, 'again'");
    await expect.poll(() => heard).toEqual([undefined, 'again']);
  });

  test('the limits are those of the connection', async () => {
    await using database = await fresh('postgres', { limits: { statementMs: 50 } });
    expect((await rejection(database.pool.query('select pg_sleep(10)'))).code).toBe('57014');
    const { rows } = await database.pool.query(
      `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
              current_setting('idle_in_transaction_session_timeout') as idle, current_setting('timezone') as zone`,
    );
    expect(rows).toEqual([{ statement: '50ms', lock: '10s', idle: '1min', zone: 'UTC' }]);
  });
});

test.skipIf(!testEngines().includes('postgres'))(
  'a connection that has gone dark fails what waits for it, and the pool goes on with another',
  async () => {
    const fresh = (await testPostgres())!;
    const url = new URL(fresh.url);
    const dir = url.searchParams.get('host');
    const there = dir
      ? { path: `${dir}/.s.PGSQL.5432` }
      : { port: Number(url.port || 5432), host: url.hostname };
    let dark = false;
    const sockets = new Set<Socket>();
    // Nothing of what was open comes through any more, and nobody is told.
    const proxy = createServer((client) => {
      const upstream = connect(there);
      const isDark = () => dark && sockets.has(client);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        if (!dark) sockets.add(one);
        one.on('error', () => {}).on('data', (bytes) => isDark() || other.write(bytes));
        one.on('close', () => isDark() || other.destroy());
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    url.searchParams.delete('host');
    url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const database = await openDatabase({ url: url.href, limits: { statementMs: 300 }, max: 2 });
    const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: database.pool }) });
    const ask = () => sql`select 1`.execute(db);
    await Promise.all([ask(), ask()]);
    dark = true;
    const answers = await Promise.allSettled([ask(), database.pool.query('select 1')]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await Promise.all([ask(), ask()]);
    await database.close();
    for (const one of sockets) one.destroy();
    await new Promise((resolve) => proxy.close(resolve));
    await fresh.drop();
  },
);

test('a PostgreSQL that is not there is an error of opening', async () => {
  const url = 'postgresql://nobody@127.0.0.1:1/none';
  expect((await rejection(openDatabase({ url }))).code).toBe('ECONNREFUSED');
});
