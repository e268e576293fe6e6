import { setTimeout as sleep } from 'node:timers/promises';
import { createRayniClient } from '@rayni/client';
import { stalls } from '@rayni/scripted-openai';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverSent, type ServerSent } from '../testing/server-sent.ts';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';

describe.each(testEngines())('a grant that is revoked in the middle of an answer on %s', (engine) => {
  let server: TestServer;
  let admin: TestCaller;
  let instrumentId: string;
  beforeAll(async () => {
    server = await startTestServer({ engine, model: true, times: { idleMs: 60_000 } });
    instrumentId = await server.instrument({ visibility: 'restricted' });
    admin = await server.login((await server.account({ isAdmin: true })).email);
    const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
    await server.read(admin, sourceId);
  });
  afterAll(() => server?.close());

  const body = (value: object) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });
  const access = (rest: string) => `/api/instruments/${instrumentId}/access/${rest}`;

  /** Someone who asked, was let in over the older door, and reads an answer that stands still. */
  async function reader() {
    const { email } = await server.account();
    const caller = await server.login(email);
    const wish = await caller.fetch(access('request'), { method: 'POST', ...body({ reason: 'work' }) });
    expect(wish.status).toBe(202);
    const { id } = (await wish.json()) as { id: string };
    const approved = await admin.fetch(access(`requests/${id}/approve`), { method: 'POST' });
    expect([approved.status, await approved.json()]).toEqual([200, { status: 'approved' }]);
    const grants = (await (await admin.fetch(access('grants'))).json()) as {
      items: { id: string; user_email: string }[];
    };
    const grant = grants.items.find((one) => one.user_email === email)!;
    server.openai?.next(stalls(60_000, 8, 'Set the temperature to 37 degrees [1]. Then wait for it.'));
    const revoke = async () => {
      const changed = await admin.fetch(access(`grants/${grant.id}`), {
        method: 'PATCH',
        ...body({ status: 'revoked' }),
      });
      expect(await changed.json()).toMatchObject({ id: grant.id, status: 'revoked' });
    };
    return { caller, revoke };
  }

  it('ends the stream of the older door with an error, and refuses to go on with it', async () => {
    const { caller, revoke } = await reader();
    const address = `/stream/chat?${new URLSearchParams({ instrument_id: instrumentId, q: question }).toString()}`;
    const events: ServerSent[] = [];
    for await (const event of serverSent(await caller.fetch(address))) {
      events.push(event);
      if (event.event === 'token' && events.filter((one) => one.event === 'token').length === 1)
        await revoke();
    }
    expect(events.map(({ event }) => event)).toEqual([
      'start',
      ...events.slice(1, -1).map(() => 'token'),
      'error',
    ]);
    expect(JSON.parse(events.at(-1)!.data)).toMatchObject({ code: 'FORBIDDEN' });
    const resumed = await caller.fetch(address, { headers: { 'last-event-id': events[0]!.id! } });
    expect(resumed.status).toBe(403);
    expect((await caller.fetch(address)).status).toBe(403);
  });

  it('ends the stream of the client, and the request to the model', async () => {
    const { caller, revoke } = await reader();
    let last;
    for await (const event of caller.client.chat.ask({ instrumentId, question })) {
      if (event.type === 'text-delta') await revoke();
      last = event;
    }
    expect(last).toMatchObject({ type: 'turn-end', reason: 'access_revoked', code: 'FORBIDDEN' });
    const call = server.openai?.calls.findLast(({ chat }) => chat !== undefined);
    expect(await Promise.race([call?.ended, sleep(20_000, 'still open', { ref: false })])).toBe('gone');
  });
});

describe('a caller who is put out in the middle of an answer', () => {
  let server: TestServer;
  let admin: TestCaller;
  let address: string;
  let instrumentId: string;
  beforeAll(async () => {
    server = await startTestServer({ model: true, times: { idleMs: 60_000 } });
    instrumentId = await server.instrument();
    admin = await server.login((await server.account({ isAdmin: true })).email);
    const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
    await server.read(admin, sourceId);
    address = `/stream/chat?${new URLSearchParams({ instrument_id: instrumentId, q: question }).toString()}`;
  });
  afterAll(() => server?.close());

  type Way = {
    headers: Record<string, string>;
    client: TestCaller['client'];
    putOut: () => Promise<unknown>;
    /** What whoever comes again is told. */
    afterwards: number;
  };
  const ways: Record<string, () => Promise<Way>> = {
    async 'an API token that is revoked'() {
      const { trpc } = await server.login((await server.account()).email);
      const { id, secret: token } = await trpc.tokens.create.mutate({ name: 'script', scope: 'read' });
      const client = createRayniClient({ url: server.url, token, retry: { minMs: 1, maxMs: 50 } });
      const putOut = () => trpc.tokens.revoke.mutate({ id });
      return { headers: { authorization: `Bearer ${token}` }, client, putOut, afterwards: 401 };
    },
    async 'a session that signs out in another tab'() {
      const { client, cookie, trpc } = await server.login((await server.account()).email);
      // To a guest somebody's turn is not there.
      return { headers: { cookie }, client, putOut: () => trpc.auth.logout.mutate(), afterwards: 404 };
    },
    async 'an account that is disabled'() {
      const { userId, email } = await server.account();
      const { client, cookie } = await server.login(email);
      const putOut = () => admin.trpc.users.change.mutate({ id: userId, status: 'disabled' });
      return { headers: { cookie }, client, putOut, afterwards: 404 };
    },
  };
  const standsStill = () =>
    server.openai?.next(stalls(60_000, 8, 'Set the temperature to 37 degrees [1]. Then wait for it.'));

  it.each(Object.entries(ways))(
    '%s ends the stream of the older door, which is not taken up again',
    async (_name, come) => {
      const { headers, putOut, afterwards } = await come();
      standsStill();
      const events: ServerSent[] = [];
      let out: Promise<unknown> | undefined;
      for await (const event of serverSent(await server.guest.fetch(address, { headers }))) {
        events.push(event);
        if (event.event === 'token' && !out) await (out = putOut());
      }
      expect(events.map(({ event }) => event).join(' ')).toMatch(/^start( token)+ error$/);
      expect(JSON.parse(events.at(-1)!.data)).toMatchObject({
        code: expect.stringMatching(/^(UNAUTHENTICATED|FORBIDDEN)$/),
      });
      const again = { ...headers, 'last-event-id': events[0]!.id! };
      expect((await server.guest.fetch(address, { headers: again })).status).toBe(afterwards);
      for (const { abort } of server.rayni.live.running.values()) abort.abort('cancelled');
    },
  );

  it.each(Object.entries(ways))('%s ends the stream of the client', async (_name, come) => {
    const { client, putOut } = await come();
    standsStill();
    const types: string[] = [];
    let out: Promise<unknown> | undefined;
    let last;
    for await (const event of client.chat.ask({ instrumentId, question })) {
      types.push(event.type);
      if (event.type === 'text-delta' && !out) await (out = putOut());
      last = event;
    }
    expect(types.at(-1)).toBe('turn-end');
    expect(last).toMatchObject({ reason: 'access_revoked', citations: [] });
    for (const { abort } of server.rayni.live.running.values()) abort.abort('cancelled');
  });
});
