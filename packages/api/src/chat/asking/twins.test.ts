import { setTimeout as sleep } from 'node:timers/promises';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import type { ChatMessage, Model, ModelPart } from '../../app.ts';
import { openLive } from '../../live.ts';
import { guest, type TestApp, testApp } from '../../testing/index.ts';
import { startAnswer } from '../start.ts';
import { cancelTurn } from '../turns.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const patient = { timeout: 20_000, interval: 10 };

/** Does not answer before it is stopped, or not at all. */
const silent: Model = {
  name: 'silent',
  async *stream(_messages: ChatMessage[], signal: AbortSignal): AsyncGenerator<ModelPart> {
    await sleep(600_000, undefined, { signal });
    yield { type: 'finish', reason: 'stop' };
  },
};

async function scene(test: TestApp) {
  const instrumentId = await test.instrument();
  await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
  test.rayni.settings.answersAtOnce = 100;
  const click = async (more: object = {}, rayni = test.rayni, viewer = guest) =>
    (await startAnswer(rayni, viewer, { instrumentId, question, joinRecent: true, ...more })).turnId;
  return { instrumentId, click };
}

describe.each(testEngines())('a question asked twice by mistake, on %s', (engine) => {
  it('is one question, also when both clicks come at the same moment to two processes', async () => {
    await using test = await testApp({ engine, model: silent });
    const { click } = await scene(test);
    const second = { ...test.rayni, live: openLive(test.rayni.app) };
    const turns = await Promise.all(
      Array.from({ length: 12 }, (_, i) => click({}, i % 2 ? second : test.rayni)),
    );
    expect(new Set(turns).size).toBe(1);
    expect(test.rayni.live.running.size + second.live.running.size).toBe(1);
    const stored = await test.rayni.app.db.query.selectFrom('turn').select('id').execute();
    expect(stored).toHaveLength(1);
    await second.live.close();
  });
});

describe('a question asked again', () => {
  it('is a new one ten seconds later, although the first is still being answered', async () => {
    await using test = await testApp({ model: silent });
    const { click } = await scene(test);
    const first = await click();
    test.advance(9_999);
    expect(await click()).toBe(first);
    test.advance(1);
    expect(await click()).not.toBe(first);
  });

  it('is a new one three seconds after its answer', async () => {
    await using test = await testApp();
    const { click } = await scene(test);
    const first = await click();
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
    test.advance(2_999);
    expect(await click()).toBe(first);
    test.advance(1);
    expect(await click()).not.toBe(first);
  });

  it('is a new one after it was cancelled', async () => {
    await using test = await testApp({ model: silent });
    const { click } = await scene(test);
    const first = await click();
    await cancelTurn(test.rayni, guest, first);
    expect(await click()).not.toBe(first);
  });

  it('is a new one for another caller, in a conversation, with a key of its own, with other words, and by other doors', async () => {
    await using test = await testApp({ model: silent });
    const { instrumentId, click } = await scene(test);
    const first = await click();
    const conversation = await startAnswer(test.rayni, guest, {
      instrumentId,
      question: 'What is the waiting time?',
    });
    const member = await test.account();
    const others = [
      await startAnswer(test.rayni, member, { instrumentId, question, joinRecent: true }).then(
        (s) => s.turnId,
      ),
      await click({ sessionId: conversation.sessionId }),
      await click({ clientKey: 'a key of its own' }),
      await click({ question: `${question} Please.` }),
      await click({ joinRecent: undefined }),
    ];
    expect(new Set([first, ...others]).size).toBe(6);
  });

  it('is not looked up for whoever may not ask', async () => {
    await using test = await testApp({ model: silent });
    const { instrumentId, click } = await scene(test);
    await click();
    const { query } = test.rayni.app.db;
    await query
      .updateTable('instrument')
      .set({ visibility: 'restricted' })
      .where('id', '=', instrumentId)
      .execute();
    await expect(click()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
