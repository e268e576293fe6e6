import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LimitClass } from './app.ts';
import type { Viewer } from './access/policy.ts';
import { errorOf } from './trpc.ts';
import { limitOf } from './limits.ts';
import { appRouter } from './router.ts';
import { callAs } from './testing/caller.ts';
import { guest, type TestApp, testApp } from './testing/test-app.ts';

const procedures: Record<string, object> = appRouter._def.procedures;
const mutations = Object.entries(procedures)
  .filter(([, procedure]) => (procedure as { _def: { type: string } })._def.type === 'mutation')
  .map(([path]) => path);

it('says of every mutation how it is counted, and of nothing else', () => {
  expect(Object.keys(limitOf).sort()).toEqual(mutations.sort());
});

describe('a call', () => {
  let test: TestApp;
  let member: Viewer;
  const taken: [LimitClass, string][] = [];
  let refused = false;

  beforeAll(async () => {
    test = await testApp();
    member = await test.account({ isAdmin: true });
    test.rayni.settings.limits = {
      async take(kind, caller) {
        taken.push([kind, caller]);
        return refused ? 17 : undefined;
      },
      enterStream: () => () => {},
    };
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const caller = (viewer: Viewer) => callAs(test.rayni, viewer, { address: '192.0.2.7' });
  const guestThere: Viewer = { kind: 'guest', key: guest.key as 'guest:', address: '192.0.2.7' };

  it.each([
    ['a guest', () => guestThere, 'address:192.0.2.7', 'address:192.0.2.7'],
    ['a member', () => member, 'address:192.0.2.7', 'member'],
  ] as const)('of %s counts for the right caller', async (_who, viewer, atLogin, elsewhere) => {
    const api = caller(viewer());
    taken.length = 0;
    await api.auth.login({ email: 'nobody@example.org' }).catch(() => {});
    await api.feedback.create({ text: '' } as never).catch(() => {});
    await api.faq.list();
    await api.auth.logout();
    expect(taken).toEqual([
      ['login', atLogin],
      ['feedback', elsewhere === 'member' ? member.key : elsewhere],
    ]);
  });

  it('that is too many is refused with the seconds to wait, before anything is looked at', async () => {
    refused = true;
    const thrown: unknown = await caller(guestThere)
      .chat.ask({ instrumentId: 'no id', question: '' })
      .catch((error: unknown) => error);
    refused = false;
    expect(errorOf(thrown, 'r').info).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 17 });
  });

  it('beside as many answers as are allowed is refused to a guest whatever browser it says it is', async () => {
    const { running } = test.rayni.live;
    const instrumentId = await test.instrument();
    for (const id of ['a', 'b', 'c'])
      running.set(id, {
        abort: new AbortController(),
        over: Promise.resolve(),
        viewerKey: 'address:192.0.2.7',
        owner: guestThere.key,
        instrumentId,
      });
    const ask = (viewer: Viewer) =>
      caller(viewer).chat.start({ instrumentId, question: 'What is the temperature?' });
    await expect(ask({ ...guestThere, key: 'guest:another-browser' })).rejects.toMatchObject({
      cause: { code: 'RATE_LIMITED' },
    });
    await ask({ ...guestThere, address: '192.0.2.8' });
    running.clear();
  });
});
