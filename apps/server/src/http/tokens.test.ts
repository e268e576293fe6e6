import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';
import { bearerOf } from './bearer.ts';

const front = 'http://front.example';
const foreign = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';

let server: TestServer;
let instrumentId: string;
let member: TestCaller;
let memberId: string;
let full: string;
let read: string;

beforeAll(async () => {
  server = await startTestServer({ corsOrigins: [front] });
  instrumentId = await server.instrument();
  const account = await server.account();
  memberId = account.userId;
  await server.grant(account, instrumentId, 'instrument_manager');
  member = await server.login(account.email);
  const { sourceId } = await server.upload(member, 'note.md', note, { instrumentId });
  await server.read(member, sourceId);
  full = await token('full');
  read = await token('read');
});
afterAll(() => server?.close());

const token = async (scope: 'full' | 'read') =>
  `Bearer ${(await member.trpc.tokens.create.mutate({ name: scope, scope })).secret}`;
const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
  server.guest.fetch(path, {
    method,
    headers: body ? { 'content-type': 'application/json', ...headers } : headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
const ask = `/stream/chat?instrument_id=`;
const doors = () =>
  [
    ['GET', '/trpc/auth.me'],
    ['GET', '/trpc/instruments.list,auth.me?batch=1'],
    ['POST', '/trpc/uploads.initiate', { json: {} }],
    ['GET', '/api/auth/me'],
    ['POST', '/api/auth/login', { email: 'admin@rayni.com' }],
    ['GET', '/api/instruments/'],
    ['GET', `${ask}${instrumentId}&q=Why`],
    ['GET', '/api/schema/'],
    ['GET', '/api/nowhere'],
    ['GET', '/nowhere'],
  ] as const;

describe('a bearer token', () => {
  it('says who asks at both doors, and outdoes a cookie', async () => {
    const other = await server.login((await server.account()).email);
    for (const headers of [{ authorization: full }, { authorization: full, cookie: other.cookie }]) {
      expect(await (await send('GET', '/api/auth/me', headers)).json()).toMatchObject({ userId: memberId });
      expect(await (await send('GET', '/trpc/auth.me', headers)).text()).toContain(memberId);
    }
    const logout = await send('POST', '/api/auth/logout', { authorization: full, cookie: other.cookie }, {});
    expect(logout.status).toBe(200);
    expect((await other.trpc.auth.me.query()).userId).not.toBeNull();
  });

  it('is taken from anywhere, where a cookie would not be', async () => {
    const initiate = (headers: Record<string, string>) =>
      send('POST', '/trpc/uploads.initiate', { ...foreign, ...headers }, { json: {} });
    expect((await initiate({ cookie: member.cookie })).status).toBe(403);
    const taken = await initiate({ authorization: full });
    expect(taken.status).toBe(200);
    // What that page may read of it is another matter.
    expect(taken.headers.get('access-control-allow-origin')).toBeNull();
    const stream = await send('GET', `${ask}${instrumentId}&q=temperature`, {
      ...foreign,
      'sec-fetch-mode': 'navigate',
      authorization: full,
    });
    expect(stream.status).toBe(200);
    expect(await stream.text()).toContain('event: done');
  });

  it('may be sent by a front end that is allowed to', async () => {
    const preflight = await server.guest.fetch('/trpc/auth.me', {
      method: 'OPTIONS',
      headers: {
        origin: front,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  });

  it.each(['Bearer rayni_unknown', 'Bearer', 'bearer   ', `Bearer ${'x'.repeat(5_000)}`])(
    'that is not one of ours is refused everywhere: %.40s',
    async (authorization) => {
      for (const [method, path, body] of doors()) {
        for (const cookie of ['', member.cookie]) {
          const response = await send(method, path, { authorization, cookie }, body);
          expect([path, response.status]).toEqual([path, 401]);
          expect(response.headers.get('www-authenticate')).toContain('Bearer');
          expect(response.headers.get('cache-control')).toBe('no-store');
          expect(response.headers.getSetCookie()).toEqual([]);
          expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
        }
      }
    },
  );

  it('ends when it is revoked, expired, or its account disabled, and is then no guest', async () => {
    const account = await server.account();
    const owner = await server.login(account.email);
    const make = async (expiresInDays?: number) =>
      owner.trpc.tokens.create.mutate({ name: 'x', ...(expiresInDays ? { expiresInDays } : {}) });
    const status = async ({ secret }: { secret: string }) =>
      (await send('GET', '/api/instruments/', { authorization: `Bearer ${secret}` })).status;
    const [revoked, expired, disabled] = [await make(), await make(1), await make()];
    expect([await status(revoked), await status(expired), await status(disabled)]).toEqual([200, 200, 200]);
    await owner.trpc.tokens.revoke.mutate({ id: revoked.id });
    expect(await status(revoked)).toBe(401);
    await server.rayni.app.db.query
      .updateTable('account')
      .set({ status: 'disabled' })
      .where('id', '=', account.userId)
      .execute();
    expect(await status(disabled)).toBe(401);
    await server.rayni.app.db.query
      .updateTable('account')
      .set({ status: 'active' })
      .where('id', '=', account.userId)
      .execute();
    expect([await status(disabled), await status(expired)]).toEqual([200, 200]);
    server.advance(86_400_000);
    expect([await status(disabled), await status(expired)]).toEqual([200, 401]);
  });

  it('is in no log', () => {
    const logs = JSON.stringify(server.logs);
    for (const one of [full, read]) expect(logs).not.toContain(one.slice('Bearer rayni_'.length));
  });
});

describe('a bearer token for reading', () => {
  it('reads and asks at both doors', async () => {
    const headers = { authorization: read };
    expect((await send('GET', `/api/sources/?instrument=${instrumentId}`, headers)).status).toBe(200);
    const question = { instrument_id: instrumentId, question: 'Which temperature?' };
    expect((await send('POST', '/api/chat/ask', headers, question)).status).toBe(200);
    const stream = await send('GET', `${ask}${instrumentId}&q=temperature`, headers);
    expect(await stream.text()).toContain('event: done');
  });

  it('is refused by what acts, at both doors, and says why', async () => {
    const refusal = { code: 'FORBIDDEN', detail: 'This API token is for reading and asking only.' };
    const headers = { authorization: read, cookie: member.cookie };
    const initiate = await send('POST', '/trpc/uploads.initiate', headers, { json: {} });
    expect(initiate.status).toBe(403);
    expect(await initiate.text()).toContain(refusal.detail);
    const login = await send('POST', '/api/auth/login', headers, { email: 'admin@rayni.com' });
    expect(login.status).toBe(403);
    expect(login.headers.getSetCookie()).toEqual([]);
    expect(await login.json()).toMatchObject(refusal);
  });
});

describe('the header', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer', ''],
    ['Bearer ', ''],
    ['Bearerabc', undefined],
    ['Basic YTpi', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, secret) => {
    expect(bearerOf(header)).toBe(secret);
  });
});
