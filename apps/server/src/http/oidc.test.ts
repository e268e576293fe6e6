import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OidcScene, openOidcScene } from '../testing/oidc-scene.ts';
import { startTestServer } from '../testing/test-server.ts';
import { newWalker } from '../testing/walker.ts';

let s: OidcScene;
/** Somebody who joined and may sign in. */
let known: Awaited<ReturnType<OidcScene['joined']>>;
beforeAll(async () => {
  s = await openOidcScene();
  known = await s.joined();
});
afterEach(() => {
  s.provider.mischief = {};
});
afterAll(() => s?.close());

const minute = 60_000;

describe('signing in', () => {
  it('begins with an invitation and needs none any more, whatever becomes of the e-mail', async () => {
    const { url, userId, email } = await s.invite(undefined, true);
    const person = s.newPerson();
    s.provider.person = person;
    const first = newWalker();
    const walk = await first.go(url, { stop: ({ href }) => href === `${s.base}/` });
    expect(walk.url.href).toBe(`${s.base}/`);
    expect(walk.passed.map(({ origin, pathname }) => origin + pathname.replace(/[\w-]{43}/, '…'))).toEqual([
      `${s.base}/auth/invite/…`,
      `${s.provider.options.issuer}/auth`,
      `${s.provider.options.issuer}/interaction/…`,
      `${s.provider.options.issuer}/auth/…`,
      `${s.base}/auth/oidc/callback`,
    ]);
    expect(await s.whoIs(first)).toBe(userId);
    expect([...first.cookies(s.base).keys()]).toEqual(['rayni_session']);
    expect(await s.account(userId)).toMatchObject({ email, status: 'active', is_admin: true });

    s.provider.person = { sub: person.sub, claims: { email: 'another@example.org' } };
    const again = newWalker();
    await s.signIn(again);
    expect(await s.whoIs(again)).toBe(userId);
  });

  it('proves by code, PKCE, state and nonce, and asks for no more than who it is', async () => {
    s.provider.person = known;
    const walker = newWalker();
    const { passed } = await s.signIn(walker);
    const asked = Object.fromEntries(passed[1]!.searchParams);
    expect(asked).toEqual({
      client_id: 'rayni',
      response_type: 'code',
      redirect_uri: `${s.base}/auth/oidc/callback`,
      scope: 'openid',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const { passed: others } = await s.signIn(newWalker());
    for (const one of ['state', 'nonce', 'code_challenge']) {
      expect(others[1]!.searchParams.get(one)).not.toBe(asked[one]);
    }
    expect(s.provider.redeemed.at(-1)).toMatchObject({ code_verifier: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it('makes a new session each time and ends the one before', async () => {
    s.provider.person = known;
    const walker = newWalker();
    await s.signIn(walker);
    const former = walker.cookies(s.base).get('rayni_session')!;
    await s.signIn(walker);
    const later = walker.cookies(s.base).get('rayni_session')!;
    expect(later).not.toBe(former);
    expect(await s.whoIs(walker)).toBe(known.userId);
    walker.cookies(s.base).set('rayni_session', former);
    expect(await s.whoIs(walker)).toBeNull();
  });

  it('leads back to where it began', async () => {
    s.provider.person = known;
    const { url, response } = await s.signIn(newWalker(), '/auth/oidc/login?return_to=%2Fhealthz%3Fa%3D1');
    expect([url.href, response.status]).toEqual([`${s.base}/healthz?a=1`, 200]);
  });

  it('takes the provider’s redirect from another site, as browsers mark it', async () => {
    s.provider.person = known;
    const walker = newWalker();
    const callback = await s.callbackOf(walker);
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      origin: 'null',
    };
    await walker.go(callback, { headers });
    expect(await s.whoIs(walker)).toBe(known.userId);
  });

  it('discovers the provider once', async () => {
    s.provider.person = known;
    await Promise.all([s.signIn(newWalker()), s.signIn(newWalker())]);
    expect(s.provider.asked.filter((one) => one.includes('.well-known'))).toHaveLength(1);
  });
});

describe('who is no one here stays outside:', () => {
  it('an unknown identity, which is told to ask for an invitation and gets no account', async () => {
    s.provider.person = s.newPerson();
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), 403, 'Ask an administrator for an invitation');
    const callback = await s.callbackOf(walker);
    const answer = await fetch(callback, {
      headers: {
        accept: 'application/json',
        cookie: `rayni_login=${walker.cookies(s.base).get('rayni_login')}`,
      },
    });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { code: 'FORBIDDEN', detail: expect.stringContaining('Ask an administrator for an invitation') },
    ]);
  });

  it('an unknown identity with the e-mail of an administrator', async () => {
    const admin = await s.server.account({ isAdmin: true });
    s.provider.person = s.newPerson({ email: admin.email, email_verified: true });
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), 403, 'Ask an administrator for an invitation');
  });

  it('the subject of somebody else’s provider', async () => {
    const { sub, userId } = await s.joined();
    await s.server.rayni.app.db.query
      .updateTable('identity')
      .set({ issuer: 'https://evil.example' })
      .where('account_id', '=', userId)
      .execute();
    s.provider.person = { sub };
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), 403, 'Ask an administrator for an invitation');
  });

  it('a disabled account, until it is enabled again', async () => {
    const person = await s.joined();
    await s.setStatus(person.userId, 'disabled');
    s.provider.person = person;
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), 403, 'This account is disabled');
    await s.setStatus(person.userId, 'active');
    await s.signIn(walker);
    expect(await s.whoIs(walker)).toBe(person.userId);
  });
});

describe('an invitation', () => {
  it('that was used is none, for whoever opens it, and on its way at the same time', async () => {
    const { url, userId } = await s.invite();
    const [slow, quick] = [newWalker(), newWalker()];
    s.provider.person = s.newPerson();
    const callback = await s.callbackOf(slow, url);
    s.provider.person = s.newPerson();
    await quick.go(url);
    expect(await s.whoIs(quick)).toBe(userId);
    await s.refused(slow, () => slow.go(callback), 404, 'was used before');
    await s.refused(slow, () => slow.go(url), 404, 'No such invitation');
  });

  it('that has expired is none, in the middle of signing in too', async () => {
    const { url, userId } = await s.invite();
    const walker = newWalker();
    s.provider.person = s.newPerson();
    s.server.advance(7 * 24 * 60 * minute - 5 * minute);
    const callback = await s.callbackOf(walker, url);
    s.server.advance(6 * minute);
    await s.refused(walker, () => walker.go(callback), 404, 'has expired');
    await s.refused(walker, () => walker.go(url), 404, 'has expired');
    expect((await s.account(userId)).status).toBe('invited');
  });

  it('that another has replaced is none', async () => {
    const { url, email } = await s.invite();
    const walker = newWalker();
    s.provider.person = s.newPerson();
    const callback = await s.callbackOf(walker, url);
    await s.invite(email);
    await s.refused(walker, () => walker.go(callback), 404, 'was used before, or has expired');
  });

  it('of an account that was disabled meanwhile is none', async () => {
    const { url, userId } = await s.invite();
    const walker = newWalker();
    s.provider.person = s.newPerson();
    const callback = await s.callbackOf(walker, url);
    await s.setStatus(userId, 'disabled');
    await s.refused(walker, () => walker.go(callback), 404, 'was used before, or has expired');
    expect((await s.account(userId)).status).toBe('disabled');
  });

  it('is not for who has an account already, and stays good for another', async () => {
    const { url, userId } = await s.invite();
    const walker = newWalker();
    s.provider.person = known;
    await s.refused(walker, () => walker.go(url), 409, 'belongs to another account already');
    expect((await s.account(userId)).status).toBe('invited');
    s.provider.person = s.newPerson();
    await newWalker().go(url);
    expect((await s.account(userId)).status).toBe('active');
  });

  it('stays good when signing in fails', async () => {
    const { url, userId } = await s.invite();
    const walker = newWalker();
    s.provider.person = s.newPerson();
    s.provider.mischief = { error: 'access_denied' };
    await s.refused(walker, () => walker.go(url), 403, 'did not sign you in');
    s.provider.mischief = { idToken: ({ claims, sign }) => sign({ ...claims, aud: 'x' }) };
    await s.refused(walker, () => walker.go(url), 403, 'proves nothing');
    s.provider.mischief = {};
    await walker.go(url);
    expect(await s.whoIs(walker)).toBe(userId);
  });

  it('that is unknown does not bother the provider', async () => {
    const walker = newWalker();
    const before = s.provider.asked.length;
    await s.refused(walker, () => walker.go(s.at('/auth/invite/nothing')), 404, 'No such invitation');
    expect(s.provider.asked).toHaveLength(before);
  });
});

describe('what nobody opened', () => {
  const guesses: [string, Record<string, string>][] = [
    ['a prefetch', { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-mode': 'navigate' }],
    ['a prefetch of old', { purpose: 'prefetch' }],
    ['a preview of old', { 'x-moz': 'prefetch' }],
    ['a frame', { 'sec-fetch-dest': 'iframe' }],
    ['an image', { 'sec-fetch-dest': 'image' }],
    ['a script', { 'sec-fetch-dest': 'empty' }],
  ];
  it.each(guesses)('begins and ends no sign-in: %s', async (_what, headers) => {
    s.provider.person = known;
    const walker = newWalker();
    await s.refused(walker, () => walker.go(s.at('/auth/oidc/login'), { headers }), 403, 'window of its own');
    expect(walker.cookies(s.base).size).toBe(0);
    const callback = await s.callbackOf(walker);
    await s.refused(walker, () => walker.go(callback, { headers }), 403, 'window of its own');
    await walker.go(callback);
    expect(await s.whoIs(walker)).toBe(known.userId);
  });

  it.each(['HEAD', 'POST'])('nor does %s', async (method) => {
    for (const path of ['/auth/oidc/login', '/auth/oidc/callback?code=c&state=s']) {
      const answer = await fetch(s.at(path), { method, redirect: 'manual' });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });
});

it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/.//evil.example', '', 'x'])(
  'goes back to no other place than this server: %j',
  async (wanted) => {
    const walker = newWalker();
    const path = `/auth/oidc/login?return_to=${encodeURIComponent(wanted)}`;
    await s.refused(walker, () => s.signIn(walker, path), 400, 'return_to must be a path');
    await s.refused(walker, () => s.signIn(walker, `${path}&return_to=/`), 400, 'return_to must be a path');
    expect(walker.cookies(s.base).size).toBe(0);
  },
);

it('has no such doors where no provider is set up', async () => {
  await using plain = await startTestServer();
  for (const path of ['/auth/oidc/login', '/auth/oidc/callback']) {
    expect((await plain.guest.fetch(path)).status).toBe(404);
  }
});
