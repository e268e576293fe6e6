import { setTimeout as sleep } from 'node:timers/promises';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it, vi } from 'vitest';
import type { ChatMessage, Model, ModelPart } from '../app.ts';
import { openLive, type Rayni } from '../live.ts';
import { guest, type TestApp, testApp } from '../testing/index.ts';
import { leaseMs } from './log.ts';
import { startAnswer } from './start.ts';
import { appendEvents, eventsAfter, turnById } from './store.ts';
import { createTails, type LoggedEvent } from './tails.ts';
import { cancelTurn, readTurn } from './turns.ts';
import { createWakeUps } from './wake-ups.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const patient = { timeout: 20_000, interval: 10 };
/** Nothing is found by looking: only a wake-up can bring it. */
const never = 2 ** 31 - 1;

/** Writes on and on. */
const endless: Model = {
  name: 'endless',
  async *stream(_messages: ChatMessage[], signal: AbortSignal): AsyncGenerator<ModelPart> {
    for (;;) {
      yield { type: 'delta', text: 'Set the temperature to 37 degrees [1]. ' };
      await sleep(5, undefined, { signal });
    }
  },
};

async function asked(test: TestApp) {
  const instrumentId = await test.instrument();
  await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
  return startAnswer(test.rayni, guest, { instrumentId, question });
}

const logOf = async ({ rayni }: TestApp, turnId: string) =>
  (await eventsAfter(rayni.app.db.query, [{ turnId, after: 0 }])).get(turnId) ?? [];
const shown = (test: TestApp, turnId: string) =>
  expect.poll(async () => (await logOf(test, turnId)).at(-1)?.event.type, patient).toBe('citation');

/** A second process on the same database. */
async function other(test: TestApp): Promise<Rayni> {
  const live = openLive(test.rayni.app);
  await live.listen();
  return { ...test.rayni, live };
}

/** Its lease runs out, as after a kill: nothing is written about it any more. */
async function orphan(test: TestApp, turnId: string) {
  await test.rayni.app.db.query.updateTable('turn').set({ epoch: 2 }).where('id', '=', turnId).execute();
  await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
}

describe.each(testEngines())('two processes on %s', (engine) => {
  it('a reader of one gets what the other writes by a wake-up, without looking', async () => {
    await using test = await testApp({ engine, model: endless });
    await test.rayni.live.listen();
    const { app } = test.rayni;
    const wakeUps = createWakeUps(app);
    const tails = createTails(app, { lookEveryMs: never });
    await wakeUps.listen((heard) => {
      if (heard?.what !== 'cancel') tails.grown(heard?.turnId, heard?.what);
    });
    const { turnId } = await asked(test);
    const seen: LoggedEvent[] = [];
    const reading = (async () => {
      for await (const event of tails.read(turnId, 0, new AbortController().signal)) seen.push(event);
    })();
    await expect.poll(() => seen.length, patient).toBeGreaterThan(10);
    await cancelTurn(test.rayni, guest, turnId);
    await reading;
    expect(seen).toEqual(await logOf(test, turnId));
    tails.stop();
    await wakeUps.stop();
  });

  it('a cancellation at one stops the answer of the other, which keeps what was shown', async () => {
    await using test = await testApp({ engine, model: endless });
    await test.rayni.live.listen();
    const second = await other(test);
    const { turnId } = await asked(test);
    await shown(test, turnId);
    await cancelTurn(second, guest, turnId);
    const log = await logOf(test, turnId);
    expect(log.at(-1)!.event).toMatchObject({ type: 'turn-end', reason: 'cancelled' });
    expect(log.map(({ event }) => event.type)).not.toContain('turn-reset');
    expect((await turnById(test.rayni.app.db.query, turnId))!.text).toContain('Set the temperature');
    await second.live.close();
  });

  it('a cancellation is followed also while a producer with a valid lease is dead', async () => {
    await using test = await testApp({ engine, model: endless });
    const second = await other(test);
    const { turnId } = await asked(test);
    await shown(test, turnId);
    await orphan(test, turnId);
    await cancelTurn(second, guest, turnId);
    const log = await logOf(test, turnId);
    expect(log.slice(-2).map(({ event }) => event)).toMatchObject([
      { type: 'turn-reset' },
      { type: 'turn-end', reason: 'cancelled', length: 0 },
    ]);
    expect(await turnById(test.rayni.app.db.query, turnId)).toMatchObject({ status: 'cancelled', text: '' });
    await second.live.close();
  });

  it('a cancellation waits for no producer whose lease has run out', async () => {
    await using test = await testApp({ engine, model: endless });
    const second = await other(test);
    const { turnId } = await asked(test);
    await shown(test, turnId);
    await orphan(test, turnId);
    test.advance(leaseMs + 1);
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    const follows = vi.spyOn(second.live.tails, 'read');
    await cancelTurn(second, guest, turnId);
    expect(follows).not.toHaveBeenCalled();
    expect(timeout).not.toHaveBeenCalled();
    timeout.mockRestore();
    expect(await turnById(test.rayni.app.db.query, turnId)).toMatchObject({ status: 'cancelled' });
    await second.live.close();
  });

  it('a cancellation gives a producer that may be alive 2 seconds, and no more', async () => {
    await using test = await testApp({ engine, model: endless });
    const second = await other(test);
    const { turnId } = await asked(test);
    await shown(test, turnId);
    await orphan(test, turnId);
    const grace = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(grace.signal);
    let over = false;
    const cancelled = cancelTurn(second, guest, turnId).then(() => void (over = true));
    await expect.poll(() => timeout.mock.calls, patient).toEqual([[2_000]]);
    timeout.mockRestore();
    const status = async () => (await turnById(test.rayni.app.db.query, turnId))?.status;
    // A process that lives is given the time to stop by itself, with what it has shown.
    expect([over, await status()]).toEqual([false, 'running']);
    grace.abort();
    await cancelled;
    expect(await status()).toBe('cancelled');
    await second.live.close();
  });

  it('a producer that slept through the cancellation of its answer writes nothing any more', async () => {
    await using test = await testApp({ engine, model: endless });
    const { turnId } = await asked(test);
    await shown(test, turnId);
    await orphan(test, turnId);
    const second = await other(test);
    await cancelTurn(second, guest, turnId);
    const log = await logOf(test, turnId);
    const late = { turnId, epoch: 1, events: [{ type: 'text-delta' as const, text: 'late' }] };
    for (const epoch of [1, 2, 3]) {
      expect(
        (await appendEvents(test.rayni.app.db.query, [{ ...late, epoch }], new Date(Date.now() + 10_000)))
          .size,
      ).toBe(0);
    }
    expect(await logOf(test, turnId)).toEqual(log);
    await second.live.close();
  });
});

it('a log that was taken over where its reader is, is read at once from where it stood', async () => {
  await using test = await testApp({ model: endless });
  const { turnId } = await asked(test);
  await shown(test, turnId);
  const { app } = test.rayni;
  const tails = createTails(app, { lookEveryMs: never });
  const reader = tails.read(turnId, 0, new AbortController().signal);
  const seen: LoggedEvent[] = [];
  const upTo = (await logOf(test, turnId)).length;
  while (seen.length < upTo) seen.push((await reader.next()).value!);
  await cancelTurn(test.rayni, guest, turnId);
  const log = await logOf(test, turnId);
  // Only the last commit is published here: what lies between came from elsewhere.
  tails.publish(turnId, log.slice(-1));
  for (let next = await reader.next(); !next.done; next = await reader.next()) seen.push(next.value);
  expect(seen).toEqual(log);
  tails.stop();
});

it('reading is not disturbed by a wake-up for what is known already', async () => {
  await using test = await testApp();
  const { turnId } = await asked(test);
  await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
  const whole = await logOf(test, turnId);
  const seen: LoggedEvent[] = [];
  for await (const event of readTurn(test.rayni, guest, { turnId }, new AbortController().signal)) {
    test.rayni.live.tails.grown(turnId, 1);
    test.rayni.live.tails.grown();
    seen.push(event);
  }
  expect(seen).toEqual(whole);
});
