import { setTimeout as sleep } from 'node:timers/promises';
import { createRayniClient, type RayniClient, toRayniError } from '@rayni/client';
import type { Job, SourceProgress } from '@rayni/contract';
import { byPort, setScene } from '../torture/scene.ts';
import { startProcess } from '../testing/server-process.ts';
import { recording } from './good-documents.ts';
import type { Hostile } from './hostile.ts';
import { type Pages, servePages } from './serve-pages.ts';
import { watchReaders } from './watch-readers.ts';

export type PoisonOptions = {
  engine: 'embedded' | 'postgres';
  hostile: readonly Hostile[];
  /** Every one of them must be read. */
  good: readonly Hostile[];
  /** A PostgreSQL to make a database on; a throw-away one without it. */
  url?: string | undefined;
  progress?: (line: string) => void;
};

/** What became of a file: `refused` when it was brought, or how far its source came. */
export type Outcome = {
  file: Hostile;
  good: boolean;
  outcome: 'refused' | SourceProgress['status'];
  reason: string;
  /** Of its jobs, while they were worked on. */
  seconds: number | undefined;
  tries: number;
  /** Of the largest process that read it, in bytes. */
  peak: number | undefined;
};

export type PoisonReport = {
  outcomes: Outcome[];
  stuck: number;
  crashes: string[];
  withoutReason: number;
  goodUnread: number;
  /** Readers that had a thread of ordinary priority for longer than they take to start. */
  hasty: number;
  seconds: number;
};

/** For so long nothing may happen before the rest counts as stuck: one page of a scan may take 90 s, and a try that was lost waits for its heartbeat. */
const patienceMs = 240_000;
const lookMs = 250;
/** More would make an address that is too long. */
const idsAtOnce = 25;
const uploadsAtOnce = 4;
/** What every process takes to say how polite it is. */
const startMs = 3_000;

/** Brings every file to a real server and waits for the end of each. Undefined without a PostgreSQL where one is needed. */
export async function poison(options: PoisonOptions): Promise<PoisonReport | undefined> {
  const { progress = () => {} } = options;
  const began = performance.now();
  await using stack = new AsyncDisposableStack();
  const scene = await setScene(options.engine, options.url);
  if (!scene) return undefined;
  stack.use(scene);
  const sceneEnv = await byPort(scene, stack);
  const pages = stack.use(await servePages());
  const roles = options.engine === 'embedded' ? ['all'] : ['api', 'worker'];
  const crashes: string[] = [];
  const servers = roles.map((role) => {
    const server = stack.use(
      startProcess({
        ...sceneEnv,
        ROLE: role,
        LOG_LEVEL: 'error',
        FETCH_LOOPBACK: '1',
      }),
    );
    void server.ended.then(({ code, signal }) => {
      if (!over)
        crashes.push(`${role} ended by itself (${String(signal ?? code)}): ${server.printed().slice(-500)}`);
    });
    return server;
  });
  let over = false;
  stack.defer(() => void (over = true));
  const [url] = await Promise.all(servers.map(({ ready }) => ready));
  const client = createRayniClient({ url: url! });
  await client.auth.login(scene.email);
  const watched = watchReaders(() => servers.flatMap(({ child }) => child.pid ?? []));
  stack.defer(() => watched.stop());

  const outcomes = new Map<string, Outcome>();
  const refused: Outcome[] = [];
  const all = shuffled(options.hostile, options.good);
  const rest = all[Symbol.iterator]();
  const bring = async () => {
    for (const { file, good } of rest) {
      const none = { file, good, seconds: undefined, tries: 0, peak: undefined };
      try {
        const id = await upload(client, scene.instrumentId, file, pages);
        outcomes.set(id, { ...none, outcome: 'uploaded', reason: '' });
      } catch (error) {
        refused.push({ ...none, outcome: 'refused', reason: toRayniError(error).message });
      }
    }
  };
  const brought = Promise.all(Array.from({ length: uploadsAtOnce }, bring)).then(() => true);

  let before = '';
  let allThere = false;
  for (let moved = Date.now(); Date.now() - moved < patienceMs && crashes.length === 0; ) {
    allThere = await Promise.race([brought, sleep(lookMs, false)]);
    if (allThere) await sleep(lookMs);
    const waiting = [...outcomes].filter(([, { outcome }]) => ['uploaded', 'processing'].includes(outcome));
    if (allThere && waiting.length === 0) break;
    const now = await look(
      client,
      waiting.map(([id]) => id),
    );
    for (const one of now)
      Object.assign(outcomes.get(one.sourceId)!, { outcome: one.status, reason: one.statusDetail ?? '' });
    const state = JSON.stringify([outcomes.size, refused.length, now]);
    if (state !== before) moved = Date.now();
    before = state;
    const ended = outcomes.size + refused.length - waiting.length;
    progress(`${ended} of ${all.length} files have come to their end`);
  }
  if (crashes.length === 0) attribute(outcomes, await jobsOf(client), [...watched.readers.values()]);
  const list = [...outcomes.values(), ...refused];
  const stands = ({ outcome }: Outcome) => ['uploaded', 'processing'].includes(outcome);
  const needsReason = ({ outcome }: Outcome) => ['refused', 'rejected', 'parsed'].includes(outcome);
  return {
    outcomes: list,
    // What was not even brought, when a server has gone, is as stuck.
    stuck: list.filter(stands).length + all.length - list.length,
    crashes,
    withoutReason: list.filter((one) => needsReason(one) && one.reason.trim() === '').length,
    goodUnread: list.filter(({ good, outcome }) => good && outcome !== 'approved').length,
    hasty: [...watched.readers.values()].filter(
      ({ from, until, nice }) => until - from > startMs && nice.some((value) => value < 10),
    ).length,
    seconds: (performance.now() - began) / 1000,
  };
}

/** The good ones evenly among the others. */
function shuffled(hostile: readonly Hostile[], good: readonly Hostile[]) {
  const every = Math.max(1, Math.floor(hostile.length / Math.max(1, good.length)));
  const left = good.map((file) => ({ file, good: true }));
  const mixed = hostile.flatMap((file, i) => [
    { file, good: false },
    ...(i % every === 0 ? left.splice(0, 1) : []),
  ]);
  return [...mixed, ...left];
}

/** Brings a file as a person would, a page by its address; returns the id of its source. */
export async function upload(
  client: RayniClient,
  instrumentId: string,
  file: Hostile,
  pages?: Pages,
): Promise<string> {
  const { trpc } = client;
  const put = async (filename: string, bytes: Uint8Array) => {
    const signed = await trpc.uploads.initiate.mutate({ filename, size: bytes.length, instrumentId });
    const answer = await fetch(signed.url, {
      method: 'PUT',
      headers: signed.headers,
      body: Buffer.from(bytes),
    });
    if (!answer.ok) throw new Error(`The file store refused it: ${answer.status} ${await answer.text()}`);
    return signed.uploadId;
  };
  const title = `${file.filename}: ${file.name}`.slice(0, 300);
  if (pages && file.filename.endsWith('.html')) {
    const url = await pages.addressOf(file);
    return (await trpc.sources.create.mutate({ type: 'url', url, instrumentId, title })).id;
  }
  const bytes = await file.bytes();
  if (!file.filename.endsWith('.vtt')) {
    const uploadId = await put(file.filename, bytes);
    return (await trpc.uploads.complete.mutate({ uploadId, instrumentId, title })).sourceId;
  }
  const captions = await put(file.filename, bytes);
  const uploadId = await put('recording.wav', recording());
  return (await trpc.uploads.complete.mutate({ uploadId, captions, instrumentId, title })).sourceId;
}

async function look({ trpc }: RayniClient, ids: string[]): Promise<SourceProgress[]> {
  const found: SourceProgress[] = [];
  for (let i = 0; i < ids.length; i += idsAtOnce)
    found.push(...(await trpc.sources.progress.query({ ids: ids.slice(i, i + idsAtOnce) })));
  return found;
}

async function jobsOf({ trpc }: RayniClient): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let page = 1; ; page++) {
    const { items, total } = await trpc.jobs.list.query({ page, pageSize: 200 });
    jobs.push(...items);
    if (items.length === 0 || jobs.length >= total) return jobs;
  }
}

/** Whose each reader was: of the jobs that were being worked on when it was first seen, the one begun last. */
function attribute(
  outcomes: Map<string, Outcome>,
  jobs: readonly Job[],
  readers: readonly { from: number; peak: number }[],
) {
  const worked = jobs.flatMap(({ about, startedAt, endedAt, tries }) => {
    const outcome = about?.type === 'source' ? outcomes.get(about.id) : undefined;
    return outcome && startedAt
      ? [{ outcome, tries, began: startedAt.getTime(), ended: endedAt?.getTime() ?? Infinity }]
      : [];
  });
  for (const { outcome, tries, began, ended } of worked) {
    outcome.tries = Math.max(outcome.tries, tries);
    if (ended < Infinity) outcome.seconds = (outcome.seconds ?? 0) + (ended - began) / 1000;
  }
  for (const { from, peak } of readers) {
    const [owner] = worked
      .filter(({ began, ended }) => began <= from && from <= ended + 100)
      .toSorted((one, other) => other.began - one.began);
    if (owner) owner.outcome.peak = Math.max(owner.outcome.peak ?? 0, peak);
  }
}
