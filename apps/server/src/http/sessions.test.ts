import { viewerOfSession } from '@rayni/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openFolderStore } from '../blobs/folder-store.ts';
import { buildHost } from '../host.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const hour = 3_600_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const post = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  server.guest.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const login = (email: string, headers: Record<string, string> = {}) =>
  post('/trpc/auth.login', { json: { email } }, headers);
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]!;
const sessions = async () => {
  const rows = await server.rayni.app.db.query.selectFrom('auth_session').selectAll().execute();
  return rows;
};

describe('signing in', () => {
  it('sets a cookie no script reads and no other site sends, whose secret is stored nowhere', async () => {
    const { email } = await server.account();
    const response = await login(email.toUpperCase());
    expect(response.status).toBe(200);
    const [cookie, ...others] = response.headers.getSetCookie();
    expect(others).toEqual([]);
    const [pair, ...attributes] = cookie!.split('; ');
    expect(pair).toMatch(/^rayni_session=[\w-]{43}$/);
    expect(new Set(attributes.map((one) => one.split('=')[0]))).toEqual(
      new Set(['Expires', 'HttpOnly', 'Path', 'SameSite']),
    );
    expect(attributes).toContain('SameSite=Lax');
    expect(attributes).toContain('Path=/');
    expect(JSON.stringify(await sessions())).not.toContain(pair!.split('=')[1]);
    expect(JSON.stringify(server.logs)).not.toContain(pair!.split('=')[1]);
  });

  it('makes a new session each time, and ends the one it came with', async () => {
    const { email } = await server.account();
    const first = await server.login(email);
    const second = cookieOf(await login(email, { cookie: first.cookie })).split(';')[0]!;
    expect(second).not.toBe(first.cookie);
    expect((await first.trpc.auth.me.query()).userId).toBeNull();
    const other = await server.guest.fetch('/trpc/auth.me', { headers: { cookie: second } });
    expect(await other.text()).toContain(email);
  });

  it('never adopts an id the caller brought', async () => {
    const { email } = await server.account();
    const planted = `rayni_session=${'A'.repeat(43)}`;
    const cookie = cookieOf(await login(email, { cookie: planted }));
    expect(cookie).not.toContain('A'.repeat(43));
    const me = await server.guest.fetch('/trpc/auth.me', { headers: { cookie: planted } });
    expect(await me.text()).not.toContain(email);
  });

  it('is refused for an unknown, an invited and a disabled account alike', async () => {
    const [invited, disabled] = [await server.account(), await server.account()];
    const { query } = server.rayni.app.db;
    await query.updateTable('account').set({ status: 'invited' }).where('id', '=', invited.userId).execute();
    await query
      .updateTable('account')
      .set({ status: 'disabled' })
      .where('id', '=', disabled.userId)
      .execute();
    for (const email of ['nobody@example.org', invited.email, disabled.email]) {
      const response = await login(email);
      expect(response.status).toBe(400);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.text()).toContain('User not found');
    }
  });

  it('works for both doors', async () => {
    const { email, userId } = await server.account();
    const legacy = await post('/api/auth/login', { email });
    const cookie = cookieOf(legacy).split(';')[0]!;
    const me = await server.guest.fetch('/trpc/auth.me', { headers: { cookie } });
    expect(await me.text()).toContain(userId);
    const caller = await server.login(email);
    expect(await (await caller.fetch('/api/auth/me')).json()).toMatchObject({ userId });
  });
});

describe('a session', () => {
  const me = async (caller: Awaited<ReturnType<TestServer['login']>>) =>
    (await caller.trpc.auth.me.query()).userId;

  it('ends with logout, on the server and in the browser', async () => {
    const { email } = await server.account();
    const caller = await server.login(email);
    const response = await caller.fetch('/trpc/auth.logout', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
    const cookie = cookieOf(response);
    expect(cookie).toMatch(/^rayni_session=;/);
    expect(Date.parse(/Expires=([^;]+)/.exec(cookie)![1]!)).toBeLessThan(Date.now());
    expect(await me(caller)).toBeNull();
    await caller.trpc.auth.logout.mutate();
  });

  it('ends at once when its account is disabled', async () => {
    const account = await server.account();
    const caller = await server.login(account.email);
    expect(await me(caller)).toBe(account.userId);
    const { query } = server.rayni.app.db;
    await query.updateTable('account').set({ status: 'disabled' }).where('id', '=', account.userId).execute();
    expect(await me(caller)).toBeNull();
    await expect(caller.trpc.uploads.initiate.mutate({})).rejects.toMatchObject({
      data: { rayni: { code: 'UNAUTHENTICATED' } },
    });
  });

  it('lives while it is used, ends after twelve idle hours, and after seven days in any case', async () => {
    const { email, userId } = await server.account();
    const idle = await server.login(email);
    const used = await server.login(email);
    for (let h = 0; h < 7 * 24 - 11; h += 11) {
      // Many requests at the same moment, each of which may have to note that the session was used.
      expect(await Promise.all([me(used), me(used), me(used)])).toEqual([userId, userId, userId]);
      if (h === 11) expect(await me(idle)).toBe(userId);
      if (h === 33) expect(await me(idle)).toBeNull();
      server.advance(11 * hour);
    }
    expect(await me(used)).toBe(userId);
    server.advance(11 * hour);
    expect(await me(used)).toBeNull();
    // The next login sweeps out what has expired.
    await server.login(email);
    const now = server.rayni.app.clock.now();
    expect((await sessions()).filter(({ expires_at }) => expires_at < now)).toEqual([]);
  });

  it('that is garbage is a guest, not an error', async () => {
    for (const cookie of [
      'rayni_session=',
      'rayni_session=x',
      `rayni_session=${'é'.repeat(10)}`,
      'rayni_session=%00',
    ]) {
      const response = await fetch(`${server.url}/trpc/auth.me`, {
        headers: { cookie: Buffer.from(cookie).toString('latin1') },
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('"userId":null');
    }
    expect(await viewerOfSession(server.rayni.app, '')).toBeUndefined();
  });
});

describe('in production', () => {
  const host = (demoLogin: boolean, app = server.rayni.app, ready = false) =>
    buildHost({
      rayni: { ...server.rayni, app, settings: { ...server.rayni.settings, demoLogin } },
      store: openFolderStore({
        root: server.dataDir,
        secret: 's',
        publicUrl: () => '',
        now: () => new Date(),
      }),
      logger: server.logger,
      publicUrl: () => 'https://lab.example',
      corsOrigins: [],
      trustProxy: [],
      secureCookies: true,
      guestSalt: 'salt',
      version: '0',
      ready: () => ready,
    });
  const input = (email: string) => ({
    method: 'POST' as const,
    url: '/trpc/auth.login',
    payload: { json: { email } },
  });

  it('the cookie belongs to this host alone and to https', async () => {
    const { email, userId } = await server.account();
    const secure = await host(true);
    const response = await secure.inject(input(email));
    const cookie = String(response.headers['set-cookie']);
    expect(cookie).toMatch(
      /^__Host-rayni_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(response.headers['strict-transport-security']).toMatch(/max-age=\d{7,}/);
    const [pair] = cookie.split(';');
    const me = await secure.inject({ url: '/trpc/auth.me', headers: { cookie: pair! } });
    expect(me.body).toContain(userId);
    // The development cookie's name is worth nothing there.
    const plain = await secure.inject({
      url: '/trpc/auth.me',
      headers: { cookie: pair!.replace('__Host-', '') },
    });
    expect(plain.body).toContain('"userId":null');
    await secure.close();
  });

  it('nobody signs in by an e-mail alone, known or not', async () => {
    const closed = await host(false);
    for (const email of [(await server.account()).email, 'nobody@example.org']) {
      const response = await closed.inject(input(email));
      expect(response.statusCode).toBe(403);
      expect(response.headers['set-cookie']).toBeUndefined();
      expect(response.body).toContain('"code":"FORBIDDEN"');
    }
    await closed.close();
  });

  it('a server that is not ready says so, and one whose database is away too', async () => {
    const starting = await host(true);
    expect((await starting.inject('/readyz')).statusCode).toBe(503);
    expect((await starting.inject('/healthz')).statusCode).toBe(200);
    await starting.close();
    const { db } = server.rayni.app;
    const away = { ...db, query: db.query.withSchema('away') };
    const broken = await host(true, { ...server.rayni.app, db: away }, true);
    vi.spyOn(away.query, 'selectNoFrom').mockImplementation(() => {
      throw new Error('connection refused');
    });
    const response = await broken.inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([503, { status: 'the database does not answer' }]);
    await broken.close();
  });
});
