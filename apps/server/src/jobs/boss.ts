import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers, JobData, JobName, Jobs, Log, QueuedJob } from '@rayni/api';
import type { JobState } from '@rayni/contract';
import { bossDatabase, type Database } from '@rayni/database';
import { fromKysely, type JobWithMetadata, PgBoss } from 'pg-boss';
import { longLevel, oneBeside, stintOf } from './stints.ts';

const queues: JobName[] = ['ingest', 'fetch', 'forget', 'sync', 'sweep'];
/** In seconds: a thousand scanned pages or a long film take hours. Whoever dies meanwhile is missed by its heartbeat, not by this. */
const longestJob: Partial<Record<JobName, number>> = { ingest: 12 * 3_600 };
const restMs = 5_000;
const noJob = '00000000-0000-0000-0000-000000000000';
/** Tells whoever works on a job that it was cancelled. Payload: its id. */
const channel = 'jobs';
const stateOf: Record<JobState, string> = {
  waiting: 'created',
  working: 'active',
  retrying: 'retry',
  done: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};
const listed = `
  select id, name, data, retry_count, created_on, started_on, completed_on,
    case when state in ('created', 'retry') then start_after end as next_at,
    case when state in ('failed', 'retry') then coalesce(output->>'message', output->'value'->>'message') end as error,
    case state when 'created' then 'waiting' when 'active' then 'working' when 'retry' then 'retrying'
      when 'completed' then 'done' else state::text end as state
  from pgboss.job`;
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
    // How often it is looked for processes that died at work, beyond the 30 s after which their heartbeat counts as stopped.
    superviseIntervalSeconds: 15,
    monitorIntervalSeconds: 15,
    schedule: keeps,
  });
  boss.on('error', (error) => log.error({ err: error }, 'The job queue met an error'));
  await boss.start();
  for (const name of queues) {
    await boss.createQueue(lostQueue(name), { notify: true, retryLimit: 10, retryDelay: 5 });
    const options = {
      notify: true,
      retryLimit: 2,
      retryDelay: 1,
      expireInSeconds: longestJob[name] ?? 3_600,
      heartbeatSeconds: 30,
      deadLetter: lostQueue(name),
    };
    await boss.createQueue(name, options);
    // A queue that is there already keeps what it was made with.
    if (name in longestJob) await boss.updateQueue(name, { expireInSeconds: options.expireInSeconds });
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
  async function oneMoreTry(id: string, level: number | undefined) {
    await database.pool.query(
      `update pgboss.job set retry_limit = retry_limit + 1, priority = coalesce(-$2::int, priority)
        where id = $1 and state = 'active'`,
      [id, level ?? null],
    );
  }

  /** Does a job wait that made way so often at most? */
  async function othersWait(name: JobName, level: number): Promise<boolean> {
    const { rows } = await database.pool.query(
      `select from pgboss.job where name = $1 and state < 'active' and not blocked and start_after <= now()
        and priority >= -$2::int limit 1`,
      [name, level],
    );
    return rows.length > 0;
  }

  /** What this process works on, by job. */
  const working = new Map<string, AbortController>();
  let listener: { close(): Promise<void> } | undefined;
  async function listen() {
    listener ??= await database.listen(channel, (id) => {
      if (id !== undefined) working.get(id)?.abort('cancelled');
      else
        stopCancelled().catch((error: unknown) =>
          log.warn({ err: error }, 'Jobs at work could not be looked up'),
        );
    });
  }
  /** A notification was lost, perhaps. */
  async function stopCancelled() {
    const { rows } = await database.pool.query<{ id: string }>(
      `select id from pgboss.job where id = any ($1::uuid[]) and state = 'cancelled'`,
      [[...working.keys()]],
    );
    for (const { id } of rows) working.get(id)?.abort('cancelled');
  }

  const stopping = new AbortController();
  const taken = new Set<string>();
  async function take<N extends JobName>(name: N, handler: Handlers[N], takers: number) {
    taken.add(name).add(lostQueue(name));
    // Readers are waited for; the rest hears of its work by a notification and looks itself only in case one was lost.
    const seconds = name === 'ingest' ? 1 : 10;
    const polling = { pollingIntervalSeconds: seconds, notifyPollingIntervalSeconds: seconds };
    const beside = oneBeside(takers, {
      open: () => taker(true),
      close: (worker) => boss.offWork(name, { id: worker, wait: true }),
      onError: (error) =>
        log.warn({ err: error, job: name }, 'Jobs could not be taken beside those that take long'),
    });
    const taker = async (besideLong: boolean) => {
      const which = {
        ...polling,
        includeMetadata: true as const,
        ...(besideLong && { minPriority: 1 - longLevel }),
      };
      const worker: string = await boss.work(name, which, async ([job]: JobWithMetadata<JobData[N]>[]) => {
        if (!job) return;
        // Where one job was there may be more: without this the next one waits until the second is over.
        boss.notifyWorker(worker);
        const cancelled = new AbortController();
        working.set(job.id, cancelled);
        using places = new DisposableStack();
        using stint = stintOf({
          level: -job.priority,
          beside: besideLong,
          othersWait: (level) => othersWait(name, level),
          onStay: () => void (besideLong || places.use(beside.stay())),
        });
        try {
          stopping.signal.throwIfAborted();
          const signal = AbortSignal.any([cancelled.signal, job.signal, stopping.signal]);
          await handler.run(job.data, signal, stint);
        } catch (error) {
          if (cancelled.signal.aborted) log.info({ job: name, ...job.data }, 'A job at work was cancelled');
          else if (stopping.signal.aborted || stint.madeWay) await oneMoreTry(job.id, stint.madeWay?.level);
          else
            log.warn(
              { err: error, job: name, ...job.data },
              'A job failed; it is tried again if tries are left',
            );
          throw stint.madeWay ?? error;
        } finally {
          if (working.get(job.id) === cancelled) working.delete(job.id);
        }
      });
      // It was opened while all were being told to rest.
      if (stopping.signal.aborted) await boss.offWork(name, { id: worker, wait: false });
      return worker;
    };
    for (let i = 0; i < takers; i++) await taker(false);
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
    async list({ id, name, state }, { limit, offset }) {
      const where = `where name = any ($1) and ($2::uuid is null or id = $2::uuid) and ($3::text is null or state::text = $3)`;
      const which = [name ? [name] : queues, id ?? null, state ? stateOf[state] : null];
      const [page, all] = await Promise.all([
        database.pool.query<JobRow>(
          `${listed} ${where} order by created_on desc, id desc limit ${limit} offset ${offset}`,
          which,
        ),
        database.pool.query<{ n: number }>(`select count(*)::int as n from pgboss.job ${where}`, which),
      ]);
      return { jobs: page.rows.map(toJob), total: all.rows[0]?.n ?? 0 };
    },
    async retry(trx, { id, name }) {
      const db = fromKysely(trx);
      const state = await lockedState(db, id);
      if (state === 'failed') await boss.retry(name, id, { db });
      else if (state === 'cancelled') await boss.resume(name, id, { db });
      else return false;
      return true;
    },
    async cancel(trx, { id, name }) {
      const db = fromKysely(trx);
      const state = await lockedState(db, id);
      if (state === undefined || !['created', 'retry', 'active'].includes(state)) return false;
      await boss.cancel(name, id, { db });
      await db.executeSql('select pg_notify($1, $2)', [channel, id]);
      return true;
    },
  };
  return {
    jobs,
    /** Begins to take jobs of these kinds; `concurrency` documents at once in this process, one of everything else. */
    work: async (handlers: Partial<Handlers>, concurrency: number) => {
      await listen();
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
      await listener?.close();
      await boss.stop({ graceful: true, timeout: 1_000 });
    },
  };
}

type JobRow = {
  id: string;
  name: JobName;
  data: never;
  state: JobState;
  retry_count: number;
  created_on: Date;
  started_on: Date | null;
  completed_on: Date | null;
  next_at: Date | null;
  error: string | null;
};

const toJob = (row: JobRow): QueuedJob => ({
  id: row.id,
  name: row.name,
  data: row.data,
  state: row.state,
  tries: row.started_on === null ? 0 : row.retry_count + 1,
  createdAt: row.created_on,
  startedAt: row.started_on,
  endedAt: row.completed_on,
  nextAt: row.next_at,
  error: row.error,
});

/** How far the job is, held until the transaction ends: of two who decide about it at once the second sees what the first has done. */
async function lockedState(db: ReturnType<typeof fromKysely>, id: string): Promise<string | undefined> {
  const { rows } = await db.executeSql(
    'select state::text as state from pgboss.job where id = $1 for update',
    [id],
  );
  return rows[0]?.state;
}
