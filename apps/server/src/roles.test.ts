import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRayniClient, emptyDraft, type RayniClient, reduceAnswer } from '@rayni/client';
import type { ChatEvent } from '@rayni/contract';
import { testEngines, testPostgres } from '@rayni/database/testing';
import { demoScript, type ScriptedOpenAI, stalls, startScriptedOpenAI } from '@rayni/scripted-openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo } from '../demo/demo.ts';
import { type ServerProcess, startProcess } from './testing/server-process.ts';
import { startSwitchProxy } from './testing/switch-proxy.ts';

const patience = 120_000;
const question = 'How do I calibrate this instrument?';
/** Begins an answer and never goes on: only what ends its process, or cancels it, ends this. */
const standsStill = stalls(
  10 * patience,
  8,
  'Set the temperature to 37 degrees [1]. Then wait for it to settle.',
);

/** What these events add up to. */
const draftOf = (events: ChatEvent[]) => events.reduce(reduceAnswer, emptyDraft);

describe.skipIf(!testEngines().includes('postgres'))('processes of different roles on one PostgreSQL', () => {
  const processes: ServerProcess[] = [];
  const dir = mkdtempSync(path.join(os.tmpdir(), 'rayni-roles-'));
  let openai: ScriptedOpenAI;
  let postgres: NonNullable<Awaited<ReturnType<typeof testPostgres>>>;
  let worker: ServerProcess;
  let first: ServerProcess;
  let second: ServerProcess;
  let instrumentId: string;

  function start(role: 'api' | 'worker') {
    const started = startProcess({
      ROLE: role,
      DATABASE_URL: postgres.url,
      DATA_DIR: path.join(dir, 'data'),
      OPENAI_BASE_URL: openai.url,
    });
    processes.push(started);
    return started;
  }

  const clientOf = (url: string) => createRayniClient({ url, retry: { minMs: 20, maxMs: 200 } });

  beforeAll(async () => {
    openai = await startScriptedOpenAI({ script: demoScript({ intervalMs: 20 }) });
    postgres = (await testPostgres())!;
    // All at once on an empty database: one makes the tables, one loads the demo, the others wait.
    [worker, first, second] = [start('worker'), start('api'), start('api')];
    await Promise.all(processes.map(({ ready }) => ready));
    const instruments = await clientOf(await first.ready).trpc.instruments.list.query();
    instrumentId = instruments[0]!.id;
  }, patience);

  afterAll(async () => {
    await Promise.all(processes.map((one) => one[Symbol.asyncDispose]()));
    await postgres?.drop();
    await openai?.close();
    rmSync(dir, { recursive: true, force: true });
  }, patience);

  it('start together and load the demo once, read by the worker alone', async () => {
    for (const one of [first, second]) {
      const { trpc } = clientOf(await one.ready);
      const ids = [];
      for (const { id } of demo.instruments) {
        const { items } = await trpc.sources.list.query({ instrumentId: id }).catch(() => ({ items: [] }));
        ids.push(...items.map((source) => source.id));
      }
      // A guest sees those of the public instruments.
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThan(0);
    }
    expect([first, second].filter(({ printed }) => printed().includes('Loading the demo'))).toHaveLength(1);
    const url = await worker.ready;
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    expect((await fetch(`${url}/api/instruments/`)).status).toBe(404);
    expect((await fetch(`${url}/trpc/instruments.list`)).status).toBe(404);
  });

  it(
    'serve an answer written by one to readers of another as it comes, and stop it from there',
    async () => {
      const [asked, elsewhere] = [clientOf(await first.ready), clientOf(await second.ready)];
      openai.next(stalls(patience, 8, 'Set the temperature to 37 degrees [1]. Then wait for it to settle.'));
      const { turnId } = await asked.trpc.chat.start.mutate({ instrumentId, question });
      const seen: ChatEvent[] = [];
      for await (const event of elsewhere.chat.follow(turnId)) {
        seen.push(event);
        // The model stands still, so this came while the answer was being written.
        if (event.type === 'text-delta' && seen.filter(({ type }) => type === 'text-delta').length === 1)
          await elsewhere.chat.cancel(turnId);
      }
      expect(seen.at(-1)).toMatchObject({ type: 'turn-end', reason: 'cancelled' });
      expect(await openai.calls.findLast(({ chat }) => chat)?.ended).toBe('gone');
      const told: ChatEvent[] = [];
      for await (const event of asked.chat.follow(turnId)) told.push(event);
      expect(draftOf(told)).toEqual(draftOf(seen));
    },
    patience,
  );

  /** A reader of one answer behind the proxy, who only reconnects. */
  function read(client: RayniClient) {
    const events: ChatEvent[] = [];
    let text = '';
    const whole = (async () => {
      for await (const event of client.chat.ask({ instrumentId, question })) {
        events.push(event);
        if (event.type === 'turn-reset') text = '';
        if (event.type === 'text-delta') text += event.text;
        if (event.type === 'turn-end') return event;
      }
      throw new Error('the stream ended without its end');
    })();
    whole.catch(() => {});
    const count = (type: ChatEvent['type']) => events.filter((event) => event.type === type).length;
    return { whole, events, count, text: () => text };
  }

  const someText = (reader: ReturnType<typeof read>) =>
    expect.poll(() => reader.text(), { timeout: patience, interval: 5 }).not.toBe('');

  const resets = (reader: ReturnType<typeof read>, times: number) =>
    expect.poll(() => reader.count('turn-reset'), { timeout: patience, interval: 2 }).toBe(times);

  async function isWhole(reader: ReturnType<typeof read>, elsewhere: string) {
    const end = await reader.whole;
    expect(end).toMatchObject({ reason: 'answered', length: reader.text().length });
    expect(end.sha256).toBe(createHash('sha256').update(reader.text()).digest('hex'));
    expect(reader.count('turn-start')).toBe(1);
    expect(reader.count('turn-end')).toBe(1);
    // One who was never cut off has the same.
    const start = reader.events[0]!;
    const replayed: ChatEvent[] = [];
    if (start.type !== 'turn-start') throw new Error('the first event is not the start');
    for await (const event of clientOf(elsewhere).chat.follow(start.turnId)) replayed.push(event);
    expect(draftOf(replayed)).toEqual(draftOf(reader.events));
  }

  it(
    'hand a running answer on when they end, as often as it takes',
    async () => {
      const calls = openai.calls.filter(({ chat }) => chat).length;
      const proxy = await startSwitchProxy(await first.ready);
      openai.next(standsStill);
      openai.next(standsStill);
      const reader = read(clientOf(proxy.url));
      let writer = first;
      for (const [attempt, next] of [() => second, () => start('api')].entries()) {
        await someText(reader);
        const taker = next();
        proxy.to(await taker.ready);
        const began = performance.now();
        writer.child.kill('SIGTERM');
        await resets(reader, attempt + 1);
        figure('taken over after SIGTERM', began);
        expect(await writer.ended).toEqual({ code: 0, signal: null });
        figure('ended after SIGTERM', began);
        expect(performance.now() - began).toBeLessThan(10_000);
        expect(writer.printed()).not.toMatch(/"level":[56]0/);
        writer = taker;
      }
      await isWhole(reader, await writer.ready);
      expect(openai.calls.filter(({ chat }) => chat)).toHaveLength(calls + 3);
      await proxy.close();
    },
    patience,
  );

  it(
    'take an answer over from one that was killed',
    async () => {
      const writer = processes.findLast(({ child }) => child.exitCode === null)!;
      const taker = start('api');
      const proxy = await startSwitchProxy(await writer.ready);
      openai.next(standsStill);
      const reader = read(clientOf(proxy.url));
      await Promise.all([someText(reader), taker.ready]);
      proxy.to(await taker.ready);
      const began = performance.now();
      writer.child.kill('SIGKILL');
      await resets(reader, 1);
      figure('taken over after SIGKILL', began);
      await isWhole(reader, await taker.ready);
      await proxy.close();
    },
    patience,
  );

  it('end in order as workers too', async () => {
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(worker.printed()).not.toMatch(/"level":[456]0/);
  });
});

const figure = (what: string, began: number) =>
  process.env['FIGURES'] && console.log(`${what}: ${(performance.now() - began).toFixed(0)} ms`);
