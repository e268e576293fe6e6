import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GrantRole, Visibility } from '@rayni/contract';
import { testDatabase } from '@rayni/database/testing';
import { Kysely, PostgresDialect } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import type { App, Model, QueuedJob, Trx } from '../app.ts';
import { toDb } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import type { Tables } from '../db/tables.ts';
import { newId } from '../ids.ts';
import { jobHandlers } from '../jobs/handlers.ts';
import { openLive, type Rayni } from '../live.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';
import { insertAccount, insertGrant, insertInstrument } from './seed.ts';

/** The product with what a test needs to set its scene. */
export type TestApp = AsyncDisposable & {
  rayni: Rayni;
  /** Moves the clock; it starts at the real time and stands still otherwise. */
  advance(ms: number): void;
  account(input?: { isAdmin?: boolean }): Promise<Extract<Viewer, { kind: 'member' }>>;
  instrument(input?: { visibility?: Visibility; name?: string }): Promise<string>;
  grant(viewer: Viewer, instrumentId: string, role?: GrantRole): Promise<void>;
  /** Uploads, completes and reads a document as that viewer; returns the source's id. */
  document(
    viewer: Viewer,
    instrumentId: string,
    filename: string,
    bytes: Uint8Array | string,
  ): Promise<string>;
  /** Puts the bytes of an upload that was initiated. */
  put(uploadId: string, bytes: Uint8Array | string): void;
  /** Runs what was enqueued since the last time. */
  work(): Promise<void>;
  /** Runs whatever is enqueued until this call, which waits for it, is over. */
  working<T>(call: Promise<T>): Promise<T>;
};

/** A guest. */
export const guest: Viewer = { kind: 'guest', key: 'guest:test' };

/** The product on a database of its own, with bytes in memory and jobs that run when told to. */
export async function testApp(
  options: { engine?: 'embedded' | 'postgres'; model?: Model; embedder?: App['embedder'] } = {},
): Promise<TestApp> {
  const database = await testDatabase({
    key: schemaText(),
    async migrate(pool) {
      await migrate(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }));
    },
    ...(options.engine ? { engine: options.engine } : {}),
  });
  const stored = new Map<string, Buffer>();
  type Job = QueuedJob;
  const waiting: Job[] = [];
  const known: Job[] = [];
  /** A job is there once its transaction is, and not before. */
  const uncommitted = new WeakMap<Trx, Job[]>();
  const db = toDb(database);
  let now = Date.now();
  const quiet = () => {};
  const app: App = {
    db: {
      ...db,
      async transaction(run) {
        const jobs: Job[] = [];
        const result = await db.transaction((trx) => {
          uncommitted.set(trx, jobs);
          return run(trx);
        });
        waiting.push(...jobs);
        return result;
      },
    },
    model: options.model,
    embedder: options.embedder,
    clock: { now: () => new Date(now) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    jobs: {
      async enqueue(trx, name, data) {
        const job = {
          name,
          data,
          id: newId(),
          state: 'waiting',
          tries: 0,
          createdAt: new Date(now),
          startedAt: null,
          endedAt: null,
          nextAt: new Date(now),
          error: null,
        } as Job;
        known.unshift(job);
        (uncommitted.get(trx) ?? waiting).push(job);
      },
      async list({ id, name, state }, { limit, offset }) {
        const jobs = known.filter(
          (job) =>
            job.id === (id ?? job.id) &&
            job.name === (name ?? job.name) &&
            job.state === (state ?? job.state),
        );
        return { jobs: jobs.slice(offset, offset + limit), total: jobs.length };
      },
      async retry(_trx, { id }) {
        const job = known.find((one) => one.id === id);
        if (job?.state !== 'failed' && job?.state !== 'cancelled') return false;
        Object.assign(job, { state: 'waiting', endedAt: null });
        waiting.push(job);
        return true;
      },
      async cancel(_trx, { id }) {
        const at = waiting.findIndex((one) => one.id === id);
        const [job] = at < 0 ? [] : waiting.splice(at, 1);
        if (job) Object.assign(job, { state: 'cancelled', endedAt: new Date(now) });
        return job !== undefined;
      },
    },
    blobs: {
      async sign(method, key) {
        return { url: `memory:${method}:${key}`, headers: {}, expiresAt: new Date(now + 60_000) };
      },
      async put(key, bytes) {
        stored.set(key, await buffer(bytes));
      },
      async stat(key) {
        const bytes = stored.get(key);
        return bytes && { size: bytes.length };
      },
      async open(key) {
        const bytes = stored.get(key);
        if (!bytes) throw new Error(`no blob ${key}`);
        return Readable.from([bytes]);
      },
      async copy(from, to) {
        const bytes = stored.get(from);
        if (bytes) stored.set(to, bytes);
        return bytes !== undefined;
      },
      async remove(key) {
        stored.delete(key);
      },
      // Nothing here is kept before it is whole.
      async sweepUnfinished() {},
    },
  };
  const live = openLive(app);
  await Promise.all([live.rights.listen(), live.followers.listen()]);
  const rayni: Rayni = {
    app,
    live,
    settings: {
      maxUploadBytes: 10_000_000,
      demoLogin: true,
      answersAtOnce: 3,
      publicUrl: () => 'http://rayni.test',
      sealKey: new Uint8Array(32).fill(7),
    },
  };

  function put(uploadId: string, bytes: Uint8Array | string) {
    stored.set(`incoming/${uploadId}`, Buffer.from(bytes));
  }

  async function work() {
    const handlers = jobHandlers(app);
    for (const job of waiting.splice(0)) {
      Object.assign(job, { state: 'failed', tries: job.tries + 1, startedAt: new Date(now) });
      await handlers[job.name].run(job.data as never, new AbortController().signal);
      Object.assign(job, { state: 'done', endedAt: new Date(now) });
    }
  }

  return {
    rayni,
    work,
    async working(call) {
      let over = false;
      const end = () => void (over = true);
      call.then(end, end);
      while (!over) {
        await work();
        await sleep(5);
      }
      return call;
    },
    put,
    advance(ms) {
      now += ms;
    },
    account: (input) => insertAccount(app, input),
    instrument: (input) => insertInstrument(app, input),
    grant: (viewer, instrumentId, role) => insertGrant(app, viewer, instrumentId, role),
    async document(viewer, instrumentId, filename, bytes) {
      const { maxUploadBytes } = rayni.settings;
      const upload = await initiateUpload(
        app,
        viewer,
        { filename, contentType: 'application/octet-stream' },
        maxUploadBytes,
      );
      put(upload.uploadId, bytes);
      const made = await completeUpload(
        app,
        viewer,
        { uploadId: upload.uploadId, instrumentId },
        maxUploadBytes,
      );
      await work();
      return made.sourceId;
    },
    async [Symbol.asyncDispose]() {
      await live.close();
      await database.close();
    },
  };
}

/** The text of the migrations and of their list: a template made by another text is another template. */
export function schemaText(): string {
  const folder = new URL('../db/migrations/', import.meta.url);
  const files = readdirSync(folder)
    .sort()
    .map((name) => new URL(name, folder));
  return [new URL('../db/migrate.ts', import.meta.url), ...files]
    .map((file) => readFileSync(file, 'utf8'))
    .join();
}
