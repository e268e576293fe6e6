import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testPostgres } from '@rayni/database/testing';
import { Client } from 'pg';
import { type Measure, median, ms } from './measure.ts';
import { residentOf } from './process-cost.ts';
import { startRayni } from './rayni-process.ts';
import { instrumentId, openScene, question, type Run, type Side } from './streams-scene.ts';
import type { Pace } from './streams-model.ts';

// Of 100 tokens as the scripted model cuts them, brackets and full stops among them; the marked sentences stand in the demo's manual.
const text =
  'Calibrate the Sorrelight 320 every 28 days, after each change of a filter, fibre or flow cell, after the instrument has been moved, ' +
  'and whenever the daily check fails twice in a row [1]. A calibration takes 40 min and is valid for all three sample flow rates [2].' +
  ' Plan for it early in the morning, and tell the others who use the instrument that it is not free for so long.' +
  ' Whoever has done it notes it in the log book beside the instrument.';
const tokens = 100;
/** Of as many tokens again, so many times. */
const longer = (times: number) =>
  text +
  text
    .replace(/ \[\d\]/g, ' it so')
    .replaceAll('[', '')
    .repeat(times - 1);

const talk: Pace = { text, firstDelayMs: 50, intervalMs: 20 };
const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 * 10 ? 2 : 0)} MiB`;
const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);

export type StreamsOptions = { rounds: number; readers: number; many: number; stalled: number };
type Scene = Awaited<ReturnType<typeof openScene>>;

/**
 * Answers streamed by Rayni, with log, retrieval and Proofs, against a bare relay of the same scripted model, in turns in the same run. Model,
 * readers and both servers are processes of their own; what is compared is the processor time of the server alone. Linux and PostgreSQL only.
 */
export async function streamsBench(options: StreamsOptions): Promise<Measure[]> {
  const room = await mkdtemp(join(tmpdir(), 'rayni-bench-'));
  const scene = await openScene();
  const database = await testPostgres();
  try {
    if (!database) throw new Error('Set TEST_DATABASE_URL or install the server programs of PostgreSQL.');
    const env = { OPENAI_BASE_URL: scene.modelUrl, TRUST_PROXY: '127.0.0.1' };
    const measures: Measure[] = [];
    {
      await using rayni = await startRayni({ ...env, DATA_DIR: join(room, 'a'), DATABASE_URL: database.url });
      const ours: Side = { url: rayni.url, pid: rayni.pid, citations: 2 };
      await scene.speak({ Enquiry: { ...talk, intervalMs: 0 } });
      for (const side of [scene.floor, ours, ours])
        await scene.read(side, { readers: options.readers, spreadMs: 0, text });
      measures.push(...(await costs(scene, ours, options)));
    }
    {
      // Memory is that of a server that has done nothing else.
      await using rayni = await startRayni({ ...env, DATA_DIR: join(room, 'a'), DATABASE_URL: database.url });
      measures.push(
        ...(await many(scene, { url: rayni.url, pid: rayni.pid, citations: 2 }, options, database.url)),
      );
    }
    {
      const metrics = await freePort();
      await using rayni = await startRayni({
        ...env,
        DATA_DIR: join(room, 'a'),
        DATABASE_URL: database.url,
        METRICS_PORT: String(metrics),
        // The stalled ones are one guest: nobody else may read the answers they follow.
        RATE_LIMITS: `streams=${options.stalled * 2}`,
      });
      measures.push(
        ...(await stalled(scene, { url: rayni.url, pid: rayni.pid, citations: 2 }, options, metrics)),
      );
    }
    {
      await using rayni = await startRayni({ ...env, DATA_DIR: join(room, 'b') });
      const ours: Side = { url: rayni.url, pid: rayni.pid, citations: 2 };
      await scene.speak({ Enquiry: talk });
      const job = { readers: options.readers, spreadMs: 0, text };
      await scene.read(ours, job);
      const runs = await inTurns(scene, ours, job, options.rounds);
      measures.push(perStream('the same, embedded database', runs, options.readers));
    }
    return measures;
  } finally {
    scene.close();
    await database?.drop();
    await rm(room, { recursive: true, force: true });
  }
}

async function costs(scene: Scene, ours: Side, { readers, rounds }: StreamsOptions): Promise<Measure[]> {
  await scene.speak({ Enquiry: talk });
  const apart = await inTurns(scene, ours, { readers, spreadMs: 0, text }, rounds);
  await scene.speak({ Enquiry: { ...talk, intervalMs: 0 } });
  const flatOut = await inTurns(scene, ours, { readers, spreadMs: 0, text }, rounds);
  const long = longer(20);
  const few = Math.ceil(readers / 4);
  await scene.speak({ Enquiry: { ...talk, intervalMs: 0, text: long } });
  const longOnes = await inTurns(scene, ours, { readers: few, spreadMs: 0, text: long }, rounds);
  const perToken = (side: 'floor' | 'ours') =>
    median(
      longOnes[side].map(
        ({ cpu, events }) => (cpu * 1_000) / (side === 'floor' ? events : longOnes.floor[0]!.events),
      ),
    );
  const ratio = perToken('ours') / perToken('floor');
  return [
    perStream(
      `processor time of a stream, ${readers} at once, ${tokens} tokens 20 ms apart`,
      apart,
      readers,
      2,
    ),
    perStream('the same without pauses', flatOut, readers),
    {
      name: `processor time of a token without pauses, ${few} answers of ${Math.round(longOnes.floor[0]!.events / few)} tokens`,
      ours: `${perToken('ours').toFixed(1)} µs`,
      floor: `${perToken('floor').toFixed(1)} µs`,
      ratio,
      limit: '≤ 2.00',
      met: ratio <= 2,
    },
  ];
}

function perStream(name: string, runs: Runs, readers: number, limit?: number): Measure {
  const [ours, floor] = [runs.ours, runs.floor].map((some) =>
    median(some.map(({ cpu }) => cpu / readers)),
  ) as [number, number];
  const ratio = ours / floor;
  const bound = limit === undefined ? {} : { limit: `≤ ${limit.toFixed(2)}`, met: ratio <= limit };
  return { name, ours: `${ours.toFixed(2)} ms`, floor: `${floor.toFixed(2)} ms`, ratio, ...bound };
}

/** So many readers that all are open at the same moment, each with a token four times a second. */
async function many(
  scene: Scene,
  ours: Side,
  { many: readers }: StreamsOptions,
  databaseUrl: string,
): Promise<Measure[]> {
  const pace = { ...talk, intervalMs: 250 };
  const spreadMs = 20_000;
  await scene.speak({ Enquiry: { ...talk, intervalMs: 0 } });
  for (const side of [scene.floor, ours]) await scene.read(side, { readers: 100, spreadMs: 1_000, text });
  await scene.speak({ Enquiry: pace });
  const job = { readers, spreadMs, text };
  const floor = await scene.read(scene.floor, job);
  const before = await commits(databaseUrl);
  const run = await scene.read(ours, job);
  const perSecond = ((await commits(databaseUrl)) - before) / (run.tookMs / 1_000);
  told('many, floor', floor);
  told('many, ours', run);
  const ratio = p99(run.firsts) / p99(floor.firsts);
  const each = (one: Run) => (one.peak - one.idle) / readers;
  const what = `${readers.toLocaleString('en-US')} streams`;
  return [
    {
      name: `${what}, ${tokens} tokens 250 ms apart, begun within ${spreadMs / 1_000} s: first token, 99 %`,
      ours: ms(p99(run.firsts)),
      floor: ms(p99(floor.firsts)),
      ratio,
      limit: '≤ 3.00',
      met: ratio <= 3,
    },
    {
      name: 'answers that came without a token, or not whole',
      ours: String(run.faults.length),
      floor: String(floor.faults.length),
      limit: '0',
      met: run.faults.length === 0,
    },
    {
      name: 'resident memory meanwhile',
      ours: mb(run.peak),
      floor: mb(floor.peak),
      limit: '< 400 MB',
      met: run.peak < 400e6,
    },
    { name: 'memory that an open stream adds', ours: mb(each(run)), floor: mb(each(floor)) },
    { name: 'commits in a second', ours: perSecond.toFixed(0) },
  ];
}

/** Until the buffers below the server are full. */
const fullMs = 15_000;

/** Live readers alone, and beside readers who never read: most follow a slow answer, some one that is longer than all buffers below the server. */
async function stalled(
  scene: Scene,
  ours: Side,
  options: StreamsOptions,
  metrics: number,
): Promise<Measure[]> {
  const blocked = Math.ceil(options.stalled / 5);
  const live = { readers: 50, spreadMs: 1_000, text };
  const [slow, endless] = ['slowly', 'at length'];
  await scene.speak({
    [slow]: { ...talk, intervalMs: 600 },
    [endless]: { text: longer(15_000), firstDelayMs: 50, intervalMs: 8, chunk: 4_000 },
    Enquiry: talk,
  });
  const ask = (word: string, readers: number) => ({
    ...ours,
    question: `${question} Say it ${word}.`,
    instrumentId,
    readers,
  });
  await scene.read(ours, live);
  // The same answers without them: what answers cost is not what their readers cost.
  await scene.stall([ask(endless, 0), ask(slow, 0)]);
  await sleep(fullMs);
  const alone = [await scene.read(ours, live), await scene.read(ours, live)];
  const memory = await residentOf(ours.pid);
  const began = performance.now();
  await scene.stall([ask(`${endless} again`, blocked), ask(`${slow} again`, options.stalled - blocked)]);
  await sleep(fullMs);
  const open = await openStreams(metrics);
  const beside = [await scene.read(ours, live), await scene.read(ours, live)];
  const grown = (await residentOf(ours.pid)) - memory;
  let droppedMs: number | undefined;
  while (performance.now() - began < 120_000) {
    if ((await openStreams(metrics)) <= open - blocked) {
      droppedMs = performance.now() - began;
      break;
    }
    await sleep(500);
  }
  for (const run of alone) told('live alone', run);
  for (const run of beside) told('live beside', run);
  const of = (runs: Run[], what: (run: Run) => number) => sum(runs.map(what)) / runs.length;
  const [gaps, totals] = [(run: Run) => p99(run.gaps), (run: Run) => median(run.totals)];
  const compare = (name: string, what: (run: Run) => number, limit: number): Measure => {
    const ratio = of(beside, what) / of(alone, what);
    return {
      name,
      ours: ms(of(beside, what)),
      floor: `${ms(of(alone, what))} (alone)`,
      ratio,
      limit: `≤ ${limit.toFixed(2)}`,
      met: ratio <= limit,
    };
  };
  const each = grown / options.stalled;
  return [
    compare(`50 live readers beside ${options.stalled} who never read: between two tokens, 99 %`, gaps, 1.5),
    compare('the same: a whole answer, median', totals, 1.1),
    { name: 'memory of a reader who never reads', ours: mb(each), limit: '< 1 MiB', met: each < 2 ** 20 },
    {
      name: `${blocked} of them with full buffers: dropped so long after they came`,
      ours: droppedMs === undefined ? 'not in 120 s' : `${(droppedMs / 1_000).toFixed(0)} s`,
      limit: '≤ 60 s',
      met: droppedMs !== undefined && droppedMs <= 60_000,
    },
  ];
}

type Runs = { floor: Run[]; ours: Run[] };

async function inTurns(
  scene: Scene,
  ours: Side,
  job: Parameters<Scene['read']>[1],
  rounds: number,
): Promise<Runs> {
  const runs: Runs = { floor: [], ours: [] };
  for (let i = 0; i < rounds; i++) {
    runs.floor.push(await scene.read(scene.floor, job));
    runs.ours.push(await scene.read(ours, job));
  }
  for (const side of ['floor', 'ours'] as const) for (const run of runs[side]) told(side, run);
  const faults = [...runs.floor, ...runs.ours].flatMap((run) => run.faults);
  if (faults.length > 0) throw new Error(`${faults.length} readers did not get everything: ${faults[0]}`);
  return runs;
}

/** That neither readers nor model were what was waited for is to be seen here. */
function told(what: string, { cpu, readersCpu, modelCpu, tookMs, events, faults }: Run) {
  const share = (used: number) => `${((100 * used) / tookMs).toFixed(0)} %`;
  console.error(
    `  ${what}: ${(tookMs / 1_000).toFixed(1)} s, ${events} token events; of a core the server ${share(cpu)}, readers ${share(readersCpu)}, model ${share(modelCpu)}`,
  );
  if (faults[0]) console.error(`  ${faults.length} faults: ${faults[0]}`);
}

const p99 = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * 0.99) - 1] ?? NaN;

async function commits(url: string): Promise<number> {
  // What a session has done is told a second after it at the latest.
  await sleep(1_500);
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ n: string }>(
    'select xact_commit as n from pg_stat_database where datname = current_database()',
  );
  await client.end();
  return Number(rows[0]!.n);
}

async function openStreams(port: number): Promise<number> {
  const figures = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return sum([...figures.matchAll(/^rayni_open_streams(?:\{.*\})? (\d+)/gm)].map(([, n]) => Number(n)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
