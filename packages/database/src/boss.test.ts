import { Kysely, PostgresDialect, sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bossDatabase } from './boss.ts';
import type { Database } from './open-database.ts';
import { testDatabase, testEngines } from './testing.ts';

// A first start takes seconds of one core, on a busy machine much longer.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const NO_JOB = '00000000-0000-0000-0000-000000000000';

const quick = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };

describe.each(testEngines())('pg-boss on %s', (engine) => {
  let database: Database;
  let boss: PgBoss;
  let db: Kysely<Record<string, never>>;
  const complaints: unknown[] = [];

  beforeAll(async () => {
    database = await testDatabase({ engine, key: 'boss.test 1', migrate: () => Promise.resolve() });
    db = new Kysely({ dialect: new PostgresDialect({ pool: database.pool }) });
    boss = new PgBoss({
      db: bossDatabase(database),
      useListenNotify: true,
      supervise: false,
      schedule: false,
    });
    boss.on('error', (error) => complaints.push(error));
    boss.on('warning', (warning) => complaints.push(warning));
    await boss.start();
  });
  afterAll(async () => {
    await boss.stop({ graceful: false });
    await database.close();
  });

  const queue = async (name: string) => {
    await boss.createQueue(name, { notify: true, retryLimit: 2, retryDelay: 0 });
    // Fills the queue cache; in the middle of a transaction it could not be filled.
    await boss.getJobById(name, NO_JOB);
  };

  test('a job stored with a transaction is done after its commit, one rolled back never', async () => {
    await queue('stored');
    const done: unknown[] = [];
    await boss.work<{ n: number }>('stored', quick, async ([job]) => {
      done.push(job!.data.n);
    });
    const send = (n: number, end: () => void) =>
      db.transaction().execute((trx) =>
        database.insideTransaction(async () => {
          await boss.send('stored', { n }, { db: fromKysely(trx) });
          await sql`select 1`.execute(trx);
          end();
        }),
      );
    await expect(
      send(1, () => {
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await send(2, () => {});
    await expect.poll(() => done, { timeout: 10_000 }).toEqual([2]);
    expect(complaints).toEqual([]);
  });

  test('a job that fails is tried again as often as its queue says', async () => {
    await queue('failing');
    const tries: number[] = [];
    await boss.work('failing', { ...quick, includeMetadata: true }, async ([job]) => {
      tries.push(job!.retryCount);
      if (job!.retryCount < 2) throw new Error('not yet');
    });
    const id = await boss.send('failing', {});
    await expect.poll(() => tries, { timeout: 15_000 }).toEqual([0, 1, 2]);
    await expect
      .poll(async () => (await boss.findJobs('failing', { id: id! }))[0]?.state, { timeout: 10_000 })
      .toBe('completed');
    expect(complaints).toEqual([]);
  });

  test('a notification wakes a worker long before it would look', async () => {
    await queue('woken');
    const done: unknown[] = [];
    const rare = { pollingIntervalSeconds: 600, notifyPollingIntervalSeconds: 600 };
    await boss.work('woken', rare, async ([job]) => {
      done.push(job!.data);
    });
    // The worker looks once at its start; what comes after that only a notification can tell it.
    await boss.send('woken', { n: 1 });
    await expect.poll(() => done, { timeout: 10_000 }).toEqual([{ n: 1 }]);
    await boss.send('woken', { n: 2 });
    await expect.poll(() => done, { timeout: 10_000 }).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('a cold queue cache inside a transaction is an error at once, not a standstill', async () => {
    await boss.createQueue('cold', { notify: true });
    const sending = db
      .transaction()
      .execute((trx) => database.insideTransaction(() => boss.send('cold', {}, { db: fromKysely(trx) })));
    await expect(sending).rejects.toThrow('The pool was used inside an open transaction');
  });
});
