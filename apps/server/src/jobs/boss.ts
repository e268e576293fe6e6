import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers, JobData, JobName, Jobs, Log } from '@rayni/api';
import { bossDatabase, type Database } from '@rayni/database';
import { fromKysely, PgBoss } from 'pg-boss';

const queues: JobName[] = ['ingest', 'fetch', 'forget', 'sync', 'sweep'];
const restMs = 5_000;
const noJob = '00000000-0000-0000-0000-000000000000';
const lostQueue = (name: JobName) => `${name}-lost`;

/** The queue, on either engine. At least once: handlers are idempotent. `keeps`: this process looks after the queue too, beside others that do. */
export async function openJobs(
  database: Pick<Database, 'kind' | 'pool' | 'listen'>,
  log: Log,
  { keeps }: { keeps: boolean } = { keeps: true },
) {
  const boss = new PgBoss({
    db: bossDatabase(database),
    ...(database.kind === 'embedded' ? { backend: 'pglite' as const } : {}),
    useListenNotify: true,
    supervise: keeps,
    schedule: keeps,
  });
  boss.on('error', (error) => log.error({ err: error }, 'The job queue met an error'));
  await boss.start();
  for (const name of queues) {
    await boss.createQueue(lostQueue(name), { notify: true, retryLimit: 10, retryDelay: 5 });
    await boss.createQueue(name, {
      notify: true,
      retryLimit: 2,
      retryDelay: 1,
      expireInSeconds: 3_600,
      heartbeatSeconds: 30,
      deadLetter: lostQueue(name),
    });
    // Warms the queue cache: a cold one would ask its own connection in the middle of the caller's transaction.
    await boss.findJobs(name, { id: noJob });
    if (database.kind === 'embedded') await failOrphans(name);
  }

  /** The embedded database has one process: what is at work at its start belongs to one that died, and need not wait for its heartbeat. */
  async function failOrphans(name: JobName) {
    const { rows } = await database.pool.query<{ id: string }>(
      `select id from pgboss.job where name = $1 and state = 'active'`,
      [name],
    );
    const ids = rows.map((row) => row.id);
    if (ids.length > 0) await boss.fail(name, ids, { message: 'The process ended in the middle.' });
  }

  /** A try that this process broke off is not the job's fault. pg-boss counts every claim, and its `restore` would let a late settle hit the next one. */
  async function oneMoreTry(id: string) {
    await database.pool.query(
      `update pgboss.job set retry_limit = retry_limit + 1 where id = $1 and state = 'active'`,
      [id],
    );
  }

  const stopping = new AbortController();
  const taken = new Set<string>();
  async function take<N extends JobName>(name: N, handler: Handlers[N], takers: number) {
    taken.add(name).add(lostQueue(name));
    // Readers are waited for; the rest hears of its work by a notification and looks itself only in case one was lost.
    const seconds = name === 'ingest' ? 1 : 10;
    const polling = { pollingIntervalSeconds: seconds, notifyPollingIntervalSeconds: seconds };
    for (let taker = 0; taker < takers; taker++) {
      const worker: string = await boss.work<JobData[N]>(name, polling, async ([job]) => {
        if (!job) return;
        // Where one job was there may be more: without this the next one waits until the second is over.
        boss.notifyWorker(worker);
        try {
          stopping.signal.throwIfAborted();
          await handler.run(job.data, AbortSignal.any([job.signal, stopping.signal]));
        } catch (error) {
          if (stopping.signal.aborted) await oneMoreTry(job.id);
          else
            log.warn(
              { err: error, job: name, ...job.data },
              'A job failed; it is tried again if tries are left',
            );
          throw error;
        }
      });
    }
    await boss.work<JobData[N]>(lostQueue(name), polling, async ([job]) => {
      if (job) await handler.lost(job.data);
    });
  }
  let resting: Promise<unknown> | undefined;
  async function rest() {
    stopping.abort(new Error('The server stops.'));
    const all = Promise.all([...taken].map((name) => boss.offWork(name, { wait: true })));
    // Not every job listens; what is still at work after this is failed by `boss.stop`, and tried again.
    resting ??= Promise.race([all, sleep(restMs, undefined, { ref: false })]);
    await resting;
  }

  const jobs: Jobs = {
    async enqueue(trx, name, data) {
      await boss.send(name, data, { db: fromKysely(trx) });
    },
  };
  return {
    jobs,
    /** Begins to take jobs of these kinds; `concurrency` documents at once in this process, one of everything else. */
    work: async (handlers: Partial<Handlers>, concurrency: number) => {
      if (handlers.ingest) await take('ingest', handlers.ingest, concurrency);
      if (handlers.fetch) await take('fetch', handlers.fetch, 2);
      if (handlers.forget) await take('forget', handlers.forget, 1);
      if (handlers.sync) await take('sync', handlers.sync, 1);
      if (handlers.sweep) {
        await take('sweep', handlers.sweep, 1);
        // Not at the full hour, when everybody's does.
        await boss.schedule('sweep', '17 * * * *', { because: 'hour' } satisfies JobData['sweep']);
      }
    },
    /** Takes no more jobs and breaks those at work off: another process, or the next start, takes them up again. Jobs can still be handed in. */
    rest,
    /** `rest`, and lets go of the queue. */
    stop: async () => {
      await rest();
      await boss.stop({ graceful: true, timeout: 1_000 });
    },
  };
}
