import { inviteUser, newId } from '@rayni/api';
import { footprint } from '@rayni/api/testing';
import { expect } from 'vitest';
import { startTestProvider, type TestProvider } from './oidc-server.ts';
import { startTestServer } from './test-server.ts';
import { newWalker, type Walk, type Walker } from './walker.ts';

type Person = TestProvider['person'];

/** A server, its provider of OpenID Connect, and what people do there. */
export type OidcScene = Awaited<ReturnType<typeof openOidcScene>>;

export async function openOidcScene() {
  const provider = await startTestProvider();
  const server = await startTestServer({ oidc: provider.options });
  const base = server.rayni.settings.publicUrl();
  provider.serve(`${base}/auth/oidc/callback`);
  const { app, settings } = server.rayni;
  const at = (path: string) => new URL(path, base);

  /** Somebody the provider knows and nobody else. */
  function newPerson(claims: Person['claims'] = {}): Person {
    const sub = newId();
    return { sub, claims: { email: `${sub}@example.org`, ...claims } };
  }

  async function invite(email = `${newId()}@example.org`, isAdmin = false) {
    const { url, user } = await inviteUser(app, settings, null, { email, isAdmin });
    return { url, userId: user.id, email };
  }

  /** Somebody who came by an invitation and may sign in. */
  async function joined() {
    const { url, userId } = await invite();
    const person = newPerson();
    provider.person = person;
    const walker = newWalker();
    await walker.go(url);
    expect(await whoIs(walker)).toBe(userId);
    return { ...person, userId };
  }

  const signIn = (walker: Walker, path = '/auth/oidc/login') => walker.go(at(path));

  /** The address that the provider sends this browser back to, not yet opened. */
  async function callbackOf(walker: Walker, start: string | URL = at('/auth/oidc/login')): Promise<URL> {
    const { url } = await walker.go(start, { stop: ({ pathname }) => pathname === '/auth/oidc/callback' });
    expect(url.pathname).toBe('/auth/oidc/callback');
    return url;
  }

  /** Whom both doors take this browser for; null for a guest. */
  async function whoIs(walker: Walker): Promise<string | null> {
    const session = walker.cookies(base).get('rayni_session');
    const headers = session ? { cookie: `rayni_session=${session}` } : {};
    const rest = (await (await fetch(at('/api/auth/me'), { headers })).json()) as { userId: string };
    const rpc = (await (await fetch(at('/trpc/auth.me'), { headers })).json()) as {
      result: { data: { json: { userId: string | null } } };
    };
    const { userId } = rpc.result.data.json;
    expect(rest.userId).toBe(userId ?? 'guest');
    return userId;
  }

  const account = (userId: string) =>
    app.db.query.selectFrom('account').selectAll().where('id', '=', userId).executeTakeFirstOrThrow();
  const setStatus = (userId: string, status: 'active' | 'disabled') =>
    app.db.query.updateTable('account').set({ status }).where('id', '=', userId).execute();

  /** Nobody came in by this, and nothing was stored. */
  async function refused(walker: Walker, act: () => Promise<Walk>, status: number, says: string | RegExp) {
    const before = await footprint(app);
    const { response, text } = await act();
    expect([response.status, text]).toEqual([status, expect.stringMatching(says)]);
    expect(response.headers.getSetCookie().filter((line) => line.includes('session'))).toEqual([]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await whoIs(walker)).toBeNull();
    expect(await footprint(app)).toEqual(before);
  }

  async function close() {
    await server.close();
    await provider.close();
  }
  return {
    provider,
    server,
    base,
    at,
    newPerson,
    invite,
    joined,
    signIn,
    callbackOf,
    whoIs,
    account,
    setStatus,
    refused,
    close,
  };
}
