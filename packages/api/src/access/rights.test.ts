import type { ChatEvent } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logout, openSession, viewerOfSession } from '../auth/sessions.ts';
import { startAnswer } from '../chat/start.ts';
import { turnById } from '../chat/store.ts';
import { ask, readTurn } from '../chat/turns.ts';
import { openLive } from '../live.ts';
import { guest, scriptedModel, type TestApp, testApp } from '../testing/index.ts';
import { createToken, revokeToken, viewerOfToken } from '../tokens/tokens.ts';
import { changeUser } from '../users/users.ts';
import { changeGrant, grantAccess } from './grants.ts';
import type { Viewer } from './policy.ts';
import { createRights } from './rights.ts';

type Member = Extract<Viewer, { kind: 'member' }>;

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const patient = { timeout: 20_000, interval: 10 };
const never = () => new AbortController().signal;

describe.each(testEngines())('a lost right on %s', (engine) => {
  let test: TestApp;
  let admin: Member;
  let instrumentId: string;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  beforeEach(async () => {
    instrumentId = await test.instrument({ visibility: 'restricted' });
    await test.document(admin, instrumentId, 'note.md', note);
    // Says half of it and would go on in a minute.
    test.rayni.app.model = scriptedModel(
      ...Array.from({ length: 8 }, () => ['Set the temperature to 37 degrees [1]. And then ', 60_000]),
    );
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const setVisibility = (visibility: 'public' | 'restricted') =>
    app().db.query.updateTable('instrument').set({ visibility }).where('id', '=', instrumentId).execute();
  const member = async () => {
    const viewer = await test.account();
    const grant = await grantAccess(app(), admin, {
      instrumentId,
      email: viewer.email,
      role: 'trained_user',
    });
    const revoke = () => changeGrant(app(), admin, { instrumentId, grantId: grant.id, status: 'revoked' });
    return { viewer, revoke };
  };

  /** Asks, follows in the background, and is back once words have come. */
  async function reading(viewer: Viewer) {
    const { turnId } = await startAnswer(test.rayni, viewer, { instrumentId, question });
    const events: ChatEvent[] = [];
    const over = (async () => {
      for await (const { event } of readTurn(test.rayni, viewer, { turnId }, never())) events.push(event);
    })();
    const words = () => events.some(({ type }) => type === 'text-delta');
    await expect.poll(words, patient).toBe(true);
    const stop = () => test.rayni.live.running.get(turnId)?.abort.abort('cancelled');
    return { turnId, events, over, stop };
  }
  const lastOf = (events: ChatEvent[]) => {
    const last = events.at(-1);
    return last?.type === 'turn-end' ? last.reason : last?.type;
  };
  const isRunning = (turnId: string) => test.rayni.live.running.has(turnId);

  it('ends an open stream in the middle, and the answer behind it; others read on', async () => {
    const [one, other] = [await member(), await member()];
    const [mine, theirs] = [await reading(one.viewer), await reading(other.viewer)];
    await one.revoke();
    await mine.over;
    expect(mine.events.at(-1)).toMatchObject({
      type: 'turn-end',
      reason: 'access_revoked',
      code: 'FORBIDDEN',
      citations: [],
    });
    await expect.poll(() => isRunning(mine.turnId), patient).toBe(false);
    expect(await turnById(app().db.query, mine.turnId)).toMatchObject({
      status: 'cancelled',
      reason: 'access_revoked',
    });
    expect(isRunning(theirs.turnId)).toBe(true);
    expect(lastOf(theirs.events)).not.toBe('access_revoked');
    theirs.stop();
    await theirs.over;
    expect(lastOf(theirs.events)).toBe('cancelled');
  });

  it('ends the stream of a reader in another process', async () => {
    const { viewer, revoke } = await member();
    const { turnId, over } = await reading(viewer);
    const other = openLive(app());
    await other.rights.listen();
    const events: ChatEvent[] = [];
    const elsewhere = (async () => {
      for await (const { event } of readTurn({ ...test.rayni, live: other }, viewer, { turnId }, never())) {
        if (event.type === 'text-delta') await revoke();
        events.push(event);
      }
    })();
    await Promise.all([elsewhere, over]);
    expect(lastOf(events)).toBe('access_revoked');
    await other.close();
  });

  it('ends the streams of guests and of members without a grant when the instrument is closed', async () => {
    await setVisibility('public');
    const { viewer } = await member();
    const [ofGuest, ofMember, ofTrained] = [
      await reading(guest),
      await reading(await test.account()),
      await reading(viewer),
    ];
    await setVisibility('restricted');
    await Promise.all([ofGuest.over, ofMember.over]);
    expect([lastOf(ofGuest.events), lastOf(ofMember.events)]).toEqual(['access_revoked', 'access_revoked']);
    expect(isRunning(ofTrained.turnId)).toBe(true);
    ofTrained.stop();
    await ofTrained.over;
    expect(lastOf(ofTrained.events)).toBe('cancelled');
  });

  it('ends the streams of an account that is disabled, on a public instrument too', async () => {
    await setVisibility('public');
    const viewer = await test.account();
    const { events, over, turnId } = await reading(viewer);
    await changeUser(app(), admin, { id: viewer.userId, status: 'disabled' });
    await over;
    expect(lastOf(events)).toBe('access_revoked');
    await expect.poll(() => isRunning(turnId), patient).toBe(false);
  });

  const bySession = async (userId: string) => {
    const { secret } = await openSession(app(), userId);
    return { viewer: (await viewerOfSession(app(), secret))!, leave: () => logout(app(), secret) };
  };
  const byToken = async (member: Member) => {
    const { id, secret } = await createToken(app(), member, undefined, { name: 'script', scope: 'read' });
    const { viewer } = (await viewerOfToken(app(), secret))!;
    return { viewer, leave: () => revokeToken(app(), member, id) };
  };
  it.each([
    ['a session that is ended', ({ userId }: Member) => bySession(userId)],
    ['a token that is revoked', byToken],
  ])('ends the streams of %s, and nothing else of its account', async (_name, enter) => {
    const { viewer: someone } = await member();
    const [gone, stays] = [await enter(someone), await bySession(someone.userId)];
    const mine = await reading(gone.viewer);
    const theirs = await reading(stays.viewer);
    const waiting = ask(test.rayni, gone.viewer, { instrumentId, question }, never());
    waiting.catch(() => {});
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(3);
    await gone.leave();
    await mine.over;
    expect(mine.events.at(-1)).toMatchObject({ reason: 'access_revoked', code: 'UNAUTHENTICATED' });
    await expect(waiting).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    // What was begun belongs to the account, which may still read it.
    expect([isRunning(mine.turnId), isRunning(theirs.turnId)]).toEqual([true, true]);
    expect(lastOf(theirs.events)).not.toBe('access_revoked');
    const late: ChatEvent[] = [];
    for await (const { event } of readTurn(test.rayni, gone.viewer, { turnId: mine.turnId }, never()))
      late.push(event);
    expect(late).toMatchObject([{ type: 'turn-end', code: 'UNAUTHENTICATED' }]);
    for (const { abort } of test.rayni.live.running.values()) abort.abort('cancelled');
    await theirs.over;
    expect(lastOf(theirs.events)).toBe('cancelled');
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(0);
  });

  it('ends the streams of an admin who is one no longer', async () => {
    const second = await test.account({ isAdmin: true });
    const { events, over } = await reading(second);
    await changeUser(app(), admin, { id: second.userId, isAdmin: false });
    await over;
    expect(lastOf(events)).toBe('access_revoked');
  });

  it('ends the streams on an instrument that is deleted', async () => {
    const { events, over } = await reading(admin);
    await app()
      .db.query.updateTable('instrument')
      .set({ deleted_at: app().clock.now() })
      .where('id', '=', instrumentId)
      .execute();
    await over;
    expect(lastOf(events)).toBe('access_revoked');
  });

  it('is no end for who may still read: another role, a grant beside a public instrument', async () => {
    await setVisibility('public');
    const { viewer, revoke } = await member();
    const { events, over, stop, turnId } = await reading(viewer);
    await revoke();
    await grantAccess(app(), admin, { instrumentId, email: viewer.email, role: 'instrument_manager' });
    await setVisibility('restricted');
    // What is told after these was looked at after these.
    const gone = await member();
    const witness = await reading(gone.viewer);
    await gone.revoke();
    await witness.over;
    expect(isRunning(turnId)).toBe(true);
    stop();
    await over;
    expect(lastOf(events)).toBe('cancelled');
  });

  it('is a refusal for who waits for the whole answer', async () => {
    const { viewer, revoke } = await member();
    const waiting = ask(test.rayni, viewer, { instrumentId, question }, never());
    waiting.catch(() => {});
    await expect.poll(() => test.rayni.live.running.size, patient).toBe(1);
    await revoke();
    await expect(waiting).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('stops an answer at the next retrieval, before a word of the documents is told', async () => {
    const { viewer, revoke } = await member();
    const { live } = test.rayni;
    // This process does not hear of it: nothing but retrieval itself is left.
    const deaf = createRights(app());
    const indexes: typeof live.indexes = {
      ...live.indexes,
      async get(...input) {
        await revoke();
        return live.indexes.get(...input);
      },
    };
    const rayni = { ...test.rayni, live: { ...live, rights: deaf, indexes } };
    const { turnId } = await startAnswer(rayni, viewer, { instrumentId, question: 'What is Zeta2000?' });
    await expect.poll(() => isRunning(turnId), patient).toBe(false);
    expect(await turnById(app().db.query, turnId)).toMatchObject({ reason: 'access_revoked', text: '' });
  });

  describe('watching', () => {
    /** Rights that hear what the test tells them, and the number of their questions to the database. */
    async function counted() {
      let tell: (payload: string | undefined) => void = () => {};
      const state = { asked: 0, failing: 0 };
      const query = app().db.query.withPlugin({
        transformQuery({ node }) {
          state.asked += 1;
          if (state.failing-- > 0) throw new Error('the database was away');
          return node;
        },
        transformResult: async ({ result }) => result,
      });
      const rights = createRights({
        log: app().log,
        db: {
          ...app().db,
          query,
          listen: async (_channel, on) => {
            tell = on;
            return { close: async () => {} };
          },
        },
      });
      await rights.listen();
      return { rights, state, tell: (payload?: string) => tell(payload) };
    }

    it('costs one question for all who are concerned, and none for the others', async () => {
      await setVisibility('public');
      const { rights, state, tell } = await counted();
      const ended: string[] = [];
      const viewers = await Promise.all(Array.from({ length: 20 }, () => test.account()));
      for (const viewer of [...viewers, guest])
        rights.watch(viewer, instrumentId, () => ended.push(viewer.key));
      tell(`* ${await test.instrument()}`);
      tell(`${admin.userId} *`);
      expect(state.asked).toBe(0);
      await setVisibility('restricted');
      tell(`* ${instrumentId}`);
      await expect.poll(() => ended.length, patient).toBe(21);
      expect(state.asked).toBe(1);
      tell(`* ${instrumentId}`);
      expect(state.asked).toBe(1);
    });

    it('looks at all after a lost connection, and again when the database was away', async () => {
      const { rights, state, tell } = await counted();
      const { viewer, revoke } = await member();
      const ended: string[] = [];
      rights.watch(viewer, instrumentId, () => ended.push('watched'));
      const unwatch = rights.watch(viewer, instrumentId, () => ended.push('not watched any more'));
      unwatch();
      await revoke();
      state.failing = 1;
      tell();
      await expect.poll(() => ended, patient).toEqual(['watched']);
      expect(state.asked).toBe(2);
      await rights.stop();
    });
  });
});
