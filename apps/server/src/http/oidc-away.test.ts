import { inviteUser, newId } from '@rayni/api';
import { expect, it } from 'vitest';
import { buildHost } from '../host.ts';
import { openProvider } from '../oidc/provider.ts';
import { startTestProvider } from '../testing/oidc-server.ts';
import { startTestServer } from '../testing/test-server.ts';
import { newWalker } from '../testing/walker.ts';

it('a server starts and works while its provider is away, says so, and lets people in once it is back', async () => {
  await using provider = await startTestProvider();
  await using server = await startTestServer({ oidc: provider.options });
  const { app, settings } = server.rayni;
  const base = settings.publicUrl();
  const login = new URL('/auth/oidc/login', base);
  expect((await server.guest.fetch('/readyz')).status).toBe(200);
  const { url, user } = await inviteUser(app, settings, null, { email: `${newId()}@example.org` });
  const walker = newWalker();
  for (const address of [login, url]) {
    const { response, text } = await walker.go(address);
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []]);
    expect(text).toContain('does not answer as it should');
  }
  const plain = await fetch(login, { headers: { accept: 'application/json' } });
  expect(await plain.json()).toMatchObject({ code: 'UNAVAILABLE', request_id: expect.any(String) });
  expect(provider.asked).toEqual([]);

  provider.serve(`${base}/auth/oidc/callback`);
  provider.person = { sub: newId() };
  const { url: callback } = await walker.go(url, { stop: ({ search }) => search.includes('code=') });
  const broken = newWalker();
  provider.mischief = { tokenStatus: 500 };
  expect((await broken.go(url)).response.status).toBe(503);
  provider.mischief = {};
  await walker.go(callback);
  const [joined] = await app.db.query.selectFrom('account').selectAll().where('id', '=', user.id).execute();
  expect(joined?.status).toBe('active');
  expect(walker.cookies(base).has('rayni_session')).toBe(true);
});

it('outside development the cookies of both belong to this host alone and to https', async () => {
  await using provider = await startTestProvider();
  await using server = await startTestServer();
  const base = 'https://lab.example';
  const callback = `${base}/auth/oidc/callback`;
  provider.serve(callback);
  provider.person = { sub: newId() };
  const rayni = { ...server.rayni, settings: { ...server.rayni.settings, publicUrl: () => base } };
  const host = await buildHost({
    rayni,
    store: undefined,
    logger: server.logger,
    publicUrl: () => base,
    corsOrigins: [],
    trustProxy: [],
    secureCookies: true,
    guestSalt: 'salt',
    version: '0',
    ready: () => true,
    provider: openProvider(provider.options, () => callback),
  });
  const { url } = await inviteUser(server.rayni.app, rayni.settings, null, {
    email: `${newId()}@example.org`,
  });
  const opened = await host.inject(new URL(url).pathname);
  const [login = ''] = [opened.headers['set-cookie']].flat();
  expect(login).toMatch(/^__Host-rayni_login=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const walk = await newWalker().go(String(opened.headers.location), {
    stop: ({ href }) => href.startsWith(callback),
  });
  const back = await host.inject({
    url: walk.url.pathname + walk.url.search,
    headers: { cookie: login.split(';')[0]! },
  });
  expect([back.statusCode, back.headers.location]).toEqual([303, '/']);
  const [gone = '', session = ''] = [back.headers['set-cookie']].flat();
  expect(gone).toMatch(/^__Host-rayni_login=; .*Expires=Thu, 01 Jan 1970.*Secure/);
  expect(session).toMatch(
    /^__Host-rayni_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
  );
  await host.close();
});
