import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatEvent, Citation } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import type { Viewer } from '../../access/policy.ts';
import type { ChatMessage, Model, ModelPart } from '../../app.ts';
import { type TestApp, testApp } from '../../testing/index.ts';
import { sweep } from '../../uploads/sweep.ts';
import { removeConversation } from '../conversations/conversations.ts';
import { startAnswer } from '../start.ts';
import { eventsAfter } from '../store.ts';
import type { LoggedEvent } from '../tails.ts';
import { ask, cancelTurn, readTurn, whole as wholeAnswer } from '../turns.ts';
import { snapshotOf } from './snapshot.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const hour = 3_600_000;

/** Writes sentences slowly enough for events of their own; without a number, for ever. */
const writing = (sentences = Infinity): Model => ({
  name: 'writing',
  async *stream(_messages: ChatMessage[], signal: AbortSignal): AsyncGenerator<ModelPart> {
    for (let i = 0; i < sentences; i += 1) {
      yield { type: 'delta', text: 'Set the temperature to 37 degrees [1].\n' };
      await sleep(30, undefined, { signal });
    }
    yield { type: 'finish', reason: 'stop' };
  },
});

async function ready(test: TestApp) {
  const instrumentId = await test.instrument();
  const viewer = await test.account({ isAdmin: true });
  await test.document(viewer, instrumentId, 'note.md', note);
  return { viewer, instrumentId };
}

async function asked(test: TestApp) {
  const { viewer, instrumentId } = await ready(test);
  return { viewer, ...(await startAnswer(test.rayni, viewer, { instrumentId, question })) };
}

async function read({ rayni }: TestApp, viewer: Viewer, turnId: string, after = 0) {
  const seen: LoggedEvent[] = [];
  const input = { turnId, lastEventId: String(after) };
  for await (const logged of readTurn(rayni, viewer, input, new AbortController().signal)) seen.push(logged);
  return seen;
}

type Draft = { text: string; citations: Citation[]; ends: number };
const none: Draft = { text: '', citations: [], ends: 0 };
function reduce(events: ChatEvent[], from = none): Draft {
  let draft = from;
  for (const event of events) {
    if (event.type === 'turn-reset') draft = none;
    if (event.type === 'text-delta') draft = { ...draft, text: draft.text + event.text };
    if (event.type === 'citation') draft = { ...draft, citations: [...draft.citations, event.citation] };
    if (event.type === 'turn-end') draft = { ...draft, ends: draft.ends + 1 };
  }
  return draft;
}
const eventsOf = (log: LoggedEvent[]) => log.map(({ event }) => event);

describe.each(testEngines())('an answer that is over, on %s', (engine) => {
  it('is given again at once to who asks under its key after its log was removed', async () => {
    await using test = await testApp({ engine, model: writing(2) });
    const { viewer, instrumentId } = await ready(test);
    const input = { instrumentId, question, clientKey: randomUUID() };
    const signal = AbortSignal.timeout(10_000);
    const answer = await ask(test.rayni, viewer, input, signal);
    test.advance(25 * hour);
    await sweep(test.rayni.app);
    expect(await ask(test.rayni, viewer, input, signal)).toEqual(answer);
    expect(signal.aborted).toBe(false);

    await removeConversation(test.rayni, viewer, answer.sessionId);
    await expect(ask(test.rayni, viewer, input, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(signal.aborted).toBe(false);
  });

  it('is not given again to who lost the right to read it', async () => {
    await using test = await testApp({ engine, model: writing(2) });
    const { instrumentId } = await ready(test);
    const viewer = await test.account();
    const signal = AbortSignal.timeout(10_000);
    const answer = await ask(test.rayni, viewer, { instrumentId, question }, signal);
    test.advance(25 * hour);
    await sweep(test.rayni.app);
    await test.rayni.app.db.query.updateTable('instrument').set({ visibility: 'restricted' }).execute();
    const again = wholeAnswer(test.rayni, viewer, answer, signal);
    await expect(again).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is the same for whoever comes after its log was removed, wherever they were cut off', async () => {
    await using test = await testApp({ engine, model: writing(4) });
    const { turnId, viewer } = await asked(test);
    const live = await read(test, viewer, turnId);
    const whole = reduce(eventsOf(live));
    expect(whole).toMatchObject({ ends: 1 });
    expect(whole.citations).toHaveLength(4);

    test.advance(23 * hour);
    await sweep(test.rayni.app);
    expect(await read(test, viewer, turnId)).toEqual(live);
    test.advance(hour);
    await sweep(test.rayni.app);
    const { query } = test.rayni.app.db;
    expect((await eventsAfter(query, [{ turnId, after: 0 }])).size).toBe(0);

    const late = await read(test, viewer, turnId);
    expect(late.map(({ event }) => event.type)).toEqual([
      'turn-start',
      'text-delta',
      ...whole.citations.map(() => 'citation'),
      'turn-end',
    ]);
    expect(late.map(({ seq }) => seq)).toEqual(late.map((_, i) => i + 1));
    expect(reduce(eventsOf(late))).toEqual(whole);
    expect(late.at(-1)!.event).toEqual(live.at(-1)!.event);
    expect(late.at(-1)!.event).toMatchObject({
      sha256: createHash('sha256').update(whole.text).digest('hex'),
    });
    for (let after = 1; after < live.length; after += 1) {
      const rest = await read(test, viewer, turnId, after);
      expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, i) => after + 1 + i));
      expect(reduce(eventsOf(rest), reduce(eventsOf(live.slice(0, after))))).toEqual(whole);
    }
    expect(await read(test, viewer, turnId, live.length)).toEqual([]);
  });

  it('is whole for a reader whose log is removed while they read', async () => {
    await using test = await testApp({ engine, model: writing(30) });
    const { turnId, viewer } = await asked(test);
    const whole = reduce(eventsOf(await read(test, viewer, turnId)));
    test.advance(24 * hour);
    const seen: ChatEvent[] = [];
    for await (const { event } of readTurn(test.rayni, viewer, { turnId }, new AbortController().signal)) {
      seen.push(event);
      if (seen.length === 5) await sweep(test.rayni.app);
    }
    expect(seen.map(({ type }) => type)).toContain('turn-reset');
    expect(reduce(seen)).toEqual(whole);
  });
});

describe('a snapshot', () => {
  it('and the events after it make the answer, at any moment of it', async () => {
    await using test = await testApp({ model: writing() });
    const { turnId, viewer } = await asked(test);
    const { signal } = new AbortController();
    const seen: LoggedEvent[] = [];
    const snapshots: Awaited<ReturnType<typeof snapshotOf>>[] = [];
    for await (const logged of readTurn(test.rayni, viewer, { turnId }, signal)) {
      seen.push(logged);
      if (seen.length < 8) snapshots.push(await snapshotOf(test.rayni, viewer, turnId));
      if (seen.length === 8) await cancelTurn(test.rayni, viewer, turnId);
    }
    snapshots.push(await snapshotOf(test.rayni, viewer, turnId));
    const whole = reduce(eventsOf(seen));
    expect(snapshots.map(({ status }) => status)).toEqual([...Array(7).fill('running'), 'cancelled']);
    for (const { lastSeq, text, citations, ...ids } of snapshots) {
      expect(ids).toMatchObject({ turnId, question });
      expect({ text, citations, ends: 0 }).toEqual(reduce(eventsOf(seen.slice(0, lastSeq))));
      const rest = await read(test, viewer, turnId, lastSeq);
      expect(rest.at(-1)!.event.type).toBe('turn-end');
      expect(reduce(eventsOf(rest), { text, citations, ends: 0 })).toEqual(whole);
    }
    test.advance(24 * hour);
    await sweep(test.rayni.app);
    const late = await snapshotOf(test.rayni, viewer, turnId);
    expect(late).toEqual(snapshots.at(-1));
    expect(eventsOf(await read(test, viewer, turnId, late.lastSeq))).toEqual(eventsOf(seen.slice(-1)));
  });

  it('forgets what was taken back', async () => {
    await using test = await testApp({ model: writing() });
    const { turnId, viewer } = await asked(test);
    const reader = readTurn(test.rayni, viewer, { turnId }, new AbortController().signal);
    for await (const { event } of reader) if (event.type === 'citation') break;
    await test.rayni.live.log.append(turnId, 1, [{ type: 'turn-reset', attempt: 2 }]);
    const { text, lastSeq } = await snapshotOf(test.rayni, viewer, turnId);
    const log = (await eventsAfter(test.rayni.app.db.query, [{ turnId, after: 0 }])).get(turnId)!;
    expect(text).toBe(reduce(eventsOf(log.slice(0, lastSeq))).text);
    expect(log.slice(0, lastSeq).map(({ event }) => event.type)).toContain('turn-reset');
    await cancelTurn(test.rayni, viewer, turnId);
  });
});
