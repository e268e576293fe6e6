import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRayniClient } from '@rayni/client';
import { openDatabase } from '@rayni/database';
import { testPostgres } from '@rayni/database/testing';
import { demoScript, type Script, startScriptedOpenAI, written } from '@rayni/scripted-openai';
import { startBadNetwork } from './bad-network.ts';
import { type Asked, check, type Counts } from './checks.ts';
import { startFleet } from './fleet.ts';
import { seeded } from './random.ts';
import { byClient, byEvents, byStream, neverReading, type Seen } from './readers.ts';

export type TortureOptions = {
  answers: number;
  kills: number;
  /** How probable it is that a process is stopped for some seconds before one is killed. */
  stops: number;
  seed: number;
  /** Questions being answered at the same time. */
  atOnce: number;
  /** A PostgreSQL to make a database on; a throw-away one without it. */
  url?: string | undefined;
  say?: (line: string) => void;
};

export type Report = {
  counts: Counts & { kills: number; stops: number; networkFaults: number; neverReading: number };
  violations: string[];
  seconds: number;
};

/** For so long a reader may wait for its end once nothing is done to the servers any more, and before that. */
const patienceMs = 150_000;
const retry = { minMs: 50, maxMs: 1_000, attempts: 200, reconnects: 500, timeoutMs: 3_000 };

/**
 * Asks while server processes are killed, stopped and resumed and connections break in every way, with every question handed in three times
 * and read three times, and holds what everybody saw against what is stored. Undefined without a PostgreSQL.
 */
export async function torture(options: TortureOptions): Promise<Report | undefined> {
  const { answers, kills, seed, say = () => {} } = options;
  const began = performance.now();
  const fresh = await testPostgres(options.url === undefined ? {} : { url: options.url });
  if (!fresh) return undefined;
  const random = seeded(seed);
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'rayni-torture-'));
  const writtenFor = new Map<number, string[]>();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  stack.defer(() => fresh.drop());

  const model = await startScriptedOpenAI({ script: slowScript(writtenFor, random) });
  stack.defer(() => model.close());
  const fleet = await startFleet(2, {
    DATABASE_URL: fresh.url,
    DATA_DIR: dataDir,
    SECRET_KEY: 'a secret key of a test, 32 characters long',
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'key',
    LOG_LEVEL: 'silent',
    METRICS_PORT: 'off',
    RATE_LIMITS: 'login=off,questions=off,feedback=off,uploads=off,answers=off,streams=off',
  });
  stack.defer(() => fleet.close());
  const database = await openDatabase({ url: fresh.url });
  stack.defer(() => database.close());
  const network = await startBadNetwork(fleet.ports, random);
  stack.defer(() => network.close());
  say(`2 processes are up after ${((performance.now() - began) / 1000).toFixed(0)} s`);

  const { rows } = await database.pool.query<{ id: string }>(
    "select id from instrument where visibility = 'public' order by name limit 1",
  );
  const instrumentId = rows[0]!.id;
  const asked: Asked[] = [];
  let silent = 0;
  let begun = 0;
  const dueAt = (n: number) => Math.ceil((n * kills) / answers);

  async function one(number: number): Promise<void> {
    const question = `How do I calibrate the instrument? Number ${number}.`;
    const record: Asked = {
      number,
      question,
      turnIds: new Set(),
      readers: [],
      cancelledAt: undefined,
      written: [],
    };
    asked.push(record);
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
      record.cancelledAt = await logLength(turnId);
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

  async function logLength(turnId: string): Promise<number> {
    const { rows } = await database.pool.query<{ n: number }>(
      'select count(*)::int as n from turn_event where turn_id = $1',
      [turnId],
    );
    return rows[0]!.n;
  }

  const suffering = fleet.suffer(kills, options.stops, () => dueAt(begun), random);
  const worker = async () => {
    while (begun < answers) {
      const number = (begun += 1);
      // The kills are spread over the answers.
      while (fleet.counts.kills < dueAt(number) - 2) await sleep(50);
      await one(number).catch((error: unknown) => {
        const fault = error instanceof Error ? error.message : String(error);
        asked.find((each) => each.number === number)?.readers.push({ kind: 'submit', fault });
      });
      if (number % 25 === 0) say(`${number} of ${answers} answers, ${fleet.counts.kills} kills`);
    }
  };
  await Promise.all([suffering, ...Array.from({ length: options.atOnce }, worker)]);
  for (const record of asked) record.written = writtenFor.get(record.number) ?? [];
  const { counts, violations } = await check(database, asked);
  return {
    counts: { ...counts, ...fleet.counts, networkFaults: network.faults(), neverReading: silent },
    violations,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Writes for some seconds, each time something that can be told from every other time. */
function slowScript(writtenFor: Map<number, string[]>, random: ReturnType<typeof seeded>): Script {
  const base = demoScript();
  return (request) => {
    const reply = base(request);
    const number = Number(
      /calibrate the instrument\? Number (\d+)\./.exec(request.messages.at(-1)!.content)?.[1],
    );
    if (reply?.type !== 'written' || !Number.isInteger(number)) return reply;
    const texts = writtenFor.get(number) ?? [];
    writtenFor.set(number, texts);
    const text = [
      `Attempt ${texts.length + 1} at number ${number}.`,
      ...Array.from({ length: random.between(1, 4) }, () => reply.text),
    ].join('\n');
    texts.push(text);
    return written(text, { firstDelayMs: random.between(0, 500), intervalMs: random.between(5, 40) });
  };
}
