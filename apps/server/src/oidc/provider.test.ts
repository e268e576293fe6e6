import { newId } from '@rayni/api';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestProvider, type TestProvider } from '../testing/oidc-server.ts';
import { newWalker } from '../testing/walker.ts';
import { openProvider, type ProviderOptions } from './provider.ts';

const redirectUri = 'http://localhost:9/auth/oidc/callback';
const running: TestProvider[] = [];
afterEach(async () => {
  for (const test of running.splice(0)) await test.close();
});

/** A provider at which somebody may sign in, and us with it. */
async function open(auth?: string, other: Partial<ProviderOptions> = {}) {
  const test = await startTestProvider(auth ? { auth } : {});
  running.push(test);
  test.serve(redirectUri);
  test.person = { sub: newId() };
  const provider = openProvider({ ...test.options, ...other }, () => redirectUri);
  async function signIn() {
    const begun = await provider.begin();
    const { url } = await newWalker().go(begun.url, { stop: ({ host }) => host === 'localhost:9' });
    return provider.finish(url.search, begun);
  }
  return { test, provider, signIn };
}
const away = { code: 'UNAVAILABLE', message: expect.stringContaining('does not answer as it should') };

describe('a provider', () => {
  it.each(['client_secret_basic', 'client_secret_post'])(
    'is given our secret as it takes it: %s',
    async (auth) => {
      const { test, signIn } = await open(auth);
      expect(await signIn()).toEqual({ issuer: test.options.issuer, subject: test.person.sub });
    },
  );

  it('is asked only when somebody signs in, and then again until it is there', async () => {
    const { test, signIn } = await open();
    expect(test.asked).toEqual([]);
    test.mischief = { discovery: (document) => (document['issuer'] = 'https://evil.example') };
    await expect(signIn()).rejects.toMatchObject(away);
    await expect(signIn()).rejects.toMatchObject(away);
    test.mischief = { discovery: (document) => delete document['issuer'] };
    await expect(signIn()).rejects.toMatchObject(away);
    test.mischief = {};
    expect(await signIn()).toMatchObject({ subject: test.person.sub });
    await signIn();
    expect(test.asked.filter((one) => one.includes('.well-known'))).toHaveLength(4);
  });

  it('has the name that it has, to the last slash', async () => {
    const { test } = await open();
    const { signIn } = await open(undefined, { issuer: `${test.options.issuer}/realm/` });
    await expect(signIn()).rejects.toMatchObject(away);
  });

  it('that takes us for nobody is the operator’s to mend', async () => {
    const { signIn } = await open(undefined, { clientSecret: 'another' });
    await expect(signIn()).rejects.toMatchObject(away);
  });

  it('that breaks in the middle is away, not the fault of who signs in', async () => {
    const { test, signIn, provider } = await open();
    test.mischief = { tokenStatus: 502 };
    await expect(signIn()).rejects.toMatchObject(away);
    test.mischief = { error: 'temporarily_unavailable' };
    await expect(signIn()).rejects.toMatchObject(away);
    test.mischief = { error: 'access_denied' };
    await expect(signIn()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const begun = await provider.begin();
    await test.close();
    const search = `?code=c&state=${begun.state}&iss=${encodeURIComponent(test.options.issuer)}`;
    await expect(provider.finish(search, begun)).rejects.toMatchObject(away);
  });
});
