import { createHash, randomUUID } from 'node:crypto';
import type { ChatEvent, TurnEnd } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ModelFault } from '../app.ts';
import { guest, scriptedModel, testApp, type TestApp } from '../testing/index.ts';
import { startAnswer } from './start.ts';
import { eventsAfter } from './store.ts';
import { takeOver } from './take-over.ts';
import { ask, cancelTurn, citationsOfTurn, conversationOf, readTurn } from './turns.ts';

const note = `# Calibration

Fill the reservoir with 250 mL of distilled water. Set the temperature to 37 °C and wait for 20 minutes.
Press START to begin the calibration. The display shows OK when the deviation is below 0.5 °C.

# Error codes

E-104 means that the sheath pressure is too low. Replace the sheath filter and restart the instrument.
`;

let test: TestApp;
let instrumentId: string;

/** One product for all tests of an engine: each asks its own questions of the same library, with a model of its own. */
function useLibrary(engine: 'embedded' | 'postgres') {
  beforeAll(async () => {
    test = await testApp({ engine });
    instrumentId = await test.instrument();
    await test.document(await test.account({ isAdmin: true }), instrumentId, 'calibration.md', note);
  });
  afterEach(() => {
    test.rayni.app.model = undefined;
  });
  afterAll(() => test[Symbol.asyncDispose]());
}

function play(...scripts: Parameters<typeof scriptedModel>) {
  const model = scriptedModel(...scripts);
  test.rayni.app.model = model;
  return model;
}

const never = () => new AbortController().signal;

async function follow(viewer: Viewer, turnId: string, after = 0) {
  const got: { seq: number; event: ChatEvent }[] = [];
  for await (const logged of readTurn(test.rayni, viewer, { turnId, lastEventId: String(after) }, never()))
    got.push(logged);
  return got;
}

function reduce(events: { event: ChatEvent }[]) {
  let text = '';
  let end: TurnEnd | undefined;
  for (const { event } of events) {
    if (event.type === 'text-delta') text += event.text;
    if (event.type === 'turn-reset') text = '';
    if (event.type === 'turn-end') end = event;
  }
  return { text, end: end! };
}

describe.each(testEngines())('an answer on %s', (engine) => {
  useLibrary(engine);

  it('without a model is made of quotes, each with a verbatim Proof', async () => {
    const answer = await ask(test.rayni, guest, { instrumentId, question: 'What does E-104 mean?' }, never());
    expect(answer).toMatchObject({ status: 'done', reason: 'extractive' });
    expect(answer.notice).toContain('No language model is configured');
    expect(answer.citations.length).toBeGreaterThan(0);
    for (const citation of answer.citations) {
      expect(citation.support).toBe('verbatim');
      expect(answer.text).toContain(`[${citation.marker}]`);
      expect(citation.locator.kind).toBe('text');
    }
    expect(answer.citations.map((c) => c.quote).join()).toContain('the sheath pressure is too low');
  });

  it('made of quotes names the words that stand nowhere, without a model and after a fault', async () => {
    const question = 'Which temperature does the Zeta2000 need for the calibration?';
    const without = await ask(test.rayni, guest, { instrumentId, question }, never());
    play([new ModelFault('unreachable', 'The language model cannot be reached.')]);
    const faulty = await ask(test.rayni, guest, { instrumentId, question }, never());
    for (const [answer, why] of [
      [without, 'No language model is configured.'],
      [faulty, 'The language model cannot be reached.'],
    ] as const) {
      expect(answer.reason).toBe('extractive');
      expect(answer.notice).toContain('"Zeta2000" does not occur in these documents.');
      expect(answer.notice).toContain(why);
    }
  });

  it('binds and checks every mark, and drops those the model made up', async () => {
    const model = play([
      'Set the temp',
      'erature to 37 °C and wait for 20 minutes [',
      '1]. Set the temperature to 73 °C and wait for 20 minutes [1]. The moon is made of green cheese',
      ' [9]. Rockets fly to distant galaxies every Tuesday evening [1].\0',
    ]);
    const answer = await ask(
      test.rayni,
      guest,
      { instrumentId, question: 'Which temperature for calibration?' },
      never(),
    );
    expect(answer.reason).toBe('answered');
    expect(answer.text).not.toContain('[9]');
    expect(answer.text).not.toContain('\0');
    expect(answer.citations.map((c) => [c.marker, c.support])).toEqual([
      [1, 'verbatim'],
      [2, 'partial'],
      [3, 'unsupported'],
    ]);
    expect(answer.citations[1]!.reasons).toContain('number');
    expect(model.calls).toHaveLength(1);
  });

  it('reads the same from every sequence number, live and replayed', async () => {
    const words = 'Press START to begin the calibration [1]. '.split(/(?<= )/);
    play(words.flatMap((word) => [word, 12]));
    const { turnId } = await startAnswer(test.rayni, guest, {
      instrumentId,
      question: 'How do I begin the calibration?',
    });
    const live = await follow(guest, turnId);
    expect(live.map(({ seq }) => seq)).toEqual(live.map((_, i) => i + 1));
    expect(live[0]!.event.type).toBe('turn-start');
    const { text, end } = reduce(live);
    expect(end).toMatchObject({ reason: 'answered', length: text.length });
    expect(end.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(live.filter(({ event }) => event.type === 'text-delta').length).toBeGreaterThan(1);
    for (let after = 0; after < live.length; after += 1) {
      expect(await follow(guest, turnId, after)).toEqual(live.slice(after));
    }
    expect(await follow(guest, turnId, live.length)).toEqual([]);
  });

  it('is one answer for one key, however often it is submitted', async () => {
    const model = play(['Press START to begin the calibration [1].']);
    const input = { instrumentId, question: 'How do I begin the calibration?', clientKey: randomUUID() };
    const all = await Promise.all([1, 2, 3].map(() => startAnswer(test.rayni, guest, input)));
    expect(new Set(all.map((one) => one.turnId)).size).toBe(1);
    await follow(guest, all[0]!.turnId);
    expect(model.calls).toHaveLength(1);
    await expect(
      startAnswer(test.rayni, guest, { ...input, question: 'Another question?' }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('is one of three at most that are written at once for one caller', async () => {
    play(...Array.from({ length: 5 }, () => [60_000]));
    const [viewer, other] = [await test.account(), await test.account()];
    const start = (who: Viewer, clientKey: string = randomUUID()) =>
      startAnswer(test.rayni, who, { instrumentId, question: 'How do I begin the calibration?', clientKey });
    const keys = Array.from({ length: 6 }, () => randomUUID());
    // Sent at the same moment, each twice: three are begun, and their repetitions are no other ones.
    const sent = [...keys, ...keys];
    const all = await Promise.allSettled(sent.map((key) => start(viewer, key)));
    const begun = all.flatMap((one, i) =>
      one.status === 'fulfilled' ? [{ ...one.value, key: sent[i]! }] : [],
    );
    expect(new Set(begun.map(({ turnId }) => turnId)).size).toBe(3);
    expect(begun).toHaveLength(6);
    for (const one of all) {
      if (one.status === 'rejected')
        expect(one.reason).toMatchObject({
          code: 'RATE_LIMITED',
          message: expect.stringContaining('cancel it'),
        });
    }
    for (const { key, turnId } of begun) expect(await start(viewer, key)).toMatchObject({ turnId });
    await expect(start(viewer)).rejects.toMatchObject({ code: 'RATE_LIMITED' });

    const others = await start(other);
    await cancelTurn(test.rayni, viewer, begun[0]!.turnId);
    const fourth = await start(viewer);
    await cancelTurn(test.rayni, other, others.turnId);
    for (const { turnId } of [...begun, fourth]) await cancelTurn(test.rayni, viewer, turnId);
  });

  it('takes back what a dying model wrote and quotes the documents instead', async () => {
    play([
      'Set the temperature to 37 °C [1]. And th',
      40,
      new ModelFault('cut', 'The language model broke off.'),
    ]);
    const { turnId } = await startAnswer(test.rayni, guest, {
      instrumentId,
      question: 'Which temperature for calibration?',
    });
    const events = await follow(guest, turnId);
    expect(events.map(({ event }) => event.type)).toContain('turn-reset');
    const { text, end } = reduce(events);
    expect(end.reason).toBe('extractive');
    expect(end.notice).toContain('The language model broke off.');
    expect(end.citations.every((c) => c.support === 'verbatim' && text.includes(`[${c.marker}]`))).toBe(true);
    expect(await citationsOfTurn(test.rayni, guest, turnId)).toEqual(end.citations);
  });

  it('withholds a written answer of which nothing is proven', async () => {
    play(['Rockets fly to distant galaxies every Tuesday evening [1].']);
    const answer = await ask(
      test.rayni,
      guest,
      { instrumentId, question: 'Which temperature for calibration?' },
      never(),
    );
    expect(answer.reason).toBe('extractive');
    expect(answer.text).not.toContain('Rockets');
    expect(answer.notice).toContain('withheld');
  });

  it('says so when the documents hold nothing, without asking the model', async () => {
    const model = play();
    const answer = await ask(
      test.rayni,
      guest,
      { instrumentId, question: 'Who won the chess olympiad in Reykjavik?' },
      never(),
    );
    expect(answer).toMatchObject({ reason: 'not_found', citations: [] });
    expect(model.calls).toHaveLength(0);
  });

  it("passes on the model's own word that the documents do not say", async () => {
    play(['The documents do not say how often the calibration is due.']);
    const answer = await ask(
      test.rayni,
      guest,
      { instrumentId, question: 'How often is calibration due?' },
      never(),
    );
    expect(answer).toMatchObject({ reason: 'not_found', citations: [] });
    expect(answer.text).toContain('do not say');
  });

  it('stops for all readers when it is cancelled', async () => {
    const model = play(['Press START ', 60_000, 'never']);
    const { turnId } = await startAnswer(test.rayni, guest, {
      instrumentId,
      question: 'How do I begin the calibration?',
    });
    const readers = [follow(guest, turnId), follow(guest, turnId)];
    await expect.poll(() => model.calls.length).toBe(1);
    await cancelTurn(test.rayni, guest, turnId);
    for (const events of await Promise.all(readers)) expect(reduce(events).end.reason).toBe('cancelled');
    await cancelTurn(test.rayni, guest, turnId);
  });

  it('is taken over when its producer is gone: reset, again from the beginning, every reader whole', async () => {
    const model = play(['Half an ans', 60_000], ['Press START to begin the calibration [1].']);
    const { turnId } = await startAnswer(test.rayni, guest, {
      instrumentId,
      question: 'How do I begin the calibration?',
    });
    const reader = follow(guest, turnId);
    await expect
      .poll(async () => (await eventsAfter(test.rayni.app.db.query, [{ turnId, after: 1 }])).size)
      .toBe(1);
    // The producer goes without a word, as in a crash.
    test.rayni.live.running.get(turnId)!.abort.abort('fenced');
    await expect.poll(() => test.rayni.live.running.size).toBe(0);
    expect(await takeOver(test.rayni, false)).toBe(0);
    test.advance(11_000);
    expect(await takeOver(test.rayni, false)).toBe(1);
    const events = await reader;
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.filter(({ event }) => event.type === 'turn-reset')).toHaveLength(1);
    expect(reduce(events).text).toBe('Press START to begin the calibration [1].');
    expect(model.calls).toHaveLength(2);
  });

  it('ends as failed when two producers were lost', async () => {
    const model = play([60_000], [60_000]);
    const { turnId } = await startAnswer(test.rayni, guest, {
      instrumentId,
      question: 'How do I begin the calibration?',
    });
    for (const calls of [1, 2]) {
      await expect.poll(() => model.calls.length).toBe(calls);
      test.rayni.live.running.get(turnId)!.abort.abort('fenced');
      await expect.poll(() => test.rayni.live.running.size).toBe(0);
      test.advance(11_000);
      await takeOver(test.rayni, false);
    }
    expect(reduce(await follow(guest, turnId)).end).toMatchObject({
      reason: 'failed',
      code: 'UNAVAILABLE',
    });
  });

  it('carries the conversation into the next prompt', async () => {
    const model = play(['Press START to begin the calibration [1].'], ['The display shows OK [1].']);
    const first = await ask(
      test.rayni,
      guest,
      { instrumentId, question: 'How do I begin the calibration?' },
      never(),
    );
    const { sessionId } = first;
    await ask(
      test.rayni,
      guest,
      { instrumentId, question: 'What does the display show then?', sessionId },
      never(),
    );
    const prompt = model.calls[1]!.map((message) => message.content).join('\n');
    expect(prompt).toContain('How do I begin the calibration?');
    expect(prompt).toContain('Press START to begin the calibration');
    const conversation = await conversationOf(test.rayni, guest, sessionId);
    expect(conversation.turns.map((turn) => turn.question)).toEqual([
      'How do I begin the calibration?',
      'What does the display show then?',
    ]);
    expect(conversation.turns[0]!.citations).toEqual(first.citations);
  });

  it('of a guest is forgotten after a day, also where the conversation goes on', async () => {
    const model = play(
      ['Press START to begin the calibration [1].'],
      ['E-104 means that the sheath pressure is too low [1].'],
      ['The display shows OK [1].'],
    );
    const asked = (question: string, sessionId?: string) =>
      ask(test.rayni, guest, { instrumentId, question, ...(sessionId ? { sessionId } : {}) }, never());
    const { sessionId } = await asked('How do I begin the calibration?');
    test.advance(23 * 3_600_000);
    await asked('What does E-104 mean?', sessionId);
    test.advance(2 * 3_600_000);
    const questions = async () =>
      (await conversationOf(test.rayni, guest, sessionId)).turns.map((turn) => turn.question);
    expect(await questions()).toEqual(['What does E-104 mean?']);
    await asked('What does the display show then?', sessionId);
    const prompt = model.calls[2]!.map((message) => message.content).join('\n');
    expect(prompt).toContain('What does E-104 mean?');
    expect(prompt).not.toContain('How do I begin the calibration?');
  });

  it('belongs to who asked', async () => {
    const [mine, other] = [await test.account(), await test.account()];
    const answer = await ask(test.rayni, mine, { instrumentId, question: 'What does E-104 mean?' }, never());
    for (const viewer of [other, guest]) {
      await expect(citationsOfTurn(test.rayni, viewer, answer.turnId)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(follow(viewer, answer.turnId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(cancelTurn(test.rayni, viewer, answer.turnId)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(conversationOf(test.rayni, viewer, answer.sessionId)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      const input = { instrumentId, question: 'And then?', sessionId: answer.sessionId };
      await expect(startAnswer(test.rayni, viewer, input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('of a restricted instrument is refused before anything is stored', async () => {
    const member = await test.account();
    const input = {
      instrumentId: await test.instrument({ visibility: 'restricted' }),
      question: 'What is behind the restricted door?',
    };
    await expect(startAnswer(test.rayni, guest, input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(startAnswer(test.rayni, member, input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const stored = test.rayni.app.db.query
      .selectFrom('user_turn')
      .select('id')
      .where('question', '=', input.question);
    expect(await stored.execute()).toEqual([]);
  });

  it('ends for a reader whose right to the instrument has gone', async () => {
    const member = await test.account();
    const { turnId } = await ask(
      test.rayni,
      member,
      { instrumentId, question: 'What does E-104 mean?' },
      never(),
    );
    const instrument = test.rayni.app.db.query.updateTable('instrument').where('id', '=', instrumentId);
    await instrument.set({ visibility: 'restricted' }).execute();
    const events = await follow(member, turnId);
    expect(events.map(({ event }) => event.type)).toEqual(['turn-end']);
    expect(reduce(events).end.reason).toBe('access_revoked');
    await instrument.set({ visibility: 'public' }).execute();
  });
});
