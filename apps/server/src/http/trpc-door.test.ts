import { written } from '@rayni/scripted-openai';
import superjson from 'superjson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverSent } from '../testing/server-sent.ts';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const front = 'http://front.example';
const json = { 'content-type': 'application/json' };
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';

let server: TestServer;
let guest: TestCaller;
let instrumentId: string;

beforeAll(async () => {
  server = await startTestServer({ model: true, corsOrigins: [front], trustProxy: ['127.0.0.1'] });
  guest = server.guest;
  instrumentId = await server.instrument();
  const admin = await server.login((await server.account({ isAdmin: true })).email);
  const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
  await server.read(admin, sourceId);
});
afterAll(() => server.close());

const post = (path: string, input: unknown, headers: Record<string, string> = {}) =>
  guest.fetch(`/trpc/${path}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(superjson.serialize(input)),
  });
const get = (path: string, input?: unknown, headers: Record<string, string> = {}) =>
  guest.fetch(
    `/trpc/${path}${input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(superjson.serialize(input)))}`}`,
    { headers },
  );
const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { json: { message: string; data: unknown } } };
  return error.json;
};
const started = async (text = 'Set the temperature to 37 degrees [1].', options = {}) => {
  server.openai?.next(written(text, options));
  return guest.trpc.chat.start.mutate({ instrumentId, question });
};

describe('an error', () => {
  it('carries a closed code, the bad fields and a request id, and no stack', async () => {
    const response = await post('chat.ask', { instrumentId: 'no id', question: '  ' });
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error).toEqual({
      message: expect.stringContaining('instrumentId'),
      code: -32_600,
      data: {
        code: 'BAD_REQUEST',
        httpStatus: 400,
        path: 'chat.ask',
        rayni: {
          code: 'BAD_REQUEST',
          fields: { instrumentId: [expect.any(String)], question: ['The question is empty'] },
          requestId: response.headers.get('x-request-id'),
        },
      },
    });
  });

  it('that nobody foresaw is masked, and logged under its request id', async () => {
    const { blobs } = server.rayni.app;
    const sign = blobs.sign.bind(blobs);
    const [fragment] = await guest.trpc.chat.ask
      .mutate({ instrumentId, question })
      .then(({ citations }) => citations);
    blobs.sign = () => Promise.reject(new Error('secret detail of the store'));
    try {
      const response = await get('viewer.locate', { target: fragment!.id });
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(text).not.toMatch(/secret|stack|\.ts/);
      const requestId = response.headers.get('x-request-id');
      expect(text).toContain(requestId);
      expect(server.logs.filter((line) => line.level === 50)).toEqual([
        expect.objectContaining({
          requestId,
          err: expect.objectContaining({ message: 'secret detail of the store' }),
        }),
      ]);
    } finally {
      blobs.sign = sign;
    }
  });

  it.each([
    ['a procedure that is not there', () => get('chat.nothing'), 404, 'NOT_FOUND'],
    ['a query that is posted', () => post('faq.list', undefined), 405, 'METHOD_NOT_ALLOWED'],
    ['a mutation that is got', () => get('auth.logout'), 405, 'METHOD_NOT_ALLOWED'],
    [
      'a body that is not JSON',
      () => guest.fetch('/trpc/chat.start', { method: 'POST', headers: json, body: '{"json":' }),
      400,
      'BAD_REQUEST',
    ],
    ['an input that is not JSON', () => guest.fetch('/trpc/instruments.get?input=%7B'), 400, 'BAD_REQUEST'],
    ['no input', () => get('instruments.get'), 400, 'BAD_REQUEST'],
    [
      'a form of another page',
      () => guest.fetch('/trpc/chat.start', { method: 'POST', body: new FormData() }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a text of another page',
      () =>
        guest.fetch('/trpc/chat.start', {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'text/plain' },
        }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a body of no declared type',
      () => guest.fetch('/trpc/chat.start', { method: 'POST', body: new Uint8Array([123, 125]) }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a body beyond one megabyte',
      () => post('chat.start', { question: 'x'.repeat(1_100_000) }),
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'more than ten calls at once',
      () => guest.fetch(`/trpc/${Array.from({ length: 11 }, () => 'faq.list').join(',')}?batch=1`),
      400,
      'BAD_REQUEST',
    ],
  ])('for %s has its status and code', async (_name, call, status, code) => {
    const response = await call();
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(text).toContain(`"code":"${code}"`);
    expect(text).not.toMatch(/stack|node_modules|\.ts:/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is never an internal one for text no database can hold', async () => {
    for (const bad of ['a\0b', 'half \ud800 of a pair']) {
      const answers = await Promise.all([
        post('chat.ask', { instrumentId, question: `${bad} ${question}` }),
        post('chat.start', { instrumentId, question, clientKey: `key 1 ${bad}` }),
        post('auth.login', { email: `${bad}@example.org` }),
        get('sources.list', { instrumentId, q: bad }),
        get('sources.list', { instrumentId, checksum: bad }),
        get('chat.events', { turnId: instrumentId, lastEventId: bad }),
      ]);
      for (const answer of answers) expect([answer.url, answer.status < 500]).toEqual([answer.url, true]);
      const admin = await server.login((await server.account({ isAdmin: true })).email);
      const made = await server.upload(admin, `${bad}.md`, note, {
        instrumentId: await server.instrument(),
        title: bad,
        description: bad,
        version: bad,
        modelTags: [bad],
      });
      expect(await server.read(admin, made.sourceId)).toMatchObject({ status: 'approved' });
    }
  });
});

describe('ten calls at once', () => {
  it('are answered each for itself', async () => {
    const response = await guest.fetch('/trpc/faq.list,chat.nothing?batch=1');
    expect(response.status).toBe(207);
    const [first, second] = (await response.json()) as { result?: unknown; error?: unknown }[];
    expect(first?.result).toBeDefined();
    expect(second?.error).toBeDefined();
  });
});

describe('an origin', () => {
  const preflight = (origin: string, path = '/trpc/chat.start') =>
    guest.fetch(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });

  it('on the list may act and read', async () => {
    const asked = await preflight(front);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(front);
    expect(asked.headers.get('access-control-allow-credentials')).toBe('true');
    expect(asked.headers.get('access-control-allow-headers')).toBe('content-type');
    const response = await post('auth.logout', undefined, { origin: front, 'sec-fetch-site': 'cross-site' });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(front);
    expect(response.headers.get('vary')).toContain('Origin');
    expect(response.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });

  it('not on the list gets no CORS headers, and may not act', async () => {
    for (const origin of ['http://evil.example', 'null']) {
      for (const response of [
        await preflight(origin),
        await get('faq.list', undefined, { origin }),
        await post('auth.logout', undefined, { origin }),
      ]) {
        const names = [...response.headers.keys()].filter((name) => name.startsWith('access-control-allow'));
        expect(names).toEqual([]);
      }
      const response = await post('auth.logout', undefined, { origin });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('FORBIDDEN_ORIGIN');
    }
  });

  it.each(['/stream/chat', '/%73tream/chat', '/stream/cha%74', '/stream/chat/'])(
    'of another site asks nothing by opening %s',
    async (path) => {
      const url = `${server.url}${path}?instrument_id=${instrumentId}&q=hello`;
      for (const headers of [
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
        { origin: 'https://evil.example' },
      ]) {
        const response = await fetch(url, { headers });
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: 'FORBIDDEN_ORIGIN' });
      }
    },
  );

  it('may send no form to a procedure, however its address is spelled', async () => {
    for (const path of ['/trpc/auth.logout', '/%74rpc/auth.logout']) {
      const response = await fetch(`${server.url}${path}`, { method: 'POST', body: new FormData() });
      expect(response.status).toBe(415);
    }
  });

  it('on the list may read the stream', async () => {
    const { turnId } = await started();
    const response = await get('chat.events', { turnId }, { origin: front, accept: 'text/event-stream' });
    expect(response.headers.get('access-control-allow-origin')).toBe(front);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toMatch(/no-store|no-cache/);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    await response.body?.cancel();
  });
});

it('answers an address that cannot be decoded like any other error', async () => {
  for (const path of ['/api/sources/%E0%A4%A/', '/trpc/%zz']) {
    const response = await fetch(`${server.url}${path}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ detail: 'The address is not well-formed.', code: 'BAD_REQUEST' });
  }
});

it('says nothing of what it is made of, and lets no page frame or sniff it', async () => {
  for (const path of ['/trpc/faq.list', '/healthz', '/readyz', '/nothing/here', '/files/versions/x']) {
    const { headers } = await guest.fetch(path);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});

describe('a subscription', () => {
  const read = async (
    turnId: string,
    headers: Record<string, string> = {},
    take = Number.POSITIVE_INFINITY,
  ) => {
    const response = await get('chat.events', { turnId }, { accept: 'text/event-stream', ...headers });
    const events = [];
    for await (const one of serverSent(response)) {
      if (one.event === 'return') return { events, complete: true };
      if (one.event === 'message') events.push({ id: one.id, data: superjson.parse(one.data) });
      if (events.length === take) break;
    }
    return { events, complete: false };
  };

  it('goes on after the last event its reader has seen', async () => {
    const text = 'Set the temperature to 37 degrees [1]. Then wait for 20 minutes [1].';
    const { turnId } = await started(text, { intervalMs: 10 });
    const cut = await read(turnId, {}, 3);
    expect(cut).toMatchObject({ complete: false, events: [{ id: '1' }, { id: '2' }, { id: '3' }] });
    const rest = await read(turnId, { 'last-event-id': '3' });
    expect(rest.complete).toBe(true);
    const whole = await read(turnId);
    expect([...cut.events, ...rest.events]).toEqual(whole.events);
    expect(whole.events.map(({ id }) => Number(id))).toEqual(whole.events.map((_, i) => i + 1));
    expect(whole.events.at(-1)).toMatchObject({ data: { type: 'turn-end', reason: 'answered' } });
    expect((await read(turnId, { 'last-event-id': String(whole.events.length) })).events).toEqual([]);
  });

  it('gives every one of many readers everything, whenever they join', async () => {
    const text = Array.from({ length: 8 }, () => 'Set the temperature to 37 degrees [1].').join(' ');
    const { turnId } = await started(text, { intervalMs: 5 });
    const readers = Array.from({ length: 6 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 40));
      return read(turnId);
    });
    const [first, ...others] = await Promise.all(readers);
    expect(first!.events.at(-1)).toMatchObject({ data: { type: 'turn-end' } });
    for (const other of others) expect(other.events).toEqual(first!.events);
  });

  it('of a turn that is not there is refused with an event a reader understands', async () => {
    const response = await get('chat.events', { turnId: instrumentId }, { accept: 'text/event-stream' });
    const events = [];
    for await (const one of serverSent(response)) events.push(one);
    const error = events.at(-1);
    expect(error?.event).toBe('serialized-error');
    // A status of ours would make tRPC's client ask again, for ever.
    expect(superjson.parse(error!.data)).toMatchObject({
      data: { code: 'NOT_FOUND', httpStatus: 404, rayni: { code: 'NOT_FOUND' } },
    });
  });

  it('reads from the beginning when the last event makes no sense', async () => {
    const { turnId } = await started();
    await read(turnId);
    const whole = await read(turnId);
    for (const lastEventId of ['-5', 'x', '0']) {
      expect((await read(turnId, { 'last-event-id': lastEventId })).events).toEqual(whole.events);
    }
  });
});

describe('guests', () => {
  const key = (suffix: string) => `the very same key ${suffix}`;
  const ask = (address: string, clientKey: string) =>
    post('chat.start', { instrumentId, question, clientKey }, { 'x-forwarded-for': address }).then(
      async (response) => {
        const { result } = (await response.json()) as { result: { data: { json: { turnId: string } } } };
        return result.data.json.turnId;
      },
    );

  it('are told apart by the address the trusted proxy names', async () => {
    server.openai?.next(written('Set the temperature to 37 degrees [1].'));
    server.openai?.next(written('Set the temperature to 37 degrees [1].'));
    const one = await ask('203.0.113.1', key('a'));
    expect(await ask('203.0.113.1', key('a'))).toBe(one);
    expect(await ask('203.0.113.2', key('a'))).not.toBe(one);
    await expect.poll(() => server.rayni.live.running.size, patient).toBe(0);
  });
});
