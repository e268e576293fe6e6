import { createCaller, discardAttachments, errorOf, newId, receiveAttachment, type Viewer } from '@rayni/api';
import { guest, scriptedModel, testApp, type TestApp } from '@rayni/api/testing';
import Fastify, { type FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { legacyRoutes } from './legacy-routes.ts';

const note = `# Calibration

Fill the reservoir with 250 mL of distilled water. Set the temperature to 37 °C and wait for 20 minutes.
Press START to begin the calibration. The display shows OK when the deviation is below 0.5 °C.
`;
const question = 'Which temperature do I set for the calibration?';
const written = [
  'Set the temp',
  'erature to 37 °C ',
  5,
  'and wait for 20 minutes [1',
  ']. ',
  5,
  'Press START to begin the calibration [1].',
];

/** The real product behind the dialect; the header `x-viewer` says who asks. */
async function serve(test: TestApp, viewers: Record<string, Viewer>) {
  const viewerOf = (request: FastifyRequest) => viewers[String(request.headers['x-viewer'])] ?? guest;
  const host = Fastify({ routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5_000 } });
  await host.register(
    legacyRoutes({
      callerOf: (request, _reply, signal) =>
        createCaller(
          {
            ...test.rayni,
            viewer: viewerOf(request),
            requestId: request.id,
            session: { secret: undefined, set: () => {}, clear: () => {} },
          },
          { signal },
        ),
      requestIdOf: (request) => request.id,
      errorOf,
      version: '0',
      publicUrl: () => 'http://rayni.test',
      files: {
        receive: (request, uploadId, bytes) =>
          receiveAttachment(test.rayni, viewerOf(request), uploadId, bytes),
        discard: (request, uploadIds) => discardAttachments(test.rayni, viewerOf(request), uploadIds),
      },
    }),
  );
  return host;
}

let test: TestApp;
let host: Awaited<ReturnType<typeof serve>>;
let model: ReturnType<typeof scriptedModel>;
let open: string;
let restricted: string;
let source: string;
let hidden: string;

beforeAll(async () => {
  model = scriptedModel();
  test = await testApp({ model });
  const admin = await test.account({ isAdmin: true });
  open = await test.instrument({ name: 'Open' });
  restricted = await test.instrument({ name: 'Restricted', visibility: 'restricted' });
  source = await test.document(admin, open, 'calibration.md', note);
  hidden = await test.document(admin, restricted, 'secret.md', note);
  host = await serve(test, { admin, member: await test.account() });
});
afterAll(async () => {
  await host?.close();
  await test?.[Symbol.asyncDispose]();
});

const get = (url: string, headers: Record<string, string> = {}) => host.inject({ url, headers });
const ask = (payload: object) => host.inject({ method: 'POST', url: '/api/chat/ask', payload });
const stream = (query: string, headers: Record<string, string> = {}) =>
  get(`/stream/chat?instrument_id=${open}&q=${encodeURIComponent(question)}&${query}`, headers);

const events = (body: string) =>
  [...body.matchAll(/id: (.+)\nevent: (.+)\ndata: (.+)\n\n/g)].map(([, id, event, data]) => ({
    id: id!,
    event,
    data: JSON.parse(data!),
  }));

describe('one question', () => {
  it('reads the same in the stream, when asked and in its citations, and is asked once', async () => {
    model.next(written);
    const key = newId();
    const callsBefore = model.calls.length;
    const streamed = await stream(`request_id=${key}`);
    const read = events(streamed.payload);
    expect(read[0]?.event).toBe('start');
    const text = read.filter((each) => each.event === 'token').map((each) => each.data.t);
    const done = read.at(-1)!;
    expect(done.event).toBe('done');

    const asked = await ask({ instrument: open, question, request_id: key });
    expect(asked.statusCode).toBe(200);
    expect(asked.json()).toMatchObject({
      turn_id: done.data.turn_id,
      answer: text.join(''),
      citations: done.data.citations,
    });
    expect(done.data.citations.length).toBeGreaterThan(0);
    expect(done.data.citations[0]).toMatchObject({ source_id: source, marker: 1, support: 'verbatim' });
    for (const id of [done.data.turn_id, read[0]!.data.turn_id]) {
      const found = await get(`/api/chat/turns/${id}/citations/`);
      expect(found.json().items).toEqual(done.data.citations);
    }
    expect((await stream(`request_id=${key}`)).payload).toBe(streamed.payload);
    expect(model.calls.length).toBe(callsBefore + 1);
  });

  it('goes on where its reader was cut off, for its owner only', async () => {
    model.next(written);
    const whole = events((await stream(`request_id=${newId()}`)).payload);
    expect(whole.at(-1)?.event).toBe('done');
    const callsBefore = model.calls.length;
    for (const [i, { id }] of whole.entries()) {
      const rest = await stream('', { 'last-event-id': id });
      expect(rest.statusCode).toBe(i === whole.length - 1 ? 204 : 200);
      expect(events(rest.payload)).toEqual(whole.slice(i + 1));
    }
    const stranger = await stream('', { 'last-event-id': whole[1]!.id, 'x-viewer': 'member' });
    expect(stranger.statusCode).toBe(404);
    expect(model.calls.length).toBe(callsBefore);
  });

  it('under a key that was used for another one is a conflict', async () => {
    model.next(written);
    const key = newId();
    await ask({ instrument_id: open, question, request_id: key });
    const other = await ask({ instrument_id: open, question: 'Something else?', request_id: key });
    expect(other.statusCode).toBe(409);
    expect(other.json().code).toBe('CONFLICT');
  });

  it('continues a conversation about the same instrument only', async () => {
    const asAdmin = (payload: object) =>
      host.inject({ method: 'POST', url: '/api/chat/ask', payload, headers: { 'x-viewer': 'admin' } });
    model.next(written);
    model.next(written);
    const { session_id } = (await asAdmin({ instrument_id: open, question })).json();
    const next = await asAdmin({ instrument_id: open, question, session_id });
    expect(next.json()).toMatchObject({ session_id });
    const elsewhere = await asAdmin({ instrument_id: restricted, question, session_id });
    expect(elsewhere.statusCode).toBe(400);
    expect(Object.keys(elsewhere.json().errors)).toEqual(['session_id']);
    expect((await ask({ instrument_id: open, question, session_id })).statusCode).toBe(404);
  });

  it('whose answer fails is an error, not half a text', async () => {
    model.next(['Set the temperature', new Error('broken')]);
    const failed = await ask({ instrument_id: open, question });
    expect(failed.statusCode).toBe(500);
    expect(failed.json()).toMatchObject({ code: 'INTERNAL', request_id: expect.any(String) });
  });
});

describe('what a guest may not know of', () => {
  it('answers as what does not exist, everywhere', async () => {
    const urls = (instrument: string, document: string) => [
      `/api/instruments/${instrument}/`,
      `/api/instruments/${instrument}/sources/`,
      `/api/sources/?instrument=${instrument}`,
      `/api/folders/?instrument=${instrument}`,
      `/api/sources/${document}/`,
      `/api/viewer/pdf/${document}`,
      `/media/${document}`,
      `/stream/chat?instrument_id=${instrument}&q=x`,
    ];
    const missing = urls(newId(), newId());
    for (const [i, url] of urls(restricted, hidden).entries()) {
      const [there, nowhere] = [await get(url), await get(missing[i]!)];
      expect([url, there.statusCode, there.payload]).toEqual([url, 404, nowhere.payload]);
    }
    const asked = await ask({ instrument_id: restricted, question });
    expect([asked.statusCode, asked.json()]).toEqual([404, { detail: 'Not found.', code: 'NOT_FOUND' }]);
  });

  it('a member knows of, and is refused', async () => {
    const as = { 'x-viewer': 'member' };
    expect((await get(`/api/instruments/${restricted}/`, as)).statusCode).toBe(200);
    expect((await get(`/stream/chat?instrument_id=${restricted}&q=x`, as)).statusCode).toBe(403);
    expect((await get(`/api/sources/?instrument=${restricted}`, as)).json().code).toBe('FORBIDDEN');
  });
});

describe('the lists', () => {
  it('show a guest the public instruments, and their approved sources', async () => {
    expect((await get('/api/instruments')).json()).toMatchObject([{ id: open, models_arr: [] }]);
    const sources = await get(`/api/instruments/${open}/sources`);
    expect(sources.json()).toMatchObject([
      { id: source, instrument: open, status: 'approved', type: 'note' },
    ]);
    expect(sources.headers['x-total-count']).toBe('1');
    expect((await get(`/api/sources/${source}`)).json()).toEqual(sources.json()[0]);
  });

  it('of common questions cover the four topics', async () => {
    const { items } = (await get('/api/faq')).json();
    expect(items.map((item: { id: string }) => item.id)).toEqual([
      'upload',
      'access',
      'citations',
      'contact',
    ]);
  });
});

describe('signing in', () => {
  it('with an unknown e-mail is bad input', async () => {
    const reply = await host.inject({
      method: 'POST',
      url: '/api/auth/login/',
      payload: { email: 'nobody@rayni.com' },
    });
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toMatchObject({
      error: 'User not found',
      detail: 'User not found',
      code: 'BAD_REQUEST',
    });
  });

  it('is not needed to ask who one is', async () => {
    expect((await get('/api/auth/me')).json()).toEqual({
      userId: 'guest',
      email: 'guest@rayni.com',
      name: 'Guest User',
      is_admin: false,
      isGuest: true,
      allowed: [open],
    });
  });
});

it('the bytes of a source are a redirect away', async () => {
  const reply = await get(`/media/${source}.md`);
  expect(reply.statusCode).toBe(302);
  expect(reply.headers.location).toMatch(/^memory:GET:/);
});
