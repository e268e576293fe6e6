import { createHash } from 'node:crypto';
import { testEngines } from '@rayni/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { listAudit } from '../access/grants.ts';
import type { Viewer } from '../access/policy.ts';
import { openSession, viewerOfSession } from '../auth/sessions.ts';
import { newId } from '../ids.ts';
import { footprint, guest, type TestApp, testApp } from '../testing/index.ts';
import { createToken } from '../tokens/tokens.ts';
import { acceptInvitation, inviteUser } from './invite.ts';
import { changeUser, findUser, listUsers } from './users.ts';

type Member = Extract<Viewer, { kind: 'member' }>;

describe.each(testEngines())('users on %s', (engine) => {
  let test: TestApp;
  let admin: Member;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterEach(() => void vi.restoreAllMocks());
  afterAll(() => test?.[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const newEmail = () => `${newId()}@example.org`;
  const invite = (email: string, more: { isAdmin?: boolean; role?: 'trained_user'; name?: string } = {}) =>
    inviteUser(app(), test.rayni.settings, admin.email, { email, ...more });
  const tokenOf = ({ url }: { url: string }) => new URL(url).pathname.split('/').at(-1)!;
  const accept = (token: string) => acceptInvitation(app(), token);
  const change = (user: { id: string }, input: Omit<Parameters<typeof changeUser>[2], 'id'>, by = admin) =>
    changeUser(app(), by, { id: user.id, ...input });
  const auditOf = async (email: string) => {
    const { items } = await listAudit(app(), admin, { page: 1, pageSize: 200 });
    return items.filter(({ subject }) => subject === email).map(({ action }) => action);
  };

  describe('an invitation', () => {
    it('is a link that makes the account active once, for seven days, of which only a hash is kept', async () => {
      const email = newEmail();
      const invited = await invite(email, { role: 'trained_user', name: 'Ines' });
      expect(invited.user).toMatchObject({ email, name: 'Ines', status: 'invited', role: 'trained_user' });
      expect(invited.url).toMatch(/^http:\/\/rayni\.test\/auth\/invite\/[\w-]{43}$/);
      expect(invited.expiresAt.getTime() - app().clock.now().getTime()).toBe(7 * 86_400_000);
      const token = tokenOf(invited);
      const stored = await app().db.query.selectFrom('invitation').selectAll().execute();
      expect(JSON.stringify(stored)).not.toContain(token);
      expect(stored.map((row) => row.token_hash)).toContain(createHash('sha256').update(token).digest('hex'));

      expect(await accept(token)).toMatchObject({ kind: 'member', email, name: 'Ines', isAdmin: false });
      expect(await findUser(app(), email.toUpperCase())).toMatchObject({ status: 'active' });
      expect(await accept(token)).toBeUndefined();
      expect(await auditOf(email)).toEqual(['user.joined', 'user.invited']);
    });

    it('is used by one of several at once', async () => {
      const token = tokenOf(await invite(newEmail()));
      const accepted = await Promise.all([accept(token), accept(token), accept(token)]);
      expect(accepted.filter(Boolean)).toHaveLength(1);
    });

    it('is logged with its link only where an e-mail signs in anyway', async () => {
      const info = vi.spyOn(app().log, 'info');
      const { url, user, expiresAt } = await invite(newEmail());
      const told = { email: user.email, expiresAt };
      expect(info.mock.calls).toEqual([[{ ...told, link: url }, 'Someone was invited']]);
      info.mockClear();
      const settings = { ...test.rayni.settings, demoLogin: false };
      const again = await inviteUser(app(), settings, admin.email, { email: user.email });
      expect(info.mock.calls).toEqual([[{ ...told, expiresAt: again.expiresAt }, 'Someone was invited']]);
    });

    it('made again ends the former and keeps what is not said anew', async () => {
      const email = newEmail();
      const former = await invite(email, { isAdmin: true, name: 'Ines' });
      const again = await invite(email, { name: 'Inês' });
      expect(again.user).toEqual({ ...former.user, name: 'Inês' });
      expect(again.user.isAdmin).toBe(true);
      expect(await accept(tokenOf(former))).toBeUndefined();
      expect(await accept(tokenOf(again))).toMatchObject({ email, isAdmin: true });
      await change(again.user, { isAdmin: false });
    });

    it('of one person by two admins at once makes one account, and one of the links works', async () => {
      const email = newEmail();
      const both = await Promise.all([invite(email), invite(email)]);
      expect(both[0].user.id).toBe(both[1].user.id);
      const accepted = [await accept(tokenOf(both[0])), await accept(tokenOf(both[1]))];
      expect(accepted.filter(Boolean)).toHaveLength(1);
    });

    it('is worth nothing when it is unknown, late, or its account was disabled', async () => {
      const late = tokenOf(await invite(newEmail()));
      const disabled = await invite(newEmail());
      await change(disabled.user, { status: 'disabled' });
      expect(await accept(tokenOf(disabled))).toBeUndefined();
      expect(await accept('nothing')).toBeUndefined();
      test.advance(7 * 86_400_000);
      expect(await accept(late)).toBeUndefined();
    });

    it('is a conflict for who is active or disabled, and leaves no trace then', async () => {
      const { email, userId } = await test.account();
      const before = await footprint(app());
      await expect(invite(email)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await footprint(app())).toEqual(before);
      await change({ id: userId }, { status: 'disabled' });
      await expect(invite(email)).rejects.toMatchObject({ code: 'CONFLICT' });
    });
  });

  describe('a disabled account', () => {
    it('gets no session or token out of a request that began before', async () => {
      const member = await test.account();
      await change({ id: member.userId }, { status: 'disabled' });
      const unauthenticated = { code: 'UNAUTHENTICATED' };
      await expect(openSession(app(), member.userId)).rejects.toMatchObject(unauthenticated);
      const token = createToken(app(), member, undefined, { name: 'script', scope: 'full' });
      await expect(token).rejects.toMatchObject(unauthenticated);
      const left = await app()
        .db.query.selectFrom('auth_session')
        .select('account_id')
        .unionAll(app().db.query.selectFrom('api_token').select('account_id'))
        .execute();
      expect(left).not.toContainEqual({ account_id: member.userId });
    });

    it('loses its sessions and tokens at once, and does not get them back with its account', async () => {
      const member = await test.account();
      const user = { id: member.userId };
      const { secret } = await openSession(app(), member.userId);
      await app()
        .db.query.insertInto('api_token')
        .values({
          id: newId(),
          account_id: user.id,
          name: 'script',
          scope: 'full',
          prefix: 'x',
          secret_hash: newId(),
          created_at: app().clock.now(),
        })
        .execute();
      expect(await viewerOfSession(app(), secret)).toMatchObject({ userId: user.id });
      expect(await change(user, { status: 'disabled' })).toMatchObject({ status: 'disabled' });
      expect(await viewerOfSession(app(), secret)).toBeUndefined();
      const tokens = app().db.query.selectFrom('api_token').select('id').where('account_id', '=', user.id);
      expect(await tokens.execute()).toEqual([]);
      expect(await change(user, { status: 'active' })).toMatchObject({ status: 'active' });
      expect(await viewerOfSession(app(), secret)).toBeUndefined();
      expect(await auditOf(member.email)).toEqual(['user.enabled', 'user.disabled']);
    });

    it('that never came is invited again when it is enabled, and needs a new link', async () => {
      const email = newEmail();
      const { user, ...former } = await invite(email);
      await expect(change(user, { status: 'active' })).rejects.toMatchObject({ code: 'CONFLICT' });
      await change(user, { status: 'disabled' });
      expect(await change(user, { status: 'active' })).toMatchObject({ status: 'invited' });
      expect(await accept(tokenOf(former))).toBeUndefined();
      expect(await accept(tokenOf(await invite(email)))).toMatchObject({ email });
      await change(user, { status: 'disabled' });
      expect(await change(user, { status: 'active' })).toMatchObject({ status: 'active' });
    });
  });

  it('are changed with a record of what was before', async () => {
    const { userId: id, email } = await test.account();
    expect(await change({ id }, { role: 'instrument_manager', isAdmin: true, name: 'Ada' })).toMatchObject({
      role: 'instrument_manager',
      isAdmin: true,
      name: 'Ada',
    });
    const { items } = await listAudit(app(), admin, { page: 1, pageSize: 1 });
    expect(items[0]).toMatchObject({
      action: 'user.changed',
      actor: admin.email,
      subject: email,
      details: { role: 'instrument_manager', roleBefore: 'null', isAdmin: 'true', isAdminBefore: 'false' },
    });
    const before = await footprint(app());
    await change({ id }, { name: 'Ada', isAdmin: true });
    expect(await footprint(app())).toEqual(before);
    await change({ id }, { isAdmin: false });
  });

  describe('the last active admin', () => {
    it.each([{ status: 'disabled' }, { isAdmin: false }] as const)(
      'is not taken out by %j',
      async (input) => {
        const before = await footprint(app());
        await expect(change({ id: admin.userId }, input)).rejects.toMatchObject({ code: 'CONFLICT' });
        await expect(changeUser(app(), 'operator', { id: admin.userId, ...input })).rejects.toMatchObject({
          code: 'CONFLICT',
          message: 'This is the last active administrator.',
        });
        expect(await footprint(app())).toEqual(before);
      },
    );

    it('is there whatever two admins do to each other at once', async () => {
      const other = await test.account({ isAdmin: true });
      const outcomes = await Promise.allSettled([
        change({ id: other.userId }, { isAdmin: false }, admin),
        change({ id: admin.userId }, { status: 'disabled' }, other),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const [refused] = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused?.reason).toMatchObject({ code: 'FORBIDDEN' });
      const left = await listUsers(app(), 'operator');
      expect(left.filter(({ isAdmin, status }) => isAdmin && status === 'active')).toHaveLength(1);
      // The next test has its admin again.
      await changeUser(app(), 'operator', { id: admin.userId, status: 'active', isAdmin: true });
      await changeUser(app(), 'operator', { id: other.userId, isAdmin: false });
    });

    it('is not oneself, even where there are others', async () => {
      const other = await test.account({ isAdmin: true });
      for (const input of [{ status: 'disabled' }, { isAdmin: false }] as const)
        await expect(change({ id: other.userId }, input, other)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await change({ id: other.userId }, { name: 'Me' }, other)).toMatchObject({ name: 'Me' });
      await change({ id: other.userId }, { isAdmin: false });
    });
  });

  it('are told to admins alone', async () => {
    const member = await test.account();
    await expect(listUsers(app(), guest)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(listUsers(app(), member)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(change({ id: admin.userId }, { name: 'x' }, member)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(change({ id: '0190b3a0-0000-7000-8000-000000000001' }, { name: 'x' })).rejects.toMatchObject(
      { code: 'NOT_FOUND' },
    );
    const emails = (await listUsers(app(), admin)).map(({ email }) => email);
    expect(emails).toContain(member.email);
    expect(emails).toEqual(emails.toSorted());
  });
});
