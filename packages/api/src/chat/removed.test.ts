import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { footprint, type TestApp, testApp } from '../testing/index.ts';
import { removeConversation } from './conversations/conversations.ts';
import { regenerateAnswer, startAnswer } from './start.ts';
import { ask } from './turns.ts';

describe.each(testEngines())('a conversation that is deleted on %s', (engine) => {
  let test: TestApp;
  let instrumentId: string;
  let member: Viewer;
  beforeAll(async () => {
    test = await testApp({ engine });
    instrumentId = await test.instrument();
    member = await test.account();
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  /** The product in which a conversation is deleted when all was looked at, and what was stored then. */
  function removing(sessionId: string) {
    const { app } = test.rayni;
    let stored: Record<string, string> | undefined;
    const remove = async () => {
      if (stored) return;
      await removeConversation(test.rayni, member, sessionId);
      stored = await footprint(app);
    };
    const during: App = {
      ...app,
      db: {
        ...app.db,
        query: app.db.query.withPlugin({
          transformQuery: ({ node }) => node,
          async transformResult({ result }) {
            if (result.rows.some((row) => row['id'] === sessionId)) await remove();
            return result;
          },
        }),
        async transaction(run) {
          await remove();
          return app.db.transaction(run);
        },
      },
    };
    return { rayni: { ...test.rayni, app: during }, stored: () => stored };
  }
  const asked = () =>
    ask(test.rayni, member, { instrumentId, question: 'Which temperature?' }, new AbortController().signal);

  it('takes no question any more', async () => {
    const { sessionId } = await asked();
    const { rayni, stored } = removing(sessionId);
    const input = { instrumentId, sessionId, question: 'And which pressure?', joinRecent: true };
    await expect(startAnswer(rayni, member, input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await footprint(test.rayni.app)).toEqual(stored());
  });

  it('takes no other answer any more', async () => {
    const { sessionId, turnId } = await asked();
    const { rayni, stored } = removing(sessionId);
    await expect(regenerateAnswer(rayni, member, { turnId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await footprint(test.rayni.app)).toEqual(stored());
  });
});
