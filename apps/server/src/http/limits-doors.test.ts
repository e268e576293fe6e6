import { written } from '@rayni/scripted-openai';
import { createRayniClient } from '@rayni/client';
import { footprint } from '@rayni/api/testing';
import superjson from 'superjson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const json = { 'content-type': 'application/json' };
const question = 'Which temperature do I set for the calibration?';
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const answer = 'Set the temperature to 37 degrees [1].';

let server: TestServer;
let instrumentId: string;
let admin: TestCaller;
let addresses = 0;

beforeAll(async () => {
  const rateLimits = { login: 2, questions: 2, feedback: 2, uploads: 2, answers: 3, streams: 2 };
  server = await startTestServer({ model: () => written(answer), rateLimits, trustProxy: ['127.0.0.1'] });
  instrumentId = await server.instrument();
  admin = await server.login((await server.account({ isAdmin: true })).email);
  const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
  await server.read(admin, sourceId);
});
afterAll(() => server.close());

/** A place nobody sent from before. */
const elsewhere = () => ({ 'x-forwarded-for': `203.0.113.${++addresses}` });
const trpc = (caller: TestCaller, path: string, input: unknown, headers: Record<string, string> = {}) =>
  caller.fetch(`/trpc/${path}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(superjson.serialize(input)),
  });
const post = (caller: TestCaller, path: string, body: unknown, headers: Record<string, string> = {}) =>
  caller.fetch(path, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
const stored = () => footprint(server.rayni.app);
const questions = async () => (await server.database.pool.query('select id from turn')).rowCount;

async function expectRefused(response: Response) {
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toSatisfy((s: number) => s >= 1 && s <= 60);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.text()).toContain('"code":"RATE_LIMITED"');
}

type Call = (caller: TestCaller, headers: Record<string, string>) => Promise<Response>;
const login = { email: 'nobody@example.org' };
const kinds: [string, Call, Call][] = [
  ['signing in', (c, h) => trpc(c, 'auth.login', login, h), (c, h) => post(c, '/api/auth/login/', login, h)],
  [
    'questions',
    (c, h) => trpc(c, 'chat.ask', { instrumentId, question }, h),
    (c, h) => post(c, '/api/chat/ask/', { instrument_id: instrumentId, question }, h),
  ],
  [
    'questions asked by opening a stream',
    (c, h) => trpc(c, 'chat.start', { instrumentId, question }, h),
    (c, h) =>
      c.fetch(`/stream/chat?instrument_id=${instrumentId}&q=${encodeURIComponent(question)}`, { headers: h }),
  ],
  [
    'feedback',
    (c, h) => trpc(c, 'feedback.create', { body: 'Thank you' }, h),
    (c, h) => post(c, '/api/feedback/', { body: 'Thank you' }, h),
  ],
  [
    'uploads',
    (c, h) => trpc(c, 'uploads.initiate', { filename: 'a.md', instrumentId }, h),
    (c, h) => post(c, '/api/uploads/initiate/', { filename: 'a.md', instrument: instrumentId }, h),
  ],
  [
    'making tokens',
    (c, h) => trpc(c, 'tokens.create', { name: 't' }, h),
    (c, h) => post(c, '/api/auth/login/', login, h),
  ],
];

/** Somebody who has just signed in at an address nobody sent from before; who may not act at all is refused before anything is counted. */
async function member(): Promise<Record<string, string>> {
  const { email } = await server.account();
  const signedIn = await trpc(server.guest, 'auth.login', { email }, elsewhere());
  return { ...elsewhere(), cookie: signedIn.headers.getSetCookie()[0]!.split(';')[0]! };
}

describe.each(kinds)('of %s', (name, typed, legacy) => {
  it.each([
    ['tRPC', typed, legacy],
    ['the older door', legacy, typed],
  ] as const)(
    'two a minute are taken at %s, and the next is refused at both',
    async (_door, first, other) => {
      const signedIn = name === 'uploads' || name === 'making tokens';
      const from = signedIn ? await member() : elsewhere();
      const another = signedIn ? await member() : elsewhere();
      for (let i = 0; i < 2; i++) {
        const response = await first(server.guest, from);
        expect(response.status).not.toBe(429);
        await response.text();
      }
      await expect.poll(() => server.rayni.live.running.size, patient).toBe(0);
      const before = await stored();
      await expectRefused(await first(server.guest, from));
      await expectRefused(await other(server.guest, from));
      // Another browser at the same address is the same caller.
      await expectRefused(await first(server.guest, { ...from, 'user-agent': 'another' }));
      expect(await stored()).toEqual(before);
      const elsewhereToo = await first(server.guest, another);
      expect(elsewhereToo.status).not.toBe(429);
      await elsewhereToo.text();
      await expect.poll(() => server.rayni.live.running.size, patient).toBe(0);
    },
  );
});

it('counts a member wherever they are, and a login by its address whoever is signed in', async () => {
  const { email } = await server.account();
  const from = elsewhere();
  const session = (await trpc(server.guest, 'auth.login', { email }, from)).headers
    .getSetCookie()[0]!
    .split(';')[0]!;
  const member = (headers: Record<string, string>) => ({ cookie: session, ...headers });
  const give = (headers: Record<string, string>) =>
    trpc(server.guest, 'feedback.create', { body: 'Thank you' }, member(headers));
  for (let i = 0; i < 2; i++) expect((await give(elsewhere())).status).toBe(200);
  await expectRefused(await give(elsewhere()));
  await trpc(server.guest, 'auth.login', login, member(from));
  await expectRefused(await trpc(server.guest, 'auth.login', { email }, from));
});

it('counts the calls of a batch one by one, and opening the links of invitations as signing in', async () => {
  const from = elsewhere();
  const one = superjson.serialize(login);
  const batch = await server.guest.fetch('/trpc/auth.login,auth.login,auth.login?batch=1', {
    method: 'POST',
    headers: { ...json, ...from },
    body: JSON.stringify({ 0: one, 1: one, 2: one }),
  });
  expect(Number(batch.headers.get('retry-after'))).toBeGreaterThan(0);
  const answers = (await batch.json()) as { error: { json: { data: { rayni: { code: string } } } } }[];
  expect(answers.map(({ error }) => error.json.data.rayni.code).sort()).toEqual([
    'BAD_REQUEST',
    'BAD_REQUEST',
    'RATE_LIMITED',
  ]);
  await expectRefused(await server.guest.fetch('/auth/invite/x', { headers: from }));
});

it('refuses the files of a question that is too many, and keeps none of them', async () => {
  const from = elsewhere();
  for (let i = 0; i < 2; i++) await (await kinds[1]![1](server.guest, from)).text();
  const before = await stored();
  const form = new FormData();
  form.set('instrument_id', instrumentId);
  form.set('question', question);
  form.set('files', new Blob(['some text']), 'a.txt');
  await expectRefused(
    await server.guest.fetch('/api/chat/attach', { method: 'POST', headers: from, body: form }),
  );
  expect(await stored()).toEqual(before);
});

describe('open streams', () => {
  const open = (turnId: string, headers: Record<string, string>) =>
    server.guest.fetch(
      `/trpc/chat.events?input=${encodeURIComponent(JSON.stringify({ json: { turnId } }))}`,
      {
        headers,
      },
    );

  it('may be two of one caller, at both doors together; the third asks nothing', async () => {
    const from = elsewhere();
    server.openai?.next(written('Set the temperature to 37 degrees [1]. '.repeat(200), { intervalMs: 20 }));
    const started = await trpc(server.guest, 'chat.start', { instrumentId, question }, from);
    const { result } = (await started.json()) as { result: { data: { json: { turnId: string } } } };
    const { turnId } = result.data.json;
    const [first, second] = [await open(turnId, from), await open(turnId, from)];
    expect([first.status, second.status]).toEqual([200, 200]);
    const before = await questions();
    await expectRefused(await open(turnId, from));
    await expectRefused(
      await server.guest.fetch(`/stream/chat?instrument_id=${instrumentId}&q=another`, { headers: from }),
    );
    for (const path of ['/trpc/chat%2Eevents', '/%74rpc/chat.events', '/stream/chat/'])
      await expectRefused(await server.guest.fetch(path, { headers: from }));
    expect(await questions()).toEqual(before);
    const other = await open(turnId, elsewhere());
    expect(other.status).toBe(200);
    await first.body?.cancel();
    await expect
      .poll(async () => {
        const again = await open(turnId, from);
        await again.body?.cancel();
        return again.status;
      }, patient)
      .toBe(200);
    for (const one of [second, other]) await one.body?.cancel();
    await trpc(server.guest, 'chat.cancel', { turnId }, from);
  });
});

it('lets the client begin an upload as soon as it is told that it may', async () => {
  const { settings } = server.rayni;
  const { limits } = settings;
  const asked: (number | undefined)[] = [];
  settings.limits = {
    take: async (kind) => {
      if (kind === 'uploads') asked.push(asked.length === 0 ? 1 : undefined);
      return asked.at(-1);
    },
    enterStream: () => () => {},
  };
  try {
    const bytes = new Blob(['# Another note\n\nWait for 20 minutes.\n']);
    const client = createRayniClient({ url: server.url, headers: { cookie: admin.cookie } });
    const made = await client.uploads.put(bytes, { instrumentId, filename: 'b.md' });
    expect(made.sourceId).toBeDefined();
    expect(asked).toEqual([1, undefined]);
  } finally {
    settings.limits = limits;
  }
});
