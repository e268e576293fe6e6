import { inviteUser, newId } from '@rayni/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestProvider, type TestProvider } from '../testing/oidc-server.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { newWalker, type Walker } from '../testing/walker.ts';

let provider: TestProvider;
let server: TestServer;
let base: string;
beforeAll(async () => {
  provider = await startTestProvider();
  server = await startTestServer({ oidc: provider.options });
  base = server.rayni.settings.publicUrl();
  provider.serve(`${base}/auth/oidc/callback`);
});
afterEach(() => {
  provider.mischief = {};
});
afterAll(async () => {
  await server?.close();
  await provider?.close();
});

const app = () => server.rayni.app;
const at = (path: string) => new URL(path, base);
const newPerson = () => {
  const sub = newId();
  return { sub, claims: { email: `${sub}@example.org` } };
};
async function invite(email = `${newId()}@example.org`, isAdmin = false) {
  const { url, user } = await inviteUser(app(), server.rayni.settings, null, { email, isAdmin });
  return { url, user };
}

/** Whom the doors take this browser for. */
async function whoIs(walker: Walker) {
  const session = walker.cookies(base).get('rayni_session');
  const headers = { cookie: `rayni_session=${session}` };
  const rest = await fetch(at('/api/auth/me'), { headers });
  const rpc = await fetch(at('/trpc/auth.me'), { headers });
  const { userId, email, is_admin: isAdmin } = (await rest.json()) as Record<string, unknown>;
  const { result } = (await rpc.json()) as { result: { data: { json: Record<string, unknown> } } };
  expect(result.data.json).toMatchObject({ userId: userId === 'guest' ? null : userId, email, isAdmin });
  return { userId, email, isAdmin };
}

describe('signing in', () => {
  it('begins with an invitation and needs none any more, whatever becomes of the e-mail', async () => {
    const { url, user } = await invite(undefined, true);
    provider.person = newPerson();
    const first = newWalker();
    const walk = await first.go(url);
    expect(walk.url.href).toBe(`${base}/`);
    expect(await whoIs(first)).toEqual({ userId: user.id, email: user.email, isAdmin: true });
  });
});
