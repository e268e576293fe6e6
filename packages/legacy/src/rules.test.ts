import { describe, expect, it } from 'vitest';
import { answer, ids } from './samples.ts';
import { table } from './table.ts';
import { Refusal, type Script, testHost } from './test-host.ts';

const json = { 'content-type': 'application/json' };
const ask = async (payload: unknown, script: Script = {}, headers: Record<string, string> = json) => {
  const { host, calls } = testHost(script);
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const reply = await host.inject({ method: 'POST', url: '/api/chat/ask', headers, payload: body });
  return { status: reply.statusCode, body: reply.json(), calls };
};

describe('bad input', () => {
  it('names a missing field', async () => {
    expect(await ask({ question: 'How?' })).toMatchObject({
      status: 400,
      body: {
        detail: 'instrument_id is required',
        code: 'BAD_REQUEST',
        errors: { instrument_id: ['This field is required.'] },
      },
      calls: [],
    });
  });

  it.each([[''], [null]])('takes %j for a missing one', async (empty) => {
    const { body } = await ask({ instrument_id: empty, question: 'How?' });
    expect(body.detail).toBe('instrument_id is required');
  });

  it('names an ill-formed id in a body, by its own name', async () => {
    const { status, body } = await ask({ instrument_id: 'seven', question: 'How?' });
    expect(status).toBe(400);
    expect(Object.keys(body.errors)).toEqual(['instrument_id']);
  });

  it('names every bad field', async () => {
    const { body } = await ask({ instrument_id: 7, session_id: 'x' });
    expect(Object.keys(body.errors).sort()).toEqual(['instrument_id', 'question', 'session_id']);
  });

  it.each(['{"instrument_id":', '[1]', '"text"', '7'])('refuses the body %s', async (payload) => {
    const { status, body } = await ask(payload);
    expect(status).toBe(400);
    expect(body.code).toBe('BAD_REQUEST');
  });

  it('speaks of fields by the names of this dialect, also where the procedure found them bad', async () => {
    const { body } = await ask(
      { instrument_id: ids.instrument, question: 'How?' },
      {
        'chat.ask': () => {
          throw new Refusal('BAD_REQUEST', 'Another instrument.', { sessionId: ['Belongs elsewhere.'] });
        },
      },
    );
    expect(body).toEqual({
      detail: 'Another instrument.',
      code: 'BAD_REQUEST',
      errors: { session_id: ['Belongs elsewhere.'] },
    });
  });

  it.each([
    ['POST', '/api/folders/', 'folders.create', 'parentId', 'parent'],
    ['PATCH', `/api/folders/${ids.folder}/`, 'folders.update', 'parentId', 'parent'],
    ['PATCH', `/api/sources/${ids.source}/`, 'sources.update', 'folderId', 'folder'],
    ['PATCH', `/api/uploads/${ids.upload}/complete`, 'uploads.complete', 'folderId', 'folder_id'],
  ] as const)('of %s %s is named as the row names it', async (method, url, procedure, field, name) => {
    const { host } = testHost({
      [procedure]: () => {
        throw new Refusal('BAD_REQUEST', 'No such folder.', { [field]: ['No such folder.'] });
      },
    });
    const payload = { instrument: ids.instrument, name: 'Manuals', parent: ids.folder, folder: ids.folder };
    const reply = await host.inject({ method, url, payload });
    expect(reply.json().errors).toEqual({ [name]: ['No such folder.'] });
  });

  it('in a filter is a 400', async () => {
    const { host } = testHost();
    const reply = await host.inject(`/api/sources/?instrument=${ids.instrument}&type=tape&page=0`);
    expect(reply.statusCode).toBe(400);
    expect(Object.keys(reply.json().errors).sort()).toEqual(['page', 'type']);
  });
});

describe('a body', () => {
  it('may be a form', async () => {
    const form = new URLSearchParams({ instrument_id: ids.instrument, question: 'How cold & dry?' });
    const sent = await ask(
      form.toString(),
      { 'chat.ask': () => answer },
      { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    );
    expect(sent.status).toBe(200);
    expect(sent.calls[0]?.input).toMatchObject({ question: 'How cold & dry?' });
  });

  it('may hold fields nobody knows', async () => {
    const sent = await ask(
      { instrument_id: ids.instrument, question: 'How?', stream: true },
      { 'chat.ask': () => answer },
    );
    expect(sent.status).toBe(200);
  });

  it('may be left out although its type is named', async () => {
    const { host } = testHost({ 'auth.logout': () => ({ ok: true }) });
    const reply = await host.inject({ method: 'POST', url: '/api/auth/logout', headers: json });
    expect(reply.statusCode).toBe(200);
  });

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/xml'])(
    'of type %s is a 415',
    async (type) => {
      expect(await ask('x', {}, { 'content-type': type })).toMatchObject({
        status: 415,
        body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
      });
    },
  );

  it('too large is a 413', async () => {
    const question = 'x'.repeat(1_100_000);
    expect(await ask({ instrument_id: ids.instrument, question })).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE' },
    });
  });
});

describe('an id in a path', () => {
  const missing = () => {
    throw new Refusal('NOT_FOUND', 'Not found.');
  };
  it.each([
    ['/api/instruments/seven/', 'instruments.get'],
    ['/api/instruments/seven/sources/', 'sources.list'],
    ['/api/sources/seven/', 'sources.get'],
    ['/api/citations/turn/seven', 'chat.citations'],
    ['/api/viewer/pdf/seven', 'viewer.locate'],
    ['/media/seven.pdf', 'viewer.locate'],
  ])('that is ill-formed answers as one that does not exist: %s', async (url, procedure) => {
    const { host } = testHost({ [procedure]: missing });
    const reply = await host.inject(url);
    expect(reply.statusCode).toBe(404);
    expect(reply.json()).toEqual({ detail: 'Not found.', code: 'NOT_FOUND' });
  });

  it('is what was asked for, whatever a query says', async () => {
    const { host, calls } = testHost({ 'instruments.get': missing });
    await host.inject(`/api/instruments/${ids.instrument}/?id=${ids.source}`);
    expect(calls[0]?.input).toEqual({ id: ids.instrument });
  });
});

describe('refusals of a procedure', () => {
  it.each([
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['NOT_FOUND', 404],
    ['CONFLICT', 409],
    ['RATE_LIMITED', 429],
  ] as const)('%s shows as %d', async (code, status) => {
    const { host } = testHost({
      'instruments.list': () => {
        throw new Refusal(code, 'Said so.');
      },
    });
    const reply = await host.inject('/api/instruments/');
    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toEqual({ detail: 'Said so.', code });
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-request-id': 'request-1' });
    expect(reply.headers['retry-after']).toBe(code === 'RATE_LIMITED' ? '5' : undefined);
  });

  it('show a 5xx with the request id, and nothing of what broke', async () => {
    const { host } = testHost({
      'instruments.list': () => {
        throw new Error('select * from "secret" at /srv/app/x.ts:1');
      },
    });
    const reply = await host.inject('/api/instruments/');
    expect(reply.statusCode).toBe(500);
    expect(reply.json()).toEqual({ detail: 'Masked.', code: 'INTERNAL', request_id: 'request-1' });
  });

  it('are repeated as `error` where login callers read it', async () => {
    const { host } = testHost({
      'auth.login': () => {
        throw new Refusal('BAD_REQUEST', 'User not found', { email: ['User not found'] });
      },
    });
    const reply = await host.inject({
      method: 'POST',
      url: '/api/auth/login',
      payload: { email: 'nobody@rayni.com' },
    });
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({
      error: 'User not found',
      detail: 'User not found',
      code: 'BAD_REQUEST',
      errors: { email: ['User not found'] },
    });
  });
});

describe('an answer that could not be finished', () => {
  it.each([
    [{ status: 'failed', code: 'TIMEOUT', notice: 'The answer took too long.' }, 504, 'TIMEOUT'],
    [{ status: 'failed', code: 'INTERNAL', notice: null }, 500, 'INTERNAL'],
    [{ status: 'running' }, 503, 'UNAVAILABLE'],
  ])('is no 200: %j', async (end, status, code) => {
    const sent = await ask(
      { instrument_id: ids.instrument, question: 'How?' },
      { 'chat.ask': () => ({ ...answer, reason: null, ...end }) },
    );
    expect(sent.status).toBe(status);
    expect(sent.body).toMatchObject({ code, request_id: 'request-1' });
    expect(sent.body.answer).toBeUndefined();
  });
});

describe('a list of sources longer than one answer may be', () => {
  it('says where it goes on, in pages of the same size', async () => {
    const { host, calls } = testHost({ 'sources.list': () => ({ items: [], total: 25_000 }) });
    const link = async (url: string) => (await host.inject(url)).headers.link;
    const next = '</api/sources?page=2&page_size=10000>; rel="next"';
    expect(await link('/api/sources')).toBe(next.replace('</', '<http://rayni.test/'));
    expect(await link('/api/sources?page=3&page_size=99999')).toBe(
      '<http://rayni.test/api/sources?page=2&page_size=10000>; rel="prev"',
    );
    await link('/api/sources?page=2');
    expect(calls.map((call) => call.input)).toMatchObject([
      { page: 1, pageSize: 10_000 },
      { page: 3, pageSize: 10_000 },
      { page: 2, pageSize: 100 },
    ]);
  });
});

describe('every known path', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
  const byPath = Map.groupBy(
    table.flatMap((row) => row.paths.map((path) => ({ path, row }))),
    ({ path }) => path,
  );
  it.each([...byPath])('%s refuses other methods with Allow', async (path, rows) => {
    const served = new Set<string>(rows.map(({ row }) => row.method));
    if (rows.some(({ row }) => row.method === 'GET' && row.kind !== 'sse')) served.add('HEAD');
    const { host, calls } = testHost();
    const url = path.replace(/:\w+/g, ids.source);
    for (const method of methods.filter((each) => !served.has(each))) {
      const reply = await host.inject({ method, url, headers: { 'content-type': 'text/plain' } });
      expect([method, reply.statusCode]).toEqual([method, 405]);
      expect(new Set(String(reply.headers.allow).split(', '))).toEqual(new Set([...served, 'OPTIONS']));
    }
    const options = await host.inject({ method: 'OPTIONS', url });
    expect(options.statusCode).toBe(204);
    expect(options.headers.allow).toBe(
      [...methods, 'OPTIONS'].filter((m) => served.has(m) || m === 'OPTIONS').join(', '),
    );
    expect(calls).toEqual([]);
  });

  it('answers HEAD like GET, without a body', async () => {
    const { host } = testHost({ 'instruments.list': () => [] });
    const reply = await host.inject({ method: 'HEAD', url: '/api/instruments' });
    expect(reply.statusCode).toBe(200);
    expect(reply.payload).toBe('');
  });
});

describe('an unknown path', () => {
  it.each(['GET', 'POST', 'DELETE'] as const)('below /api is a 404 for %s', async (method) => {
    const { host } = testHost();
    const reply = await host.inject({ method, url: '/api/nothing/here', headers: { 'content-type': 'x/y' } });
    expect(reply.statusCode).toBe(404);
    expect(reply.json()).toEqual({ detail: 'Not found.', code: 'NOT_FOUND' });
  });
});
