import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { callAs, guest, scriptedModel, testApp, type TestApp } from '../testing/index.ts';

const note = `# Calibration

Set the temperature to 37 °C and wait for 20 minutes. Press START to begin the calibration.
`;
const question = 'Which temperature do I set for the calibration?';

let test: TestApp;
let instrumentId: string;
let admin: Viewer;
let source: string;

beforeAll(async () => {
  test = await testApp();
  instrumentId = await test.instrument();
  admin = await test.account({ isAdmin: true });
  source = await test.document(admin, instrumentId, 'calibration.md', note);
});
afterEach(() => {
  test.rayni.app.model = undefined;
});
afterAll(() => test[Symbol.asyncDispose]());

function play(...scripts: Parameters<typeof scriptedModel>) {
  const model = scriptedModel(...scripts);
  test.rayni.app.model = model;
  return model;
}

const as = (viewer: Viewer) => callAs(test.rayni, viewer).chat;

describe('an answer that is asked for again', () => {
  it('is another version under the same question, and the former one stays with its Proofs', async () => {
    const model = play(
      ['Set the temperature to 37 °C [1].'],
      ['Wait for 20 minutes [1].'],
      ['Press START to begin [1].'],
    );
    const member = await test.account();
    const first = await as(member).ask({ instrumentId, question });
    const second = await as(member).regenerateAndWait({ turnId: first.turnId });
    expect(second).toMatchObject({ sessionId: first.sessionId, userTurnId: first.userTurnId });
    expect(second.turnId).not.toBe(first.turnId);
    // The former version again, not the newest.
    const third = await as(member).regenerateAndWait({ turnId: first.turnId });
    expect(model.calls.length).toBe(3);
    // Its own former answers are no part of the conversation it is asked in.
    expect(model.calls[2]!.filter(({ role }) => role === 'assistant')).toEqual([]);

    const versions = await as(member).versions({ userTurnId: first.userTurnId });
    expect(versions.map(({ version, turnId, text }) => [version, turnId, text])).toEqual([
      [1, first.turnId, 'Set the temperature to 37 °C [1].'],
      [2, second.turnId, 'Wait for 20 minutes [1].'],
      [3, third.turnId, 'Press START to begin [1].'],
    ]);
    expect(versions.map(({ citations }) => citations)).toEqual([
      first.citations,
      second.citations,
      third.citations,
    ]);
    expect(await as(member).citations({ turnId: first.turnId })).toEqual(first.citations);
    expect(await as(member).citations({ turnId: first.userTurnId })).toEqual(third.citations);
    const { turns } = await as(member).history({ sessionId: first.sessionId });
    expect(turns.map(({ turnId, version }) => [turnId, version])).toEqual([[third.turnId, 3]]);
  });

  it('is made from what the documents say now', async () => {
    const first = await as(guest).ask({ instrumentId, question: 'What is the flow of the Quillion valve?' });
    expect(first.reason).toBe('not_found');
    await test.document(admin, instrumentId, 'valve.md', 'The Quillion valve has a flow of 12 mL/min.\n');
    const second = await as(guest).regenerateAndWait({ turnId: first.userTurnId });
    expect(second.reason).toBe('extractive');
    expect(second.citations.map(({ quote }) => quote).join()).toContain('12 mL/min');
  });

  it('is refused while the newest version is being written', async () => {
    play(['Set the temperature ', 30_000, 'to 37 °C [1].'], ['Wait for 20 minutes [1].']);
    const member = await test.account();
    const { turnId } = await as(member).start({ instrumentId, question });
    await expect(as(member).regenerate({ turnId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await as(member).cancel({ turnId });
    expect((await as(member).regenerateAndWait({ turnId })).text).toBe('Wait for 20 minutes [1].');
  });

  it('is one, however often it is asked for at the same moment', async () => {
    const member = await test.account();
    const first = await as(member).ask({ instrumentId, question });
    const model = play(['Wait for 20 minutes [1].'], ['Press START ', 30_000, 'to begin [1].']);
    const again = { turnId: first.turnId, clientKey: 'the-same-key' };
    const both = await Promise.all([as(member).regenerate(again), as(member).regenerate(again)]);
    expect(both[0]).toEqual(both[1]);
    await expect.poll(() => test.rayni.live.running.size).toBe(0);
    expect(model.calls.length).toBe(1);

    const without = { turnId: first.turnId };
    const settled = await Promise.allSettled([
      as(member).regenerate(without),
      as(member).regenerate(without),
    ]);
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const versions = await as(member).versions({ userTurnId: first.userTurnId });
    expect(versions).toHaveLength(3);
    await as(member).cancel({ turnId: versions[2]!.turnId });
  });
});

describe('what a reader says of an answer', () => {
  const said = () => test.rayni.app.db.query.selectFrom('turn_feedback').selectAll().execute();
  it('is kept once, replaced and taken back', async () => {
    const member = await test.account();
    const { turnId, userTurnId } = await as(member).ask({ instrumentId, question });
    await as(member).feedback({ turnId, rating: 'dislike', tag: 'offtopic', comment: 'Not what I asked.' });
    expect(await said()).toMatchObject([{ turn_id: turnId, rating: 'dislike', tag: 'offtopic' }]);
    await as(member).feedback({ turnId: userTurnId, rating: 'like' });
    expect(await said()).toMatchObject([{ turn_id: turnId, rating: 'like', tag: null, comment: null }]);
    await as(member).feedback({ turnId, rating: null });
    expect(await said()).toEqual([]);
  });

  it('about one Proof reaches the managers with the statement it is meant to carry', async () => {
    const member = await test.account();
    play(['Do this first.\n\n- Set the temperature to 37 °C [1].\n- Wait for 20 minutes [1].']);
    const { citations } = await as(member).ask({ instrumentId, question });
    const [, second] = citations;
    const reported = () => as(admin).reportedProofs({ instrumentId });
    await as(member).proofFeedback({ citationId: second!.id, fault: 'wrong_place' });
    await as(member).proofFeedback({ citationId: second!.id, fault: 'outdated', comment: 'Rev D says 30.' });
    expect(await reported()).toMatchObject({
      total: 1,
      items: [
        {
          fault: 'outdated',
          comment: 'Rev D says 30.',
          statement: 'Wait for 20 minutes',
          citation: { ...second, sourceId: source },
        },
      ],
    });
    await as(member).proofFeedback({ citationId: second!.id, fault: null });
    expect(await reported()).toEqual({ items: [], total: 0 });
  });
});

describe('conversations', () => {
  it('are listed newest first, page by page and by instrument, and renamed', async () => {
    const member = await test.account();
    const other = await test.instrument();
    const sessions: string[] = [];
    for (const where of [instrumentId, other, instrumentId]) {
      sessions.unshift((await as(member).ask({ instrumentId: where, question })).sessionId);
      test.advance(1_000);
    }
    const all = await as(member).conversations({});
    expect(all.items.map(({ sessionId }) => sessionId)).toEqual(sessions);
    const here = await as(member).conversations({ instrumentId, page: 2, pageSize: 1 });
    expect(here).toMatchObject({ total: 2, items: [{ sessionId: sessions[2] }] });

    // What was asked last counts.
    await as(member).ask({ instrumentId, question, sessionId: sessions[2]! });
    await as(member).rename({ sessionId: sessions[2]!, title: 'Warm up' });
    const [first] = (await as(member).conversations({})).items;
    expect(first).toMatchObject({ sessionId: sessions[2], title: 'Warm up' });
  });

  it('that are deleted are gone for good, with what is being written in them', async () => {
    const model = play(['Set the temperature ', 30_000, 'to 37 °C [1].']);
    const member = await test.account();
    const { sessionId, turnId, userTurnId } = await as(member).start({ instrumentId, question });
    await expect.poll(() => model.calls.length).toBe(1);
    await as(member).remove({ sessionId });
    expect(test.rayni.live.running.size).toBe(0);
    const calls = [
      () => as(member).history({ sessionId }),
      () => as(member).versions({ userTurnId }),
      () => as(member).citations({ turnId }),
      () => as(member).regenerate({ turnId }),
      () => as(member).feedback({ turnId, rating: 'like' }),
      () => as(member).rename({ sessionId, title: 'Back' }),
      () => as(member).remove({ sessionId }),
      () => as(member).ask({ instrumentId, question, sessionId }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await as(member).conversations({})).items).toEqual([]);
  });

  it('of guests are on no list', async () => {
    await as(guest).ask({ instrumentId, question });
    await expect(as(guest).conversations({})).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
