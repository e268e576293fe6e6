import { type Stint, toDb } from '@rayni/api';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patient, serverDatabase } from '../testing/test-server.ts';
import { openJobs } from './boss.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const versionId = '0190b3a0-0000-7000-8000-000000000001';

describe('a job', () => {
  it('is tried three times, and then its loss is told', async () => {
    await using database = await serverDatabase();
    const { jobs, work, stop } = await openJobs(database, quiet);
    await toDb(database).transaction((trx) => jobs.enqueue(trx, 'ingest', { versionId }));
    let tries = 0;
    const lost: string[] = [];
    await work(
      {
        ingest: {
          async run() {
            tries += 1;
            throw new Error('the store is away');
          },
          async lost(data) {
            lost.push(data.versionId);
          },
        },
      },
      1,
    );
    await expect.poll(() => lost, patient).toEqual([versionId]);
    expect(tries).toBe(3);
    await stop();
  });

  it('loses no try to a server that stops, however often one does', async () => {
    await using database = await serverDatabase();
    const lost: string[] = [];
    for (let stops = 0; stops < 4; stops++) {
      const queue = await openJobs(database, quiet);
      if (stops === 0)
        await toDb(database).transaction((trx) => queue.jobs.enqueue(trx, 'ingest', { versionId }));
      const begun = Promise.withResolvers<void>();
      await queue.work(
        {
          ingest: {
            run(_data, signal) {
              begun.resolve();
              return new Promise((_, reject) =>
                signal.addEventListener('abort', () => reject(signal.reason)),
              );
            },
            async lost(data) {
              lost.push(data.versionId);
            },
          },
        },
        1,
      );
      await begun.promise;
      await queue.stop();
    }
    const { rows } = await database.pool.query(
      `select state, retry_limit - retry_count as left from pgboss.job where name = 'ingest'`,
    );
    // Taking it up again counts one: then both retries of a first try are left.
    expect(rows).toEqual([{ state: 'retry', left: 3 }]);
    expect(lost).toEqual([]);
  });

  it('whose process died is taken up at the next start of an embedded database', async () => {
    await using database = await serverDatabase('embedded');
    const first = await openJobs(database, quiet);
    await toDb(database).transaction((trx) => first.jobs.enqueue(trx, 'ingest', { versionId }));
    await first.stop();
    // As a process leaves it that took the job and was killed.
    await database.pool.query(`update pgboss.job set state = 'active', started_on = now()`);
    const next = await openJobs(database, quiet);
    const done: string[] = [];
    await next.work(
      {
        ingest: {
          async run(data) {
            done.push(data.versionId);
          },
          async lost() {},
        },
      },
      1,
    );
    await expect.poll(() => done, patient).toEqual([versionId]);
    await next.stop();
  });
});

describe.each(testEngines())('on %s the sweep', (kind) => {
  it('is due once an hour, however often and on however many servers the queue is opened', async () => {
    await using database = await serverDatabase(kind);
    const run = async () => {};
    const queues = [await openJobs(database, quiet), await openJobs(database, quiet)];
    for (const queue of queues) await queue.work({ sweep: { run, lost: run } }, 1);
    const { rows } = await database.pool.query('select name, cron, data from pgboss.schedule');
    expect(rows).toEqual([{ name: 'sweep', cron: '17 * * * *', data: { because: 'hour' } }]);
    for (const queue of queues) await queue.stop();
  });
});

describe.each(testEngines())('on %s a job', (kind) => {
  let database: Awaited<ReturnType<typeof serverDatabase>>;
  let here: Awaited<ReturnType<typeof openJobs>>;
  let there: typeof here;
  let run: (signal: AbortSignal) => Promise<void>;
  const lost: string[] = [];
  // Two processes on one database, the second of which works.
  beforeAll(async () => {
    database = await serverDatabase(kind);
    [here, there] = [await openJobs(database, quiet), await openJobs(database, quiet)];
    const ingest = {
      run: (_data: object, signal: AbortSignal) => run(signal),
      lost: async (data: { versionId: string }) => void lost.push(data.versionId),
    };
    await there.work({ ingest }, 1);
  });
  afterAll(async () => {
    await Promise.all([here.stop(), there.stop()]);
    await database[Symbol.asyncDispose]();
  });
  const newest = async () => (await here.jobs.list({}, { limit: 10, offset: 0 })).jobs[0]!;
  const send = () => toDb(database).transaction((trx) => here.jobs.enqueue(trx, 'ingest', { versionId }));
  const act = async (what: 'cancel' | 'retry') => {
    const job = await newest();
    return toDb(database).transaction((trx) => here.jobs[what](trx, job));
  };

  it('at work is stopped soon when it is cancelled elsewhere, and done when it is retried; twice is once', async () => {
    const reasons: unknown[] = [];
    const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    run = async (signal) => {
      begun[runs++]?.resolve();
      if (runs > 1) return;
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(new Error('stopped'));
        }),
      );
    };
    await send();
    await begun[0]?.promise;
    expect(await newest()).toMatchObject({ name: 'ingest', data: { versionId }, state: 'working', tries: 1 });
    expect((await Promise.all([act('cancel'), act('cancel')])).filter(Boolean)).toEqual([true]);
    await expect.poll(() => reasons, patient).toEqual(['cancelled']);
    expect(await newest()).toMatchObject({ state: 'cancelled', endedAt: expect.any(Date) });
    expect((await Promise.all([act('retry'), act('retry')])).filter(Boolean)).toEqual([true]);
    await begun[1]?.promise;
    await expect.poll(async () => (await newest()).state, patient).toBe('done');
    expect(await newest()).toMatchObject({ tries: 2, error: null });
    expect([await act('cancel'), await act('retry'), runs, lost]).toEqual([false, false, 2, []]);
  });

  it('that failed says why, and is tried once more when it is retried', async () => {
    let runs = 0;
    run = async () => {
      runs += 1;
      if (runs < 4) throw new Error('the store is away');
    };
    await send();
    await expect.poll(async () => (await newest()).state, patient).toBe('failed');
    expect(await newest()).toMatchObject({ tries: 3, error: 'the store is away', nextAt: null });
    const count = async (which: object) => (await here.jobs.list(which, { limit: 1, offset: 0 })).total;
    expect(await count({ state: 'failed', name: 'ingest' })).toBe(1);
    expect(await count({ name: 'sweep' })).toBe(0);
    expect(await act('retry')).toBe(true);
    await expect.poll(async () => (await newest()).state, patient).toBe('done');
    expect(runs).toBe(4);
  });
});

describe.each(testEngines())('on %s a job that takes long', (kind) => {
  const id = (n: number) => `0190b3a0-0000-7000-8000-00000000000${n}`;
  const [long, short, longToo] = [id(1), id(2), id(3)];

  /** A queue whose one taker does this. */
  async function queueOf(run: (versionId: string, signal: AbortSignal, stint: Stint) => Promise<void>) {
    const database = await serverDatabase(kind);
    const queue = await openJobs(database, quiet);
    const db = toDb(database);
    const work = () =>
      queue.work(
        {
          ingest: {
            run: (data, signal, stint) => run(data.versionId, signal, stint!),
            async lost() {},
          },
        },
        1,
      );
    return {
      database,
      send: (versionId: string) => db.transaction((trx) => queue.jobs.enqueue(trx, 'ingest', { versionId })),
      work,
      list: async () => (await queue.jobs.list({}, { limit: 10, offset: 0 })).jobs,
      async [Symbol.asyncDispose]() {
        await queue.stop();
        await database[Symbol.asyncDispose]();
      },
    };
  }
  const aborted = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  it('makes way for one that had less time, and is done after it with all its tries left', async () => {
    const begun: string[] = [];
    await using queue = await queueOf(async (versionId, _signal, stint) => {
      begun.push(versionId);
      const away = stint.begin(50);
      if (begun.length === 1) await aborted(away);
    });
    await queue.send(long);
    await queue.send(short);
    await queue.work();
    await expect.poll(() => begun, patient).toEqual([long, short, long]);
    await expect
      .poll(async () => (await queue.list()).map(({ state }) => state), patient)
      .toEqual(['done', 'done']);
    const { rows } = await queue.database.pool.query(
      `select retry_limit - retry_count as left, priority from pgboss.job where data->>'versionId' = $1`,
      [long],
    );
    expect(rows).toEqual([{ left: 2, priority: -1 }]);
  });

  it('and stays has short ones taken beside it, and no long ones', async () => {
    const over = Promise.withResolvers<void>();
    const begun: string[] = [];
    await using queue = await queueOf(async (versionId, _signal, stint) => {
      begun.push(versionId);
      stint.begin(1);
      // Whether the next one is there already when it is looked at must not decide.
      if (versionId === long) stint.keep();
      if (versionId === long) await over.promise;
    });
    await queue.send(longToo);
    // As one that made way three times.
    await queue.database.pool.query('update pgboss.job set priority = -3');
    await queue.send(long);
    await queue.work();
    await expect.poll(() => begun, patient).toEqual([long]);
    await queue.send(short);
    await expect.poll(() => begun, patient).toEqual([long, short]);
    await expect
      .poll(async () => (await queue.list()).map(({ state }) => state), patient)
      .toEqual(['done', 'working', 'waiting']);
    expect(begun).toEqual([long, short]);
    over.resolve();
    await expect.poll(() => begun, patient).toEqual([long, short, longToo]);
  });
});
