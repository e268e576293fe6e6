import type { GrantInput } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { footprint, guest, type TestApp, testApp } from '../testing/index.ts';
import { changeGrant, grantAccess, listAudit, listGrants } from './grants.ts';
import { may, type Viewer } from './policy.ts';
import { decideAccess, ownRequests, requestAccess, requestsOn } from './requests.ts';
import { instrumentFacts } from './store.ts';

type Member = Extract<Viewer, { kind: 'member' }>;

describe.each(testEngines())('access on %s', (engine) => {
  let test: TestApp;
  let admin: Member;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  /** A restricted instrument with its manager, and a member who has nothing there. */
  async function place() {
    const instrumentId = await test.instrument({ visibility: 'restricted' });
    const [member, manager] = [await test.account(), await test.account()];
    await test.grant(manager, instrumentId, 'instrument_manager');
    const wish = (reason = '') => requestAccess(app(), member, { instrumentId, reason });
    const decide = (requestId: string, as: 'approved' | 'denied') =>
      decideAccess(app(), manager, { instrumentId, requestId }, as);
    const give = (email: string, role: GrantInput['role'] = 'trained_user') =>
      grantAccess(app(), manager, { instrumentId, email, role });
    const reads = async () => {
      const facts = await instrumentFacts(app().db.query, member, instrumentId);
      return facts !== undefined && may(member, 'read', facts);
    };
    const audit = async () => {
      const { items } = await listAudit(app(), admin, { instrumentId, page: 1, pageSize: 200 });
      return items.reverse();
    };
    return { instrumentId, member, manager, wish, decide, give, reads, audit };
  }

  it('is wished for, approved, revoked and given again, each with who did it to whom', async () => {
    const { instrumentId, member, manager, wish, decide, give, reads, audit } = await place();
    const asked = await wish('For the beam line.');
    expect(asked).toMatchObject({ status: 'pending', userEmail: member.email, reason: 'For the beam line.' });
    expect(await requestsOn(app(), manager, { instrumentId, status: 'pending' })).toEqual([asked]);
    expect(await reads()).toBe(false);

    const approved = await decide(asked.id, 'approved');
    expect(approved).toMatchObject({ status: 'approved', reviewer: manager.email });
    expect(approved.reviewedAt).toEqual(app().clock.now());
    expect(await ownRequests(app(), member)).toEqual([approved]);
    expect(await requestsOn(app(), manager, { instrumentId, status: 'pending' })).toEqual([]);
    expect(await reads()).toBe(true);

    const grants = await listGrants(app(), manager, instrumentId);
    const mine = grants.find(({ userId }) => userId === member.userId)!;
    expect(mine).toMatchObject({ role: 'trained_user', status: 'active', userEmail: member.email });
    const revoked = await changeGrant(app(), manager, {
      instrumentId,
      grantId: mine.id,
      status: 'revoked',
    });
    expect(revoked).toEqual({ ...mine, status: 'revoked' });
    expect(await reads()).toBe(false);

    const again = await give(member.email.toUpperCase(), 'instrument_manager');
    expect(again).toEqual({ ...mine, role: 'instrument_manager' });
    expect(await listGrants(app(), manager, instrumentId)).toHaveLength(2);
    expect(await reads()).toBe(true);

    const [by, of] = [manager.email, member.email];
    expect((await audit()).map(({ action, actor, subject }) => [action, actor, subject])).toEqual([
      ['access.requested', of, of],
      ['access.approved', by, of],
      ['grant.created', by, of],
      ['grant.revoked', by, of],
      ['grant.changed', by, of],
    ]);
  });

  it('is denied without a grant, and may be wished for again', async () => {
    const { wish, decide, reads } = await place();
    const { id } = await wish();
    expect(await decide(id, 'denied')).toMatchObject({ status: 'denied' });
    expect(await reads()).toBe(false);
    const second = await wish();
    expect(second.id).not.toBe(id);
    expect(second.status).toBe('pending');
  });

  it('is wished for once while the wish waits, also by two at once', async () => {
    const { wish, audit } = await place();
    const [first, ...others] = await Promise.all([wish(), wish(), wish(), wish()]);
    expect(others).toEqual([first, first, first]);
    expect(await audit()).toHaveLength(1);
  });

  it('is decided once, also by two at once', async () => {
    const { instrumentId, wish, decide, audit, manager } = await place();
    const { id } = await wish();
    const outcomes = await Promise.allSettled([
      decide(id, 'approved'),
      decide(id, 'denied'),
      decide(id, 'approved'),
    ]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(['CONFLICT', 'CONFLICT']);
    await expect(decide(id, 'denied')).rejects.toMatchObject({ code: 'CONFLICT' });
    const approved = outcomes[1]?.status !== 'fulfilled';
    expect((await audit()).map(({ action }) => action)).toEqual(
      approved
        ? ['access.requested', 'access.approved', 'grant.created']
        : ['access.requested', 'access.denied'],
    );
    expect(await listGrants(app(), manager, instrumentId)).toHaveLength(approved ? 2 : 1);
  });

  it('leaves no wish behind that a grant has met, whichever comes first', async () => {
    const { instrumentId, member, manager, wish, give } = await place();
    await Promise.allSettled([wish(), give(member.email), wish()]);
    expect(await requestsOn(app(), manager, { instrumentId, status: 'pending' })).toEqual([]);
    await expect(wish()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is given once by two at once', async () => {
    const { instrumentId, member, manager, give, audit } = await place();
    const [a, b] = await Promise.all([give(member.email), give(member.email)]);
    expect(a).toEqual(b);
    expect(await listGrants(app(), manager, instrumentId)).toHaveLength(2);
    expect((await audit()).map(({ action }) => action)).toEqual(['grant.created']);
  });

  it('does not take the manager’s role from who got it while the wish waited', async () => {
    const { instrumentId, member, manager, wish, decide } = await place();
    const { id } = await wish();
    await test.grant(member, instrumentId, 'instrument_manager');
    await decide(id, 'approved');
    const grants = await listGrants(app(), manager, instrumentId);
    expect(grants.find(({ userId }) => userId === member.userId)?.role).toBe('instrument_manager');
  });

  it('is refused without a trace', async () => {
    const { instrumentId, member, manager, wish, give } = await place();
    const { id } = await wish();
    const elsewhere = await place();
    const before = await footprint(app());
    const missing = '0190b3a0-0000-7000-8000-000000000001';
    const refusals: [() => Promise<unknown>, string][] = [
      [() => requestAccess(app(), guest, { instrumentId, reason: '' }), 'UNAUTHENTICATED'],
      [() => requestAccess(app(), guest, { instrumentId: missing, reason: '' }), 'UNAUTHENTICATED'],
      [() => requestAccess(app(), member, { instrumentId: missing, reason: '' }), 'NOT_FOUND'],
      [() => requestAccess(app(), manager, { instrumentId, reason: '' }), 'CONFLICT'],
      [() => requestAccess(app(), admin, { instrumentId, reason: '' }), 'CONFLICT'],
      [() => decideAccess(app(), member, { instrumentId, requestId: id }, 'approved'), 'FORBIDDEN'],
      // A wish is decided on its own instrument only.
      [() => elsewhere.decide(id, 'approved'), 'NOT_FOUND'],
      [() => decideAccess(app(), manager, { instrumentId, requestId: missing }, 'approved'), 'NOT_FOUND'],
      [() => give('nobody@example.org'), 'BAD_REQUEST'],
      [() => changeGrant(app(), manager, { instrumentId, grantId: missing, status: 'revoked' }), 'NOT_FOUND'],
      [() => listAudit(app(), manager, { page: 1, pageSize: 50 }), 'FORBIDDEN'],
    ];
    for (const [refusal, code] of refusals) await expect(refusal()).rejects.toMatchObject({ code });
    expect(await footprint(app())).toEqual(before);
    await expect(give('nobody@example.org')).rejects.toMatchObject({
      fields: { email: [expect.any(String)] },
    });
  });

  it('changes nothing and records nothing where it is so already', async () => {
    const { instrumentId, member, manager, give } = await place();
    const { id } = await give(member.email);
    const before = await footprint(app());
    await give(member.email);
    await changeGrant(app(), manager, { instrumentId, grantId: id, status: 'active', role: 'trained_user' });
    expect(await footprint(app())).toEqual(before);
  });

  it('is recorded page by page, newest first', async () => {
    const { instrumentId, member, manager, give } = await place();
    const { id } = await give(member.email);
    for (const status of ['revoked', 'active', 'revoked'] as const) {
      test.advance(1);
      await changeGrant(app(), manager, { instrumentId, grantId: id, status });
    }
    const page = (n: number) => listAudit(app(), admin, { instrumentId, page: n, pageSize: 3 });
    expect((await page(1)).items.map(({ action }) => action)).toEqual([
      'grant.revoked',
      'grant.changed',
      'grant.revoked',
    ]);
    expect(await page(2)).toMatchObject({ total: 4, items: [{ action: 'grant.created' }] });
  });
});
