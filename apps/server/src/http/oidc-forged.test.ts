import { generateKeyPair, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sealLogin } from '../oidc/login-cookie.ts';
import { type OidcScene, openOidcScene } from '../testing/oidc-scene.ts';
import type { Mischief } from '../testing/oidc-server.ts';
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

describe('an answer that proves nothing signs nobody in:', () => {
  type Forge = NonNullable<Mischief['idToken']>;
  const now = () => Math.floor(Date.now() / 1_000);
  const secret = () => new TextEncoder().encode(s.provider.options.clientSecret);
  const stranger = async () => (await generateKeyPair('RS256')).privateKey;
  const forged: [string, Forge][] = [
    ['another nonce', ({ claims, sign }) => sign({ ...claims, nonce: 'another' })],
    ['no nonce', ({ claims, sign }) => sign({ ...claims, nonce: undefined })],
    ['another issuer', ({ claims, sign }) => sign({ ...claims, iss: 'https://evil.example' })],
    ['no issuer', ({ claims, sign }) => sign({ ...claims, iss: undefined })],
    ['another audience', ({ claims, sign }) => sign({ ...claims, aud: 'another-client' })],
    ['no audience', ({ claims, sign }) => sign({ ...claims, aud: undefined })],
    ['a party that is not us', ({ claims, sign }) => sign({ ...claims, aud: ['rayni', 'x'], azp: 'x' })],
    ['an expired token', ({ claims, sign }) => sign({ ...claims, iat: now() - 600, exp: now() - 60 })],
    ['no expiry', ({ claims, sign }) => sign({ ...claims, exp: undefined })],
    ['a token of tomorrow', ({ claims, sign }) => sign({ ...claims, nbf: now() + 3_600 })],
    ['no subject', ({ claims, sign }) => sign({ ...claims, sub: undefined })],
    ['an empty subject', ({ claims, sign }) => sign({ ...claims, sub: '' })],
    ['a subject longer than any', ({ claims, sign }) => sign({ ...claims, sub: 'x'.repeat(256) })],
    ['alg none', async ({ claims }) => new UnsecuredJWT(claims).encode()],
    [
      'alg none on a token that was signed',
      async ({ token }) => {
        const header = Buffer.from('{"alg":"none"}').toString('base64url');
        return [header, ...token.split('.').slice(1)].join('.');
      },
    ],
    ['a signature with our own secret', ({ claims, sign }) => sign(claims, { alg: 'HS256', key: secret() })],
    [
      'a bad signature',
      async ({ token }) => token.replace(/\.([^.])([^.]*)$/, (_, a, b) => `.${a === 'A' ? 'B' : 'A'}${b}`),
    ],
    ['no signature', async ({ token }) => token.replace(/[^.]*$/, '')],
    [
      'other claims under a good signature',
      async ({ token, claims }) => {
        const [header, , signature] = token.split('.');
        const changed = Buffer.from(JSON.stringify({ ...claims, extra: 1 })).toString('base64url');
        return [header, changed, signature].join('.');
      },
    ],
    [
      'a stranger’s key under a known name',
      async ({ claims, sign }) => sign(claims, { key: await stranger() }),
    ],
    [
      'a key nobody knows',
      async ({ claims, sign }) => sign(claims, { key: await stranger(), kid: 'unknown' }),
    ],
    ['no ID token', async () => undefined],
    ['garbage', async () => 'x.y.z'],
  ];
  it.each(forged)('%s', async (_what, idToken) => {
    s.provider.person = known;
    s.provider.mischief = { idToken };
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), 403, 'proves nothing');
    // And without the mischief everything was in order.
    s.provider.mischief = {};
    await s.signIn(walker);
    expect(await s.whoIs(walker)).toBe(known.userId);
  });

  it.each<[string, (callback: URL) => void, number]>([
    ['another state', ({ searchParams }) => searchParams.set('state', 'another'), 400],
    ['no state', ({ searchParams }) => searchParams.delete('state'), 400],
    ['two states', ({ searchParams }) => searchParams.append('state', 'another'), 403],
    [
      'the issuer of another provider',
      ({ searchParams }) => searchParams.set('iss', 'https://evil.example'),
      403,
    ],
    ['no issuer, where one was promised', ({ searchParams }) => searchParams.delete('iss'), 403],
    ['another code', ({ searchParams }) => searchParams.set('code', 'another'), 400],
    ['no code', ({ searchParams }) => searchParams.delete('code'), 403],
  ])('a callback with %s', async (_what, back, status) => {
    s.provider.person = known;
    s.provider.mischief = { back };
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), status, 'Begin again');
  });

  it('a refusal of the provider, whose words are not repeated', async () => {
    s.provider.mischief = {
      error: 'access_denied',
      back: ({ searchParams }) => searchParams.set('error_description', 'Send your password to Eve'),
    };
    const walker = newWalker();
    await s.refused(walker, () => s.signIn(walker), 403, /^(?!.*Eve)[^]*did not sign you in/);
  });

  it('a callback without its cookie, with another’s, and with one that was made up', async () => {
    s.provider.person = known;
    const [walker, other] = [newWalker(), newWalker()];
    const callback = await s.callbackOf(walker);
    await s.refused(other, () => other.go(callback), 400, 'did not begin in this browser');
    await s.callbackOf(other);
    await s.refused(other, () => other.go(callback), 400, 'did not begin in this browser');
    const login = { state: 's', nonce: 'n', verifier: 'v', returnTo: '/', expiresAt: Date.now() + minute };
    other.cookies(s.base).set('rayni_login', sealLogin(Buffer.alloc(32), login));
    const made = new URL(callback);
    made.searchParams.set('state', 's');
    await s.refused(other, () => other.go(made), 400, 'did not begin in this browser');
    // None of these ended the sign-in that was on its way.
    await walker.go(callback);
    expect(await s.whoIs(walker)).toBe(known.userId);
  });

  it('a callback after ten minutes', async () => {
    s.provider.person = known;
    const walker = newWalker();
    const callback = await s.callbackOf(walker);
    s.server.advance(10 * minute);
    await s.refused(walker, () => walker.go(callback), 400, 'more than 10 minutes ago');
  });

  it('a callback a second time, with the cookie or without', async () => {
    s.provider.person = known;
    const walker = newWalker();
    const callback = await s.callbackOf(walker);
    const cookie = walker.cookies(s.base).get('rayni_login')!;
    await walker.go(callback);
    const thief = newWalker();
    await s.refused(thief, () => thief.go(callback), 400, 'did not begin in this browser');
    thief.cookies(s.base).set('rayni_login', cookie);
    await s.refused(thief, () => thief.go(callback), 400, 'was used before');
  });

  it('a stolen code in one’s own sign-in: PKCE binds it to the browser it was made for', async () => {
    s.provider.person = known;
    const [victim, thief] = [newWalker(), newWalker()];
    const stolen = (await s.callbackOf(victim)).searchParams.get('code')!;
    s.provider.person = s.newPerson();
    const callback = await s.callbackOf(thief);
    callback.searchParams.set('code', stolen);
    await s.refused(thief, () => thief.go(callback), 400, 'Begin again');
  });
});

it('logged no code, no verifier, no state, no cookie and no token of all this', () => {
  const log = s.server.logs.map((line) => JSON.stringify(line)).join('\n');
  expect(log).toContain('A sign-in failed');
  expect(s.provider.redeemed.length).toBeGreaterThan(30);
  for (const { code = '-', code_verifier: verifier = '-' } of s.provider.redeemed) {
    expect(log).not.toContain(code);
    expect(log).not.toContain(verifier);
  }
  expect(log).not.toMatch(/eyJ|rayni_login|rayni_session|state=|@example\.org","sub/);
  expect(log).not.toContain(s.provider.options.clientSecret);
});
