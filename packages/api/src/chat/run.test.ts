import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { App, ChatMessage, Model, ModelPart } from '../app.ts';
import { newId } from '../ids.ts';
import { openLive } from '../live.ts';
import { guest, type TestApp, testApp } from '../testing/index.ts';
import { startAnswer } from './start.ts';
import { citationsOf, eventsAfter, turnById } from './store.ts';
import { createTails, type LoggedEvent } from './tails.ts';
import { takeOver, watchAbandoned } from './take-over.ts';
import { cancelTurn } from './turns.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const patient = { timeout: 20_000, interval: 10 };

/** A model that says a word, then waits for `go`, then says another; `stubborn` does not listen to its signal. */
function gatedModel({ stubborn = false } = {}) {
  const gate = Promise.withResolvers<void>();
  const state = { calls: 0, aborted: false, go: () => gate.resolve() };
  const model: Model = {
    name: 'gated',
    async *stream(_messages: ChatMessage[], signal: AbortSignal): AsyncGenerator<ModelPart> {
      state.calls += 1;
      signal.addEventListener('abort', () => (state.aborted = true));
      yield { type: 'delta', text: 'Set the temperature ' };
      if (stubborn) await new Promise(() => {});
      await gate.promise;
      for (;;) {
        yield { type: 'delta', text: 'to 37 degrees [1]. ' };
        await sleep(5, undefined, { signal });
      }
    },
  };
  return { model, state };
}

async function asked(test: TestApp) {
  const instrumentId = await test.instrument();
  await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
  return { instrumentId, ...(await startAnswer(test.rayni, guest, { instrumentId, question })) };
}

/** What PostgreSQL answers when it does not take a statement. */
const refusal = Object.assign(new Error('refused'), { severity: 'ERROR' });

/** An answer with something shown, whose writes go by `act` from then on. */
async function failing(
  test: TestApp,
  act: (fails: { first: boolean }, append: () => Promise<boolean>) => Promise<boolean>,
) {
  const { live } = test.rayni;
  let writes = -1;
  const append: typeof live.log.append = async (...write) =>
    writes < 0 ? live.log.append(...write) : act({ first: writes++ === 0 }, () => live.log.append(...write));
  const answer = await asked({ ...test, rayni: { ...test.rayni, live: { ...live, log: { append } } } });
  await shown(test, answer.turnId);
  writes = 0;
  return answer;
}

const logOf = async (test: TestApp, turnId: string) =>
  (await eventsAfter(test.rayni.app.db.query, [{ turnId, after: 0 }])).get(turnId) ?? [];
const shown = (test: TestApp, turnId: string) =>
  expect.poll(async () => (await logOf(test, turnId)).at(-1)?.event.type, patient).toBe('text-delta');

describe('a running answer', () => {
  it('stops its model as soon as another producer has taken over', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    await test.rayni.app.db.query.updateTable('turn').set({ epoch: 2 }).where('id', '=', turnId).execute();
    state.go();
    await expect.poll(() => state.aborted, patient).toBe(true);
    expect(test.rayni.live.running.size).toBe(0);
    expect((await logOf(test, turnId)).filter(({ event }) => event.type === 'text-delta')).toHaveLength(1);
  });

  it('is over once its cancellation is acknowledged: nothing follows', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    state.go();
    await cancelTurn(test.rayni, guest, turnId);
    const log = await logOf(test, turnId);
    expect(log.at(-1)!.event).toMatchObject({ type: 'turn-end', reason: 'cancelled' });
    await sleep(50);
    expect(await logOf(test, turnId)).toEqual(log);
  });

  it('ends, and lets the process end, although its model does not listen', async () => {
    const { model } = gatedModel({ stubborn: true });
    await using test = await testApp({ model });
    const cancelled = await asked(test);
    await shown(test, cancelled.turnId);
    await cancelTurn(test.rayni, guest, cancelled.turnId);
    expect((await logOf(test, cancelled.turnId)).at(-1)!.event).toMatchObject({ reason: 'cancelled' });

    const running = await asked(test);
    await shown(test, running.turnId);
    await test.rayni.live.close();
    expect(test.rayni.live.running.size).toBe(0);
  });

  it('is handed over when its process stops, and not begun again by the process that stops', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const stopWatching = await watchAbandoned(test.rayni, true);
    const { turnId, instrumentId } = await asked(test);
    await shown(test, turnId);
    await stopWatching();
    await test.rayni.live.close();
    // A request that was under way stores its question, but nobody here begins to answer it.
    const late = await startAnswer(test.rayni, guest, { instrumentId, question });
    expect(test.rayni.live.running.size).toBe(0);
    await test.rayni.app.db.query.deleteFrom('turn').where('id', '=', late.turnId).execute();
    test.advance(1);
    expect(state.calls).toBe(1);
    // Another process need not wait for the lease to run out.
    const other = { ...test.rayni, live: openLive(test.rayni.app) };
    expect(await takeOver(other, false)).toBe(1);
    await expect.poll(() => state.calls, patient).toBe(2);
    await other.live.close();
  });

  it('takes back what it has shown when the database refuses a write', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await failing(test, (fails, append) => {
      if (fails.first) throw refusal;
      return append();
    });
    state.go();
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
    const log = await logOf(test, turnId);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_event, i) => i + 1));
    expect(log.slice(-2).map(({ event }) => event)).toMatchObject([
      { type: 'turn-reset', attempt: 2 },
      { type: 'turn-end', reason: 'failed', code: 'INTERNAL', length: 0, citations: [] },
    ]);
    expect(await turnById(test.rayni.app.db.query, turnId)).toMatchObject({ status: 'failed', text: '' });
    expect(await citationsOf(test.rayni.app.db.query, [turnId])).toEqual(new Map([[turnId, []]]));
  });

  it.each([
    ['was not stored', false],
    ['was stored all the same', true],
  ])(
    'is begun again, without waiting for its lease, when the connection breaks under a write that %s',
    async (_, stored) => {
      const { model, state } = gatedModel();
      await using test = await testApp({ model });
      const { turnId } = await failing(test, async (fails, append) => {
        if (!fails.first) return append();
        if (stored) await append();
        throw new Error('connection lost');
      });
      state.go();
      await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
      expect(await turnById(test.rayni.app.db.query, turnId)).toMatchObject({ status: 'running' });
      expect(await takeOver(test.rayni, false)).toBe(1);
      await shown(test, turnId);
      await cancelTurn(test.rayni, guest, turnId);
      const log = await logOf(test, turnId);
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_event, i) => i + 1));
      expect(log.map(({ event }) => event)).toContainEqual({ type: 'turn-reset', attempt: 2 });
      expect(log.at(-1)!.event).toMatchObject({ type: 'turn-end', reason: 'cancelled' });
      expect(state.calls).toBe(2);
    },
  );

  it('is left to its lease when not even what was shown can be taken back', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { live } = test.rayni;
    let failing = false;
    const append: typeof live.log.append = (...event) =>
      failing ? Promise.reject(refusal) : live.log.append(...event);
    const { turnId } = await asked({ ...test, rayni: { ...test.rayni, live: { ...live, log: { append } } } });
    await shown(test, turnId);
    failing = true;
    state.go();
    await expect.poll(() => live.running.size, patient).toBe(0);
    expect(await turnById(test.rayni.app.db.query, turnId)).toMatchObject({ status: 'running', text: '' });
    test.advance(11_000);
    expect(await takeOver(test.rayni, false)).toBe(1);
  });

  it('is not taken over by its own process when its lease ran out meanwhile', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    // As after a sleep of the machine: the lease is over before the heartbeat comes to prolong it.
    test.advance(11_000);
    expect(await takeOver(test.rayni, false)).toBe(0);
    expect(state.calls).toBe(1);
    const other = { ...test.rayni, live: openLive(test.rayni.app) };
    expect(await takeOver(other, false)).toBe(1);
    await other.live.close();
  });

  it('stays known as running when an older producer of it ends', async () => {
    const { model } = gatedModel();
    await using test = await testApp({ model });
    const { live } = test.rayni;
    const { turnId } = await asked(test);
    await shown(test, turnId);
    const older = live.running.get(turnId)!;
    const newer = { ...older, abort: new AbortController(), over: Promise.resolve() };
    live.running.set(turnId, newer);
    older.abort.abort('shutdown');
    await older.over;
    expect(live.running.get(turnId)).toBe(newer);
  });

  it('is taken over although another one could not be', async () => {
    const { model } = gatedModel();
    await using test = await testApp({ model });
    const { live } = test.rayni;
    const { instrumentId, ...first } = await asked(test);
    const second = await startAnswer(test.rayni, guest, { instrumentId, question });
    await shown(test, first.turnId);
    await shown(test, second.turnId);
    for (const { abort } of live.running.values()) abort.abort('shutdown');
    await expect.poll(() => live.running.size, patient).toBe(0);
    let faults = 1;
    const append: typeof live.log.append = (...event) =>
      faults-- > 0 ? Promise.reject(new Error('connection lost')) : live.log.append(...event);
    test.advance(11_000);
    expect(await takeOver({ ...test.rayni, live: { ...live, log: { append } } }, false)).toBe(2);
    expect(live.running.size).toBe(1);
  });

  it('that was cancelled while nobody produced it is cancelled, not answered', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    test.rayni.live.running.get(turnId)!.abort.abort('shutdown');
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
    await cancelTurn(test.rayni, guest, turnId);
    test.advance(11_000);
    await takeOver(test.rayni, false);
    const log = await logOf(test, turnId);
    expect(log.at(-1)!.event).toMatchObject({ type: 'turn-end', reason: 'cancelled', length: 0 });
    expect(log.map(({ event }) => event.type)).toEqual([
      'turn-start',
      'text-delta',
      'turn-reset',
      'turn-end',
    ]);
    expect(state.calls).toBe(1);
  });
});

describe('the tail of an answer', () => {
  async function all(events: AsyncIterable<LoggedEvent>) {
    const seen: LoggedEvent[] = [];
    for await (const event of events) seen.push(event);
    return seen;
  }

  it('is whole after the database was away for a moment', async () => {
    await using test = await testApp();
    const { turnId } = await asked(test);
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
    let away = true;
    const { query } = test.rayni.app.db;
    const flaky = new Proxy(query, {
      get(target, name) {
        if (away && name === 'getExecutor') throw new Error('connection lost');
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const app: Pick<App, 'db' | 'log'> = { ...test.rayni.app, db: { ...test.rayni.app.db, query: flaky } };
    const tails = createTails(app);
    const { signal } = new AbortController();
    const waiting = tails.read(turnId, 0, signal);
    // Two readers of one tail: the second must not believe that the first has looked.
    await expect(Promise.all([waiting.next(), all(tails.read(turnId, 0, signal))])).rejects.toThrow('lost');
    away = false;
    expect(await all(tails.read(turnId, 0, signal))).toEqual(await logOf(test, turnId));
    tails.stop();
  });

  it('is one for its producer and a reader that was there first', async () => {
    await using test = await testApp();
    const tails = createTails(test.rayni.app);
    const turnId = newId();
    const log: LoggedEvent[] = [
      { seq: 1, event: { type: 'turn-start', userTurnId: newId(), turnId } },
      { seq: 2, event: { type: 'text-delta', text: 'Set' } },
    ];
    const reader = tails.read(turnId, 0, new AbortController().signal);
    const first = reader.next();
    const release = tails.hold(turnId, log[0]!);
    // Told by the producer alone: the database does not hold this log.
    tails.publish(turnId, log.slice(1));
    release();
    expect([await first, await reader.next()].map(({ value }) => value)).toEqual(log);
    await reader.return();
    expect(tails.open()).toBe(0);
    tails.stop();
  });

  it('lets go of a reader whose signal fires, also of one that comes too late', async () => {
    const { model } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    const { tails } = test.rayni.live;
    const gone = new AbortController();
    const readers = [1, 2, 3].map(() => all(tails.read(turnId, 0, gone.signal)));
    await sleep(20);
    gone.abort();
    for (const events of await Promise.all(readers)) expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await all(tails.read(turnId, 0, gone.signal))).toEqual([]);
    await cancelTurn(test.rayni, guest, turnId);
    expect(tails.open()).toBe(0);
  });

  it('gives every reader every event once, in order, whenever it joins and wherever it begins', async () => {
    const { model, state } = gatedModel();
    await using test = await testApp({ model });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    state.go();
    const { signal } = new AbortController();
    const readers = Array.from({ length: 30 }, async (_, i) => {
      await sleep(i * 4);
      const after = i % 4;
      return { after, events: await all(test.rayni.live.tails.read(turnId, after, signal)) };
    });
    await sleep(200);
    await cancelTurn(test.rayni, guest, turnId);
    const log = await logOf(test, turnId);
    for (const { after, events } of await Promise.all(readers)) expect(events).toEqual(log.slice(after));
  });
});
