import { request } from 'node:http';
import { fails, resets, stalls, written } from '@rayni/scripted-openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serverSent } from '../testing/server-sent.ts';
import { patient, startTestServer, type TestServer } from '../testing/test-server.ts';

const note = `# Calibration

Set the temperature to 37 degrees and wait for 20 minutes. Press START to begin the calibration.

# Errors

E-104 means that the lid is open.
`;
const question = 'Which temperature do I set for the calibration?';
/** What the model writes, and what readers get of it: each mark has a number of its own. */
const good = 'Set the temperature to 37 degrees [1]. Press START to begin the calibration [1].';
const shown = 'Set the temperature to 37 degrees [1]. Press START to begin the calibration [2].';

let server: TestServer;
let instrumentId: string;
beforeAll(async () => {
  server = await startTestServer({
    model: true,
    embeddings: true,
    times: { firstByteMs: 2_000, idleMs: 300 },
    corsOrigins: ['http://front.example'],
  });
  instrumentId = await server.instrument();
  const admin = await server.login((await server.account({ isAdmin: true })).email);
  const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
  await server.read(admin, sourceId);
});
afterAll(() => server.close());
afterEach(() => {
  expect(server.logs.filter(({ level }) => level >= 50)).toEqual([]);
});

const ask = () => server.guest.trpc.chat.ask.mutate({ instrumentId, question });

describe('an answer of a language model', () => {
  it('comes with a Proof for each of its statements', async () => {
    server.openai?.next(written(good));
    const answer = await ask();
    expect(answer).toMatchObject({ status: 'done', reason: 'answered', text: shown, notice: null });
    expect(answer.citations).toMatchObject([
      { marker: 1, support: 'verbatim', quote: expect.stringContaining('37 degrees') },
      { marker: 2, support: 'verbatim', quote: 'Press START to begin the calibration.' },
    ]);
    const call = server.openai?.calls.findLast(({ chat }) => chat !== undefined);
    expect(call?.key).toBe('key');
    expect(await call?.ended).toBe('sent');
  });

  it.each([
    ['fails', fails(500), fails(500), /failed \(HTTP 500/],
    ['takes no more requests', fails(429), undefined, /no more requests/],
    ['does not know the key', fails(401), undefined, /refuses the key/],
    ['resets the connection before a word', resets('request'), resets('request'), /cannot be reached/],
    ['falls silent', stalls(5_000, 5, good), undefined, /fell silent/],
    ['breaks off in the middle', resets(8, good), undefined, /broke before the answer was whole/],
  ])('is made of quotes, and says so, when the model %s', async (_name, reply, again, notice) => {
    server.openai?.next(reply);
    if (again) server.openai?.next(again);
    const answer = await ask();
    expect(answer).toMatchObject({ status: 'done', reason: 'extractive' });
    expect(answer.notice).toMatch(notice);
    expect(answer.notice).not.toMatch(/127\.0\.0\.1|http:/);
    expect(answer.text).toContain('37 degrees');
    expect(answer.citations.every(({ support }) => support === 'verbatim')).toBe(true);
    expect(answer.citations.map(({ marker }) => marker)).toEqual(answer.citations.map((_, i) => i + 1));
  });

  it('is produced to its end although who asked went away at once, and can be read later', async () => {
    server.openai?.next(written(good, { intervalMs: 5 }));
    const caller = await server.login((await server.account()).email);
    const clientKey = 'a key of this test';
    const asking = request(`${server.url}/trpc/chat.ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: caller.cookie },
    });
    asking.on('error', () => {});
    asking.end(JSON.stringify({ json: { instrumentId, question, clientKey } }));
    await expect.poll(() => server.rayni.live.running.size, patient).toBe(1);
    asking.destroy();
    await expect.poll(() => server.rayni.live.running.size, patient).toBe(0);
    const calls = server.openai?.calls.length;
    const answer = await caller.trpc.chat.ask.mutate({ instrumentId, question, clientKey });
    expect(answer).toMatchObject({ notice: null, reason: 'answered', text: shown });
    expect(server.openai?.calls.length).toBe(calls);
  });

  it('closes its request to the model when it is cancelled', async () => {
    const chats = () => server.openai?.calls.filter(({ chat }) => chat) ?? [];
    const before = chats().length;
    server.openai?.next(written(good, { intervalMs: 200 }));
    const { turnId } = await server.guest.trpc.chat.start.mutate({ instrumentId, question });
    await expect.poll(() => chats().length, patient).toBe(before + 1);
    await server.guest.trpc.chat.cancel.mutate({ turnId });
    expect(await chats().at(-1)?.ended).toBe('gone');
    const events = [];
    for await (const event of server.guest.client.chat.follow(turnId)) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'cancelled' });
  });

  it('reads the same at every door', async () => {
    server.openai?.next(written(good));
    const headers = { origin: 'http://front.example', 'user-agent': 'one and the same' };
    const where = `/stream/chat?instrument_id=${instrumentId}&q=${encodeURIComponent(question)}`;
    const response = await server.guest.fetch(where, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('http://front.example');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    let text = '';
    let turn = '';
    for await (const { event, data } of serverSent(response)) {
      if (event === 'token') text += (JSON.parse(data) as { t: string }).t;
      if (event === 'done') turn = (JSON.parse(data) as { turn_id: string }).turn_id;
    }
    expect(text).toBe(shown);
    const events = [];
    for await (const event of server.guest.client.chat.follow(turn)) events.push(event);
    const deltas = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
    expect(deltas.join('')).toBe(shown);
    expect(events.at(-1)).toMatchObject({
      reason: 'answered',
      citations: await server.guest.trpc.chat.citations.query({ turnId: turn }),
    });
  });
});
