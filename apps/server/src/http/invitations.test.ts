import { acceptInvitation, inviteUser, newId } from '@rayni/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
let admin: TestCaller;
beforeAll(async () => {
  server = await startTestServer();
  const { email } = await server.account({ isAdmin: true });
  admin = await server.login(email);
});
afterAll(() => server?.close());

async function invited() {
  const email = `${newId()}@example.org`;
  const { url } = await admin.trpc.users.invite.mutate({ email });
  const path = new URL(url).pathname;
  const open = (init: Parameters<TestCaller['fetch']>[1] = {}) =>
    server.guest.fetch(path, { redirect: 'manual', ...init });
  const status = async () =>
    (await admin.trpc.users.list.query()).find((user) => user.email === email)?.status;
  return { email, url, path, open, status };
}

describe('the link of an invitation', () => {
  it('signs its person in, once, and leads to the front page', async () => {
    const { email, open, path, status } = await invited();
    const opened = await open({ headers: { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' } });
    expect(opened.status).toBe(303);
    expect(opened.headers.get('location')).toBe('/');
    expect(opened.headers.get('cache-control')).toBe('no-store');
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    const [cookie = ''] = opened.headers.getSetCookie();
    expect(cookie).toMatch(/^rayni_session=[\w-]{43};.*HttpOnly; SameSite=Lax$/);
    const me = await server.guest.fetch('/api/auth/me', { headers: { cookie: cookie.split(';')[0]! } });
    expect(await me.json()).toMatchObject({ email, is_admin: false });
    expect(await status()).toBe('active');

    const again = await open();
    expect(again.status).toBe(404);
    expect(again.headers.getSetCookie()).toEqual([]);
    const page = await again.text();
    expect(page).toContain('was used before');
    expect(page).not.toContain(path.split('/').at(-1));
  });

  it.each<[string, Parameters<TestCaller['fetch']>[1]]>([
    ['a prefetch', { headers: { 'sec-purpose': 'prefetch;prerender' } }],
    ['a prefetch of old', { headers: { purpose: 'prefetch' } }],
    ['a preview of old', { headers: { 'x-moz': 'prefetch' } }],
    ['an image', { headers: { 'sec-fetch-dest': 'image' } }],
    ['a frame', { headers: { 'sec-fetch-dest': 'iframe' } }],
    ['a script', { headers: { 'sec-fetch-dest': 'empty' } }],
    ['HEAD', { method: 'HEAD' }],
    ['POST', { method: 'POST' }],
  ])('is not used up by %s', async (_what, init) => {
    const { open, status } = await invited();
    const answer = await open(init);
    expect(answer.ok).toBe(false);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await status()).toBe('invited');
    expect((await open()).status).toBe(303);
  });

  it('ends the session it is opened with', async () => {
    const former = await server.login((await server.account()).email);
    const { open } = await invited();
    await open({ headers: { cookie: former.cookie } });
    expect((await former.trpc.auth.me.query()).userId).toBeNull();
  });

  it('is logged once, and its session nowhere', async () => {
    const { url, open } = await invited();
    const opened = await open();
    const secret = opened.headers.getSetCookie()[0]!.split(/[=;]/)[1]!;
    const log = server.logs.map((line) => JSON.stringify(line));
    expect(log.filter((line) => line.includes(url))).toHaveLength(1);
    expect(log.filter((line) => line.includes(secret))).toEqual([]);
  });
});

it('stays good where nobody signs in by e-mail alone, and the page says what is needed', async () => {
  await using closed = await startTestServer({ demoLogin: false });
  const { app, settings } = closed.rayni;
  const { url } = await inviteUser(app, settings, null, { email: 'first@example.org', isAdmin: true });
  const { pathname } = new URL(url);
  const opened = await closed.guest.fetch(pathname, { redirect: 'manual' });
  expect(opened.status).toBe(403);
  expect(opened.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(opened.headers.getSetCookie()).toEqual([]);
  expect(await opened.text()).toContain('needs OpenID Connect');
  expect(await acceptInvitation(app, pathname.split('/').at(-1)!)).toMatchObject({ isAdmin: true });
});
