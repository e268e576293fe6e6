import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { newId } from '../ids.ts';
import { callAs, guest, type TestApp, testApp } from '../testing/index.ts';

type Member = Extract<Viewer, { kind: 'member' }>;

let test: TestApp;
let admin: Member;
let member: Member;
beforeAll(async () => {
  test = await testApp();
  admin = await test.account({ isAdmin: true });
  member = await test.account();
});
afterAll(() => test?.[Symbol.asyncDispose]());

const as = (viewer: Viewer, userAgent?: string) => callAs(test.rayni, viewer, { userAgent });
const metaOf = async (id: string) =>
  (
    await test.rayni.app.db.query
      .selectFrom('feedback')
      .select('meta')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).meta;

describe('feedback', () => {
  it('of a guest is kept as told, with the program it came by', async () => {
    const told = {
      email: 'guest@example.org',
      category: 'a wish of my own',
      body: 'Please add the oven.',
      route: '/instruments',
      instrumentId: newId(),
      lastTurnId: newId(),
    };
    const record = await as(guest, 'Browser 1').feedback.create({ ...told, meta: { width: 320 } });
    expect(record).toEqual({
      ...told,
      id: expect.any(String),
      userAgent: 'Browser 1',
      status: 'open',
      adminResponse: null,
      respondedAt: null,
      createdAt: test.rayni.app.clock.now(),
    });
    expect(await metaOf(record.id)).toEqual({ width: 320 });
  });

  it('of a member who names no e-mail has their own; of a guest none', async () => {
    const of = async (viewer: Viewer, email?: string) =>
      (await as(viewer).feedback.create({ body: 'x', ...(email === undefined ? {} : { email }) })).email;
    expect(await of(member)).toBe(member.email);
    expect(await of(member, '')).toBe(member.email);
    expect(await of(member, 'other@example.org')).toBe('other@example.org');
    expect(await of(guest)).toBeNull();
    expect(await of(guest, ' ')).toBeNull();
  });

  it('is listed newest first, page by page', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      test.advance(1_000);
      ids.unshift((await as(guest).feedback.create({ body: `No. ${n}` })).id);
    }
    const { feedback } = as(admin);
    const { total } = await feedback.list({});
    const [first, second] = [
      await feedback.list({ pageSize: 3 }),
      await feedback.list({ page: 2, pageSize: 3 }),
    ];
    expect([...first.items, ...second.items].slice(0, 5).map(({ id }) => id)).toEqual(ids);
    expect([first.total, second.total]).toEqual([total, total]);
    expect(total).toBeGreaterThanOrEqual(5);
  });

  it('is closed by a response, which a later one replaces', async () => {
    const { id } = await as(guest).feedback.create({ body: 'Broken.' });
    const { feedback } = as(admin);
    const once = await feedback.respond({ id, response: 'Fixed.' });
    expect(once).toMatchObject({ status: 'closed', adminResponse: 'Fixed.' });
    test.advance(1_000);
    const twice = await feedback.respond({ id, response: 'Really fixed.' });
    expect(twice).toEqual({
      ...once,
      adminResponse: 'Really fixed.',
      respondedAt: test.rayni.app.clock.now(),
    });
    expect((await feedback.list({})).items.find((one) => one.id === id)).toEqual(twice);
  });

  it('takes no more than it says', async () => {
    const { feedback } = as(guest);
    for (const input of [
      { body: ' ' },
      { body: 'x'.repeat(10_001) },
      { body: 'x', instrumentId: 'no id' },
      { body: 'x', meta: { long: 'x'.repeat(10_000) } },
    ]) {
      await expect(feedback.create(input)).rejects.toThrow();
    }
  });

  property.prop([fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())], { numRuns: 60 })(
    'is kept whatever odd characters it holds',
    async (odd) => {
      const meta = { odd: JSON.stringify(odd), halves: '\ud800 \\u0000 \0 \udc00 \\\ud800', '\0key': '😀' };
      const { id } = await as(guest).feedback.create({ body: 'x\0\ud800y', meta });
      expect(await metaOf(id)).toEqual({
        odd: JSON.stringify(odd)
          .replaceAll('\0', '')
          .replaceAll(/\p{Cs}/gu, ''),
        halves: ' \\u0000   \\',
        key: '😀',
      });
    },
  );
});

describe('common questions', () => {
  const ids = async () => (await as(guest).faq.list()).map(({ id }) => id);
  const documented = ['upload', 'access', 'citations', 'contact'];
  const save = (id: string, answer = 'So.') => as(admin).faq.save({ id, question: `How ${id}?`, answer });

  it('are the documented four until an admin writes some, which come after them in their order', async () => {
    expect(await ids()).toEqual(documented);
    for (const id of ['training', 'booking', 'access', 'alarm']) await save(id);
    expect(await ids()).toEqual([...documented, 'training', 'booking', 'alarm']);
    await save('training', 'Otherwise.');
    expect((await as(guest).faq.list()).slice(4)).toEqual([
      { id: 'training', question: 'How training?', answer: 'Otherwise.' },
      { id: 'booking', question: 'How booking?', answer: 'So.' },
      { id: 'alarm', question: 'How alarm?', answer: 'So.' },
    ]);
    await as(admin).faq.remove({ id: 'booking' });
    expect(await ids()).toEqual([...documented, 'training', 'alarm']);
  });

  it('of the documented ones can be edited and not removed', async () => {
    await save('upload', 'Ask Facilities.');
    expect((await as(guest).faq.list())[0]).toEqual({
      id: 'upload',
      question: 'How upload?',
      answer: 'Ask Facilities.',
    });
    await expect(as(admin).faq.remove({ id: 'upload' })).rejects.toThrow('Edit it instead');
    expect((await ids())[0]).toBe('upload');
  });
});
