import { setTimeout as sleep } from 'node:timers/promises';
import { createRayniClient } from '@rayni/client';
import type { Database } from '@rayni/database';
import { startScriptedOpenAI } from '@rayni/scripted-openai';
import { type ConnectionFaults, startBadNetwork } from './bad-network.ts';
import { type Asked, check, type Counts } from './checks.ts';
import { insist, openDocuments } from './documents.ts';
import { faultPoints } from './fault-points.ts';
import { type FleetCounts, type Role, startFleet } from './fleet.ts';
import { seeded } from './random.ts';
import { byClient, byEvents, byStream, neverReading, type Seen } from './readers.ts';
import { setScene } from './scene.ts';
import { numberOf, questionNumber, slowScript } from './script.ts';

export type TortureOptions = {
  engine: Database['kind'];
  roles: readonly Role[];
  answers: number;
  /** Of processes that answer; a tenth as much is done to workers. */
  kills: number;
  /** How probable it is that a process is stopped for some seconds instead of killed. */
  stops: number;
  /** Handed in while questions are answered, beside the one that questions are about. */
  documents: number;
  /** Of 100 connections to the servers, to the database and to the model. */
  badConnections: { clients: number; database: number; model: number };
  seed: number;
  /** Questions being answered at the same time. */
  atOnce: number;
  /** A PostgreSQL to make a database on; a throw-away one without it. */
  url?: string | undefined;
  /** Hears twice a second how far it is. */
  progress?: (line: string) => void;
};

export type Report = {
  counts: Counts & {
    neverReading: number;
    documents: number;
    fleet: FleetCounts;
    network: Record<'clients' | 'database' | 'model', ConnectionFaults>;
  };
  /** Points that no process came by. */
  neverPassed: string[];
  violations: string[];
  seconds: number;
};

/** Longer than an answer may take, so that one that does not end is seen. */
const patienceMs = 400_000;
const retry = { minMs: 50, maxMs: 1_000, attempts: 1_000, reconnects: 1_000, timeoutMs: 3_000 };
/** With so many every point is passed, or its statement is not known any more. */
const manyKills = 100;
const anyBytes = { from: 0, to: 20_000 };

/**
 * Asks while server processes are killed, stopped and resumed and connections break in every way, with every question handed in three times
 * and read three times, and holds what everybody saw against what is stored. Undefined without a PostgreSQL where one is needed.
 */
export async function torture(options: TortureOptions): Promise<Report | undefined> {
  const { answers, kills, seed, badConnections, progress = () => {} } = options;
  const began = performance.now();
  await using stack = new AsyncDisposableStack();
  const scene = await setScene(options.engine, options.url);
  if (!scene) return undefined;
  stack.use(scene);
  // What is done to connections does not depend on how many processes were killed before.
  const random = seeded(seed);
  const draw = (stream: number) => seeded(seed + stream * 0x9e3779b9);

  const writtenFor = new Map<number, string[]>();
  const brokenFor = new Map<number, number>();
  const model = await startScriptedOpenAI({ script: slowScript(writtenFor, draw(1)) });
  stack.defer(() => model.close());
  const toModel = await startBadNetwork({
    targets: () => [{ port: Number(new URL(model.url).port) }],
    bad: badConnections.model,
    afterBytes: anyBytes,
    afterMs: { from: 0, to: 2_000 },
    darkMs: { from: 500, to: 3_000 },
    random: draw(2),
    about: (bytes) => numberOf(bytes.toString('latin1')),
    broke: (number) => number !== undefined && brokenFor.set(number, (brokenFor.get(number) ?? 0) + 1),
  });
  stack.defer(() => toModel.close());
  const { listens } = scene;
  const toDatabase = await startBadNetwork({
    targets: () => (listens ? [listens] : []),
    bad: badConnections.database,
    afterBytes: { from: 0, to: 0 },
    afterMs: { from: 500, to: 10_000 },
    // Longer than a process waits for an answer of the database.
    darkMs: { from: 500, to: 60_000 },
    random: draw(3),
  });
  stack.defer(() => toDatabase.close());
  const fleet = startFleet(
    options.roles,
    {
      ...scene.env,
      ...scene.behind(toDatabase.port),
      OPENAI_BASE_URL: `${toModel.url}/v1`,
      OPENAI_API_KEY: 'key',
    },
    draw(4),
  );
  stack.defer(() => fleet.close());
  const network = await startBadNetwork({
    targets: () => fleet.ports().map((port) => ({ port })),
    bad: badConnections.clients,
    afterBytes: anyBytes,
    afterMs: { from: 0, to: 0 },
    darkMs: { from: 500, to: 3_000 },
    random: draw(5),
  });
  stack.defer(() => network.close());
  await fleet.ready();
  const over = new AbortController();
  stack.defer(() => over.abort());
  const { instrumentId } = scene;
  const documents = await openDocuments(network.url, { ...scene, signal: over.signal });

  const asked: Asked[] = [];
  let silent = 0;
  let begun = 0;
  let ended = 0;
  const dueAt = (of: number, n: number) => Math.ceil((n * of) / answers);

  async function one(record: Asked): Promise<void> {
    const { number, question } = record;
    const client = createRayniClient({ url: network.url, retry });
    const signal = AbortSignal.timeout(patienceMs);
    const input = { instrumentId, question, clientKey: `torture ${seed} ${number}` };
    const streams = [1, 2, 3].map(() => client.chat.ask(input, { signal }));
    const started = await Promise.all(streams.map((stream) => stream.started()));
    for (const { turnId } of started) record.turnIds.add(turnId);
    const { turnId } = started[0]!;
    const leave = random.chance(0.2) ? neverReading(network.url, turnId) : undefined;
    if (leave) silent += 1;
    const readers: [string, Promise<Seen>][] = [
      random.chance(0.5)
        ? ['ask', byClient(streams[0]!, 'ask')]
        : ['follow', byClient(client.chat.follow(turnId, { signal }), 'follow')],
      ['events', byEvents(client, turnId, random, signal)],
      ['stream', byStream(network.url, turnId, random, signal)],
    ];
    if (random.chance(0.08)) {
      await sleep(random.between(0, 3_000));
      await client.chat.cancel(turnId, { signal });
      const snapshot = (signal: AbortSignal) => client.trpc.chat.snapshot.query({ turnId }, { signal });
      // What is over has its end in the log, which a snapshot leaves to be read.
      record.cancelledAt = (await insist(snapshot, signal)).lastSeq + 1;
    }
    for (const [kind, reading] of readers) {
      record.readers.push(
        await reading.catch((error: unknown) => ({
          kind,
          fault: error instanceof Error ? error.message : '?',
        })),
      );
    }
    leave?.();
  }

  const report = setInterval(() => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    progress(
      `${ended} of ${answers} answers, ${fleet.kills()} of ${kills} kills, ${documents.handedIn.length} documents, ${seconds} s`,
    );
  }, 500);
  stack.defer(() => clearInterval(report));
  const suffering = fleet.suffer(kills, {
    stops: options.stops,
    due: () => dueAt(kills, begun),
    pauseMs: 1_000,
  });
  const worker = async () => {
    while (begun < answers) {
      const number = (begun += 1);
      // The kills are spread over the answers.
      while (fleet.kills() < dueAt(kills, number) - options.atOnce) await sleep(50);
      const record: Asked = {
        number,
        question: questionNumber(number),
        turnIds: new Set(),
        readers: [],
        cancelledAt: undefined,
        written: [],
        modelFaults: 0,
      };
      asked.push(record);
      await one(record).catch((error: unknown) => {
        record.readers.push({
          kind: 'submit',
          fault: error instanceof Error ? error.message : String(error),
        });
      });
      ended += 1;
    }
  };
  await Promise.all([
    suffering,
    documents.feed(
      () => dueAt(options.documents, begun),
      () => ended >= answers,
    ),
    ...Array.from({ length: options.atOnce }, worker),
  ]);
  await Promise.race([documents.over(), sleep(patienceMs, undefined, { ref: false })]);
  over.abort();
  await fleet.close();

  for (const record of asked) {
    record.written = writtenFor.get(record.number) ?? [];
    record.modelFaults = brokenFor.get(record.number) ?? 0;
  }
  await using database = await scene.open();
  const { counts, violations } = await check(database, asked, {
    stops: fleet.stops(),
    databaseFaults: Object.values(toDatabase.faults).reduce((n, m) => n + m, 0),
  });
  const neverPassed = faultPoints.filter((point) => !fleet.passed.has(point));
  return {
    counts: {
      ...counts,
      neverReading: silent,
      documents: documents.handedIn.length,
      fleet: fleet.counts,
      network: { clients: network.faults, database: toDatabase.faults, model: toModel.faults },
    },
    neverPassed,
    violations: [
      ...violations,
      ...fleet.crashes,
      ...(kills >= manyKills ? neverPassed.map((point) => `no process came by: ${point}`) : []),
      ...(await unreadDocuments(database, documents.handedIn)),
    ],
    seconds: (performance.now() - began) / 1000,
  };
}

/** Every document that is there has been read, and every acknowledged one is there. */
async function unreadDocuments({ pool }: Pick<Database, 'pool'>, handedIn: string[]): Promise<string[]> {
  const { rows } = await pool.query<{
    id: string;
    title: string;
    status: string;
    status_detail: string | null;
  }>('select id, title, status, status_detail from source');
  const there = new Set(rows.map(({ id }) => id));
  return [
    ...rows
      .filter(({ status }) => status !== 'approved')
      .map(({ title, status, status_detail }) => `document ${title} is ${status}: ${status_detail ?? ''}`),
    ...handedIn
      .filter((id) => !there.has(id))
      .map((id) => `document ${id} was acknowledged and is not stored`),
  ];
}
