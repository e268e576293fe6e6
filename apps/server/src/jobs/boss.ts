import type { JobData, JobName, Jobs, Log } from '@rayni/api';
import { bossDatabase, type Database } from '@rayni/database';
import { fromKysely, PgBoss } from 'pg-boss';

export type Handlers = { [N in JobName]: (data: JobData[N], signal: AbortSignal) => Promise<void> };

const queues: JobName[] = ['ingest'];
const noJob = '00000000-0000-0000-0000-000000000000';

/** The queue, on either engine. At least once: handlers are idempotent. */
export async function openJobs(database: Database, log: Log) {
  const boss = new PgBoss({
    db: bossDatabase(database),
    ...(database.kind === 'embedded' ? { backend: 'pglite' as const } : {}),
    useListenNotify: true,
  });
  boss.on('error', (error) => log.error({ err: error }, 'The job queue met an error'));
  await boss.start();
  for (const name of queues) {
    await boss.createQueue(name, {
      notify: true,
      retryLimit: 2,
      retryDelay: 1,
      expireInSeconds: 3_600,
      heartbeatSeconds: 30,
    });
    // Warms the queue cache: a cold one would ask its own connection in the middle of the caller's transaction.
    await boss.findJobs(name, { id: noJob });
  }

  const jobs: Jobs = {
    async enqueue(trx, name, data) {
      await boss.send(name, data, { db: fromKysely(trx) });
    },
  };
  return {
    jobs,
    /** Begins to take jobs; `concurrency` at once in this process. */
    async work(handlers: Handlers, concurrency: number) {
      for (const name of queues) {
        await boss.work<JobData[typeof name]>(
          name,
          { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 1, localConcurrency: concurrency },
          async ([job]) => {
            if (job) await handlers[name](job.data, job.signal);
          },
        );
      }
    },
    stop: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}
