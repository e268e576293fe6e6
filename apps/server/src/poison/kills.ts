import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, jobHandlers, toDb } from '@rayni/api';
import { insertInstrument } from '@rayni/api/testing';
import { createRayniClient, type RayniClient } from '@rayni/client';
import { bossDatabase, type Database } from '@rayni/database';
import { PgBoss } from 'pg-boss';
import { openFolderStore } from '../blobs/folder-store.ts';
import { startProcess } from '../testing/server-process.ts';
import { byPort, setScene } from '../torture/scene.ts';
import type { Hostile } from './hostile.ts';
import { type IngestPoint, ingestPoints } from './ingest-points.ts';
import { upload } from './poison.ts';
import { type Pages, servePages } from './serve-pages.ts';
import { keys, snapshot } from './snapshot.ts';
import { spawnWorker, type WorkerProcess } from './worker-process.ts';

export type KillsOptions = {
  /** Each is one kill of the worker, at the next point. */
  rounds: number;
  points?: readonly IngestPoint[];
  documents: readonly Hostile[];
  /** So many of them in each round. */
  atOnce: number;
  url?: string | undefined;
  progress?: (line: string) => void;
};

export type KillsReport = {
  /** Of kills, by where the worker died; `at random` where nobody came by the point in time. */
  kills: Record<string, number>;
  neverPassed: IngestPoint[];
  documents: number;
  compared: number;
  violations: string[];
  seconds: number;
};

/** For so long a worker is given to come by its point, and documents to come to their end. */
const pointMs = 60_000;
const readMs = 240_000;
/** A reader hears that its worker has gone when the channel to it closes. */
const orphanMs = 10_000;

/**
 * Kills the worker with SIGKILL at each named step of reading, once a round, and holds what the database and the store hold in the end against
 * an undisturbed run. Undefined without a PostgreSQL.
 */
export async function killWorkers(options: KillsOptions): Promise<KillsReport | undefined> {
  const { rounds, points = ingestPoints, documents, progress = () => {} } = options;
  const began = performance.now();
  await using stack = new AsyncDisposableStack();
  const scene = await setScene('postgres', options.url);
  if (!scene) return undefined;
  stack.use(scene);
  const sceneEnv = await byPort(scene, stack);
  const pages = stack.use(await servePages());
  const env = { ...sceneEnv, FETCH_LOOPBACK: '1' };
  const api = stack.use(startProcess({ ...env, ROLE: 'api' }));
  const client = createRayniClient({ url: await api.ready });
  await client.auth.login(scene.email);
  const database = stack.use(await scene.open());
  const instrument = (name: string) =>
    insertInstrument({ db: toDb(database), clock: { now: () => new Date() } }, { name });

  const passed = new Set<IngestPoint>();
  const processes = new Set<WorkerProcess>();
  const spawn = () => {
    const worker = spawnWorker(passed);
    processes.add(worker);
    return worker;
  };
  stack.defer(async () => {
    for (const worker of processes) worker.kill();
    await Promise.all([...processes].map(({ ended }) => ended));
  });
  const begin = async (worker: WorkerProcess) => {
    await worker.begin({ ...env, ROLE: 'worker' });
    return worker;
  };
  let worker = await begin(spawn());
  let spare = spawn();

  const calm = await instrument('undisturbed');
  await allRead(client, await bring(client, calm, documents, pages));
  const expected = await snapshot(database, calm);
  const violations: string[] = [];
  const kills: Record<string, number> = {};
  let compared = 0;

  for (let round = 0; round < rounds; round++) {
    const point = points[round % points.length]!;
    const some = roundOf(documents, round, options.atOnce, point);
    const instrumentId = await instrument(`round ${round + 1}`);
    progress(`round ${round + 1} of ${rounds}: ${point}`);
    worker.dieAt(point);
    const ids = await bring(client, instrumentId, some, pages);
    const died = await Promise.race([worker.ended, sleep(pointMs, undefined, { ref: false })]);
    if (!died) worker.kill();
    const { at, how } = await worker.ended;
    if (how !== 'SIGKILL') violations.push(`round ${round + 1}: the worker ended by itself with ${how}`);
    const where = at ?? 'at random';
    kills[where] = (kills[where] ?? 0) + 1;
    const left = await orphans(worker.children);
    if (left.length > 0)
      violations.push(`round ${round + 1} (${where}): ${left.length} processes outlived their worker`);
    await heartbeatsRunOut(database);
    worker = await begin(spare);
    spare = spawn();
    for (const id of await allRead(client, ids))
      violations.push(`round ${round + 1} (${where}): stuck: ${id}`);
    for (const [filename, held] of await snapshot(database, instrumentId)) {
      compared += 1;
      if (held !== expected.get(filename))
        violations.push(
          `round ${round + 1} (${where}): ${filename} is\n  ${held}\n  instead of\n  ${expected.get(filename)}`,
        );
    }
  }
  // A document can be read while its job is still to be tried again: the last worker may have died between the two.
  let undone = await undoneJobs(database);
  for (const until = Date.now() + readMs; undone.length > 0 && Date.now() < until; await sleep(200))
    undone = await undoneJobs(database);
  worker.kill();
  await worker.ended;
  violations.push(
    ...undone,
    ...(await unheldBytes(database, scene.env['DATA_DIR']!, scene.env['SECRET_KEY']!)),
  );
  return {
    kills,
    neverPassed: points.filter((point) => !passed.has(point)),
    documents: documents.length,
    compared,
    violations,
    seconds: (performance.now() - began) / 1000,
  };
}

/** The next ones in turn, and those that come by the point at all: a frame is of a recording, a page is fetched. */
function roundOf(
  documents: readonly Hostile[],
  round: number,
  atOnce: number,
  point: IngestPoint,
): Hostile[] {
  const turn = Array.from({ length: atOnce }, (_, i) => documents[(round * atOnce + i) % documents.length]!);
  const wanted = /frame|helper|facts/.test(point)
    ? /\.(?:mp4|webm)$/
    : /page/.test(point)
      ? /\.html$/
      : undefined;
  return [...new Set([...documents.filter(({ filename }) => wanted?.test(filename)).slice(0, 1), ...turn])];
}

async function bring(
  client: RayniClient,
  instrumentId: string,
  some: readonly Hostile[],
  pages: Pages,
): Promise<string[]> {
  const ids: string[] = [];
  for (const file of some) ids.push(await upload(client, instrumentId, file, pages));
  return ids;
}

/** Waits for the end of each; those that have not come to it in time. */
async function allRead({ trpc }: RayniClient, ids: string[]): Promise<string[]> {
  for (const until = Date.now() + readMs; ; await sleep(200)) {
    const progress = await trpc.sources.progress.query({ ids });
    const waiting = progress.filter(({ status }) => status === 'uploaded' || status === 'processing');
    if (waiting.length === 0 || Date.now() > until) return waiting.map(({ sourceId }) => sourceId);
  }
}

/**
 * What time does to the jobs of a dead worker: 30 s later the supervisor of any other process has them tried again. Here an hour passes at once,
 * and a supervisor looks.
 */
async function heartbeatsRunOut(database: Database) {
  const { pool } = database;
  await pool.query(`update pgboss.job set heartbeat_on = now() - interval '1 hour' where state = 'active'`);
  await pool.query(`update pgboss.queue set monitor_claim_on = now() - interval '1 hour'`);
  const boss = new PgBoss({ db: bossDatabase(database), supervise: false, schedule: false });
  await boss.start();
  await boss.supervise();
  await boss.stop({ graceful: false });
}

async function orphans(children: readonly number[]): Promise<number[]> {
  const alive = (pid: number) => {
    const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
    // Nothing stands there of one that has ended and is not yet reaped.
    return /reader-process|page-process|ff(?:mpeg|probe)/.test(command);
  };
  for (const until = Date.now() + orphanMs; Date.now() < until && children.some(alive); ) await sleep(50);
  return children.filter(alive);
}

async function undoneJobs({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; state: string; n: string }>(
    `select name, state::text, count(*) as n from pgboss.job where state <> 'completed' and name <> 'sweep' group by 1, 2`,
  );
  return rows.map(({ name, state, n }) => `${n} jobs of ${name} are ${state}`);
}

/** Sweeps as it is done in two days, and says which bytes lie in the store that no row holds, or the other way round. */
async function unheldBytes(database: Database, dataDir: string, secret: string): Promise<string[]> {
  const root = join(dataDir, 'files');
  const clock = { now: () => new Date(Date.now() + 48 * 3_600_000) };
  const quiet = () => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const never = () => Promise.reject(new Error('A sweep hands no job in.'));
  const app: App = {
    db: toDb(database),
    model: undefined,
    embedder: undefined,
    blobs: openFolderStore({ root, secret, publicUrl: () => '', now: () => clock.now() }),
    jobs: { enqueue: never, list: never, retry: never, cancel: never },
    clock,
    log,
  };
  await jobHandlers(app).sweep.run({ because: 'hour' }, new AbortController().signal);
  const { held, unclaimed } = await keys(database);
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
  return [
    ...unclaimed.map((key) => `${key} is written down as nobody's after the sweep`),
    ...files
      .filter((file) => !held.includes(file))
      .map((file) => `${file} lies in the store and nobody holds it`),
    ...held
      .filter((key) => !files.includes(key))
      .map((key) => `${key} is held and does not lie in the store`),
  ];
}
