import { toDb } from '@rayni/api';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
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
    await using database = await serverDatabase();
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
