import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { footprint, type TestApp, testApp } from '../testing/index.ts';
import { inviteUser } from '../users/invite.ts';
import { changeUser, findUser } from '../users/users.ts';
import { forgetSessions, viewerOfSession } from './sessions.ts';
import { signInByIdentity } from './sign-in.ts';

describe.each(testEngines())('signing in by an identity on %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await testApp({ engine });
    // Somebody else, so that nobody below is the last of the administrators.
    await test.account({ isAdmin: true });
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const identity = (subject = newId()) => ({ issuer: 'https://id.example', subject });
  const login = (invitation?: string) => ({
    state: newId(),
    expiresAt: new Date(app().clock.now().getTime() + 600_000),
    invitation,
  });
  async function invited() {
    const email = `${newId()}@example.org`;
    const { url, user } = await inviteUser(app(), test.rayni.settings, null, { email });
    return { token: new URL(url).pathname.split('/').at(-1)!, userId: user.id, email };
  }
  const outcomes = async (tries: Promise<unknown>[]) =>
    (await Promise.allSettled(tries))
      .map((one) => (one.status === 'fulfilled' ? 'in' : String((one.reason as { code?: string }).code)))
      .sort((a, b) => a.localeCompare(b));

  it('binds it with an invitation, and finds it again by issuer and subject together', async () => {
    const { token, userId, email } = await invited();
    const who = identity();
    const first = await signInByIdentity(app(), who, login(token));
    expect(first.viewer).toMatchObject({ kind: 'member', key: `user:${userId}`, userId, email });
    const second = await signInByIdentity(app(), who, login());
    expect(second.viewer).toEqual(first.viewer);
    expect(await viewerOfSession(app(), second.secret)).toMatchObject(first.viewer);
    const joined = await app()
      .db.query.selectFrom('audit_entry')
      .select('details')
      .where('action', '=', 'user.joined')
      .where('subject', '=', email)
      .execute();
    expect(joined).toEqual([{ details: { issuer: who.issuer } }]);
    for (const other of [
      { ...who, issuer: 'https://id.example/' },
      { ...who, subject: who.subject.toUpperCase() },
      { ...who, subject: `${who.subject} ` },
    ]) {
      await expect(signInByIdentity(app(), other, login())).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it('completes a sign-in once, of several at the same time too', async () => {
    const { token } = await invited();
    const who = identity();
    await signInByIdentity(app(), who, login(token));
    const same = login();
    const again = () => signInByIdentity(app(), who, same);
    expect(await outcomes([again(), again(), again()])).toEqual(['BAD_REQUEST', 'BAD_REQUEST', 'in']);
    const before = await footprint(app());
    await expect(again()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await footprint(app())).toEqual(before);
  });

  it('gives one invitation to one of several identities', async () => {
    const { token, userId } = await invited();
    const tries = [1, 2, 3].map(() => signInByIdentity(app(), identity(), login(token)));
    expect(await outcomes(tries)).toEqual(['in', 'NOT_FOUND', 'NOT_FOUND']);
    const bound = await app()
      .db.query.selectFrom('identity')
      .selectAll()
      .where('account_id', '=', userId)
      .execute();
    expect(bound).toHaveLength(1);
  });

  it('gives one identity to one of several invited accounts, and leaves the others invited', async () => {
    const accounts = await Promise.all([invited(), invited(), invited()]);
    const who = identity();
    const tries = accounts.map(({ token }) => signInByIdentity(app(), who, login(token)));
    expect(await outcomes(tries)).toEqual(['CONFLICT', 'CONFLICT', 'in']);
    const found = await Promise.all(accounts.map(({ email }) => findUser(app(), email)));
    expect(found.filter((user) => user?.status === 'invited')).toHaveLength(2);
  });

  it('leaves no session behind for an account that is disabled at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const { token, userId } = await invited();
      const who = identity();
      await signInByIdentity(app(), who, login(token));
      const entering = [1, 2, 3].map(() => signInByIdentity(app(), who, login()));
      const [disabled] = await Promise.allSettled([
        changeUser(app(), 'operator', { id: userId, status: 'disabled' }),
        ...entering,
      ]);
      expect(disabled?.status).toBe('fulfilled');
      const sessions = await app()
        .db.query.selectFrom('auth_session')
        .selectAll()
        .where('account_id', '=', userId)
        .execute();
      expect(sessions).toEqual([]);
      await expect(signInByIdentity(app(), who, login())).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it('forgets completed sign-ins only when they could not be completed any more', async () => {
    const { token } = await invited();
    const done = login(token);
    const who = identity();
    await signInByIdentity(app(), who, done);
    const count = async () =>
      (await app().db.query.selectFrom('completed_login').select('state_hash').execute()).length;
    const before = await count();
    test.advance(599_000);
    await forgetSessions(app());
    expect(await count()).toBe(before);
    test.advance(2_000);
    await forgetSessions(app());
    expect(await count()).toBe(0);
  });
});
