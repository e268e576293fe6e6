import type { Job, JobList, JobListInput } from '@rayni/contract';
import type { App, QueuedJob, Trx } from '../app.ts';
import { cancelSync } from '../connectors/sync.ts';
import { AppError, notFound } from '../errors.ts';
import { cancelReading, retryReading } from '../ingest/cancel.ts';
import { cancelFetch, retryFetch } from '../sources/cancel-fetch.ts';
import { subjectsOf } from './store.ts';

type Ports = Pick<App, 'db' | 'jobs' | 'clock' | 'log'>;

/** One page of background work, newest first, each with what it is about. For administrators. */
export async function listJobs(
  app: Pick<App, 'db' | 'jobs'>,
  { kind, state, page, pageSize }: JobListInput,
): Promise<JobList> {
  const which = { name: kind, state };
  const { jobs, total } = await app.jobs.list(which, { limit: pageSize, offset: (page - 1) * pageSize });
  return { items: await described(app, jobs), total };
}

/** Has a job that failed or was cancelled done again, and says so to what waits for it. One that waits or is at work stays so; one that is done is a CONFLICT. */
export async function retryJob(app: Ports, id: string): Promise<Job> {
  const before = await jobById(app, id);
  if (before.state === 'done')
    throw new AppError('CONFLICT', 'This job is done: there is nothing to try again.');
  await app.db.transaction(async (trx) => {
    if (!(await app.jobs.retry(trx, before))) return;
    await tellRetried(app, trx, before);
    app.log.info({ job: before.name, id }, 'A job is tried again at the word of an administrator');
  });
  return shown(app, id);
}

/** Ends a job that waits or is at work; what waits for it is told. One that was cancelled stays so; one that is over otherwise, or must be done, is a CONFLICT. */
export async function cancelJob(app: Ports, id: string): Promise<Job> {
  const before = await jobById(app, id);
  if (before.name === 'forget' || before.name === 'sweep')
    throw new AppError('CONFLICT', 'This work removes what was deleted: it cannot be cancelled.');
  await app.db.transaction(async (trx) => {
    if (!(await app.jobs.cancel(trx, before))) return;
    await tellCancelled(app, trx, before);
    app.log.info({ job: before.name, id }, 'A job was cancelled at the word of an administrator');
  });
  const after = await shown(app, id);
  if (after.state !== 'cancelled') throw new AppError('CONFLICT', 'This job is over.');
  return after;
}

async function tellCancelled(app: Ports, trx: Trx, job: QueuedJob): Promise<void> {
  const now = app.clock.now();
  switch (job.name) {
    case 'ingest':
      return cancelReading(trx, job.data.versionId, now);
    case 'fetch':
      return cancelFetch(trx, job.data.sourceId, now);
    case 'sync':
      return cancelSync(trx, job.data.syncId, now);
    case 'forget':
    case 'sweep':
  }
}

async function tellRetried(app: Ports, trx: Trx, job: QueuedJob): Promise<void> {
  const now = app.clock.now();
  switch (job.name) {
    case 'ingest':
      return retryReading(trx, job.data.versionId, now);
    case 'fetch':
      return retryFetch(trx, job.data.sourceId, now);
    case 'sync':
    case 'forget':
    case 'sweep':
  }
}

async function jobById(app: Pick<App, 'jobs'>, id: string): Promise<QueuedJob> {
  const [found] = (await app.jobs.list({ id }, { limit: 1, offset: 0 })).jobs;
  if (!found) throw notFound();
  return found;
}

async function shown(app: Pick<App, 'db' | 'jobs'>, id: string): Promise<Job> {
  const [job] = await described(app, [await jobById(app, id)]);
  if (!job) throw notFound();
  return job;
}

async function described({ db }: Pick<App, 'db'>, jobs: QueuedJob[]): Promise<Job[]> {
  const about = await subjectsOf(db.query, {
    versions: jobs.flatMap((job) => (job.name === 'ingest' ? job.data.versionId : [])),
    sources: jobs.flatMap((job) => (job.name === 'fetch' || job.name === 'forget' ? job.data.sourceId : [])),
    syncs: jobs.flatMap((job) => (job.name === 'sync' ? job.data.syncId : [])),
  });
  return jobs.map(({ name, data, error, ...job }) => ({
    ...job,
    kind: name,
    about: about.get(Object.values(data)[0] ?? '') ?? null,
    error: error && oneLine(error),
  }));
}

const oneLine = (text: string) => (text.split('\n', 1)[0] ?? '').slice(0, 300);
