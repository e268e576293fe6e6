import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRayniClient, type RayniClient } from '@rayni/client';
import type { Database } from '@rayni/database';
import { goodDocuments } from '../poison/good-documents.ts';
import type { Hostile } from '../poison/hostile.ts';
import { hostilePdfs } from '../poison/hostile-pdf.ts';
import { hostilePictures } from '../poison/hostile-pictures.ts';
import { hostileRecordings } from '../poison/hostile-recordings.ts';
import { hostileTexts } from '../poison/hostile-text.ts';
import { upload } from '../poison/poison.ts';
import { byPort, setScene } from '../torture/scene.ts';
import { type Measure, ms } from './measure.ts';
import { startRayni } from './rayni-process.ts';

const idleMs = 15_000;
const askEveryMs = 20;
const statementMs = 50;
const uploadsAtOnce = 4;
const lookMs = 200;
/** Hostile ones that take time or memory before they are refused, and some that are refused at a glance. */
const poisonous = [
  'inflating.pdf',
  'many-pages.pdf',
  'states.pdf',
  'words.pdf',
  'circle.pdf',
  'flood.tiff',
  'bomb.docx',
  'strings.xlsx',
  'table.mp4',
  'line.txt',
];

/**
 * What reading a mixed folder of so many documents does to whoever lists sources meanwhile and to the database, and what ten hostile ones among
 * them do to the time of the good ones.
 */
export async function ingestBench(documents: number, engines: Database['kind'][]): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const engine of engines) measures.push(...(await besideReading(engine, documents)));
  measures.push(await besidePoison(documents));
  return measures;
}

type Stage = AsyncDisposable & {
  client: RayniClient;
  instrumentId: string;
  url: string;
  /** Of the statements that changed something so far, each with its milliseconds. */
  statements: () => [ms: number, text: string][];
};

async function setStage(engine: Database['kind']): Promise<Stage | undefined> {
  await using stack = new AsyncDisposableStack();
  const scene = await setScene(engine, process.env['TEST_DATABASE_URL']);
  if (!scene) return undefined;
  stack.use(scene);
  const room = mkdtempSync(join(tmpdir(), 'rayni-bench-'));
  stack.defer(() => rmSync(room, { recursive: true, force: true }));
  const sceneEnv = await byPort(scene, stack);
  const file = join(room, 'statements');
  const server = stack.use(
    await startRayni({
      ...sceneEnv,
      LOG_LEVEL: 'error',
      NODE_OPTIONS: `--import=${new URL('time-statements.ts', import.meta.url).href}`,
      BENCH_STATEMENTS: file,
    }),
  );
  const client = createRayniClient({ url: server.url });
  await client.auth.login(scene.email);
  const all = stack.move();
  return {
    client,
    instrumentId: scene.instrumentId,
    url: server.url,
    statements: () => {
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.map((line): [number, string] => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Documents of all kinds, no two the same; made before anything is timed. */
async function folder(count: number): Promise<Hostile[]> {
  const documents: Hostile[] = [];
  for (let n = 0; documents.length < count; n++)
    documents.push(...goodDocuments(n).filter(({ filename }) => !filename.endsWith('.html')));
  return made(documents.slice(0, count));
}

const made = (files: readonly Hostile[]) =>
  Promise.all(
    files.map(async (file) => {
      const bytes = await file.bytes();
      return { ...file, bytes: () => bytes };
    }),
  );

/** Brings all and waits until each has been read or refused; the milliseconds until the last of the good ones was. */
async function readAll(
  stage: Stage,
  documents: readonly { file: Hostile; good: boolean }[],
): Promise<number> {
  const began = performance.now();
  const waiting = new Map<string, boolean>();
  let left = documents.length;
  const rest = documents[Symbol.iterator]();
  const bring = async () => {
    for (const { file, good } of rest) {
      try {
        waiting.set(await upload(stage.client, stage.instrumentId, file), good);
      } catch (error) {
        if (good) throw error;
        left--;
      }
    }
  };
  const brought = Promise.all(Array.from({ length: uploadsAtOnce }, bring));
  let last = began;
  while (left > 0) {
    await Promise.race([brought.then(() => sleep(lookMs)), sleep(lookMs)]);
    const ids = [...waiting.keys()].slice(0, 25);
    for (const { sourceId, status, statusDetail } of await stage.client.trpc.sources.progress.query({
      ids,
    })) {
      if (status === 'uploaded' || status === 'processing') continue;
      const good = waiting.get(sourceId);
      if (good && status !== 'approved') throw new Error(`A good document was not read: ${statusDetail}`);
      if (good) last = performance.now();
      waiting.delete(sourceId);
      left--;
    }
  }
  await brought;
  return last - began;
}

/** Milliseconds of each answer to `GET /api/sources/`, asked again and again until `over`. */
async function ask(stage: Stage, over: Promise<unknown>): Promise<number[]> {
  let asking = true;
  void over.finally(() => (asking = false)).catch(() => {});
  const times: number[] = [];
  while (asking) {
    const began = performance.now();
    const answer = await fetch(`${stage.url}/api/sources/?instrument=${stage.instrumentId}`);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`GET /api/sources/ answered ${answer.status}`);
    times.push(performance.now() - began);
    await sleep(askEveryMs);
  }
  return times;
}

async function besideReading(engine: Database['kind'], documents: number): Promise<Measure[]> {
  const files = await folder(documents);
  await using stage = await setStage(engine);
  if (!stage) return [{ name: `on ${engine}`, ours: 'no PostgreSQL here' }];
  // The list is as long in both: its documents are there already.
  await readAll(stage, good(files));
  await ask(stage, sleep(2_000));
  const idle = p99(await ask(stage, sleep(idleMs)));
  const before = stage.statements().length;
  const reading = readAll(stage, good(files));
  const [busyTimes, took] = await Promise.all([ask(stage, reading), reading]);
  const busy = p99(busyTimes);
  const most = engine === 'postgres' ? 3 * idle : idle + 100;
  await sleep(1_000);
  const statements = stage
    .statements()
    .slice(before)
    .filter(([, text]) => ofIngestion.test(text));
  const slow = statements.filter(([took]) => took > statementMs);
  for (const [took, text] of slow) console.error(`${ms(took)}: ${text.replaceAll(/\s+/g, ' ')}`);
  const longest = Math.max(...statements.map(([took]) => took));
  return [
    {
      name: `GET /api/sources/ while ${documents} documents are read, p99, ${engine}`,
      ours: ms(busy),
      floor: `${ms(idle)} (idle)`,
      ratio: busy / idle,
      limit: engine === 'postgres' ? '≤ 3 ×' : '≤ idle + 100 ms',
      met: busy <= most,
    },
    {
      name: `  longest of ${statements.length} statements of ingestion${engine === 'embedded' ? ', with its wait for the engine' : ''}`,
      ours: `${ms(longest)}, ${slow.length} over ${statementMs} ms`,
      limit: `≤ ${statementMs} ms`,
      met: longest <= statementMs,
    },
    { name: '  time of all', ours: `${(took / 1000).toFixed(0)} s` },
  ];
}

/** The tables that bringing and reading a document writes to, and its jobs. */
const ofIngestion =
  /(?:into|update|from) (?:"(?:upload|unclaimed_blob|source|source_version|companion|reading|unit|fragment|embedding)"|pgboss\.job)/i;

const good = (documents: readonly Hostile[]) => documents.map((file) => ({ file, good: true }));

async function besidePoison(documents: number): Promise<Measure> {
  const all = [...hostilePdfs, ...hostilePictures, ...hostileRecordings, ...hostileTexts];
  const hostile = poisonous.map((name) => all.find(({ filename }) => filename === name)!);
  const some = hostile.slice(0, Math.max(1, Math.round(documents / 10)));
  const [first, poison] = [await folder(10), await made(some)];
  const files = await folder(documents);
  const every = Math.max(1, Math.floor(documents / poison.length));
  const timed = async (mixed: (files: readonly Hostile[]) => { file: Hostile; good: boolean }[]) => {
    await using stage = (await setStage('embedded'))!;
    await readAll(stage, good(first));
    return await readAll(stage, mixed(files));
  };
  const alone = await timed(good);
  const beside = await timed((files) =>
    files.flatMap((file, i) => {
      const one = i % every === 0 ? poison[i / every] : undefined;
      return [...(one ? [{ file: one, good: false }] : []), { file, good: true }];
    }),
  );
  return {
    name: `time of ${documents} documents with ${poison.length} hostile ones among them`,
    ours: `${(beside / 1000).toFixed(1)} s`,
    floor: `${(alone / 1000).toFixed(1)} s (without)`,
    ratio: beside / alone,
    limit: '≤ 1.20',
    met: beside / alone <= 1.2,
  };
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(0.99 * (times.length - 1))]!;
}
