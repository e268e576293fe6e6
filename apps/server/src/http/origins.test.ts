import { request as httpRequest } from 'node:http';
import { footprint } from '@rayni/api/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const front = 'http://localhost:3000';
const json = 'application/json';

let server: TestServer;
let caller: TestCaller;
let admin: TestCaller;
let instrumentId: string;

beforeAll(async () => {
  server = await startTestServer({ corsOrigins: [front] });
  instrumentId = await server.instrument();
  admin = await server.login((await server.account({ isAdmin: true })).email);
  caller = await server.login((await server.account()).email);
});
afterAll(() => server.close());

type Sent = { method: string; path: string; body?: string; headers?: [name: string, value: string][] };

/** Exactly these header lines, doubles included, as no browser's or client's fetch would let one write them. */
function send({
  method,
  path,
  body = '',
  headers = [],
}: Sent): Promise<{ status: number; code: string; cors: string[] }> {
  const lines: [string, string][] = [
    ['host', new URL(server.url).host],
    ['cookie', caller.cookie],
    ...headers,
  ];
  if (body !== '') lines.push(['content-length', String(Buffer.byteLength(body))]);
  return new Promise((resolve, reject) => {
    const sending = httpRequest(
      `${server.url}${path}`,
      { method, headers: lines.flat(), agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            code: /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? '',
            cors: Object.keys(response.headers).filter((name) => name.startsWith('access-control-allow')),
          }),
        );
      },
    );
    sending.on('error', reject).end(body);
  });
}

let asked = 0;

/** Everything that acts, one of each kind, as a script would send it. */
const acts = (): Sent[] => {
  const question = 'What is the temperature?';
  const asJson: [string, string][] = [['content-type', json]];
  // The same question twice within seconds is a double click, and one question.
  const stream = `/stream/chat?instrument_id=${instrumentId}&q=hello+${++asked}`;
  return [
    {
      method: 'POST',
      path: '/trpc/chat.start',
      headers: asJson,
      body: JSON.stringify({ json: { instrumentId, question } }),
    },
    {
      method: 'POST',
      path: '/trpc/chat.start,auth.logout?batch=1',
      headers: asJson,
      body: JSON.stringify({ 0: { json: { instrumentId, question } } }),
    },
    { method: 'POST', path: '/trpc/auth.logout', headers: asJson },
    {
      method: 'POST',
      path: '/api/chat/ask',
      headers: asJson,
      body: JSON.stringify({ instrument_id: instrumentId, question }),
    },
    {
      method: 'POST',
      path: '/api/chat/ask',
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      body: `instrument_id=${instrumentId}&question=hello`,
    },
    { method: 'POST', path: '/api/auth/logout/' },
    { method: 'POST', path: '/%61pi/auth/logout' },
    { method: 'GET', path: stream },
    { method: 'GET', path: `${stream.replace('stream', '%73tream')}+again` },
  ];
};

const unchanged = async (run: () => Promise<void>) => {
  const before = await footprint(server.rayni.app);
  await run();
  expect(await footprint(server.rayni.app)).toEqual(before);
};

describe('what acts is refused and changes nothing when it is sent', () => {
  it.each<[string, [string, string][]]>([
    [
      'by another site',
      [
        ['sec-fetch-site', 'cross-site'],
        ['origin', 'https://evil.example'],
      ],
    ],
    ['by another site without its name', [['sec-fetch-site', 'cross-site']]],
    ['by another site in an old browser', [['origin', 'https://evil.example']]],
    [
      'by a sandboxed frame',
      [
        ['sec-fetch-site', 'cross-site'],
        ['origin', 'null'],
      ],
    ],
    ['by a page that hides its origin', [['origin', 'null']]],
    ['by no origin at all, said aloud', [['origin', '']]],
    ['by a sibling that has no name', [['sec-fetch-site', 'same-site']]],
    [
      'by another port of this machine',
      [
        ['sec-fetch-site', 'same-site'],
        ['origin', 'http://localhost:3002'],
      ],
    ],
    ['by the allowed host without its port', [['origin', 'http://localhost']]],
    ['by the allowed host over another scheme', [['origin', 'https://localhost:3000']]],
    ['by a name that begins like an allowed one', [['origin', 'http://localhost:3000.evil.example']]],
    ['by a name that ends like an allowed one', [['origin', 'http://evil.localhost:3000']]],
    ['by a name with an allowed one before an @', [['origin', 'http://localhost:3000@evil.example']]],
    ['by an allowed name in capitals', [['origin', 'HTTP://LOCALHOST:3000']]],
    ['by an allowed name with a path', [['origin', 'http://localhost:3000/']]],
    ['by an allowed name and another in one line', [['origin', `${front}, https://evil.example`]]],
    [
      'by an allowed name and another in two lines',
      [
        ['origin', front],
        ['origin', 'https://evil.example'],
      ],
    ],
    [
      'by one and the same name in two lines',
      [
        ['origin', front],
        ['origin', front],
      ],
    ],
    [
      'with two opinions of the site',
      [
        ['sec-fetch-site', 'same-origin'],
        ['sec-fetch-site', 'cross-site'],
      ],
    ],
    ['with an unknown opinion of the site', [['sec-fetch-site', 'Same-Origin']]],
    [
      'from the address bar',
      [
        ['sec-fetch-site', 'none'],
        ['sec-fetch-mode', 'navigate'],
        ['sec-fetch-user', '?1'],
      ],
    ],
    [
      'with a header that claims another method',
      [
        ['origin', 'https://evil.example'],
        ['x-http-method-override', 'GET'],
      ],
    ],
    [
      'with a header that claims another host',
      [
        ['origin', 'https://evil.example'],
        ['x-forwarded-host', 'evil.example'],
        ['x-forwarded-proto', 'https'],
      ],
    ],
  ])('%s', async (_name, extra) => {
    await unchanged(async () => {
      for (const act of acts()) {
        const { status, code } = await send({ ...act, headers: [...(act.headers ?? []), ...extra] });
        expect([act.method, act.path, status, code]).toEqual([act.method, act.path, 403, 'FORBIDDEN_ORIGIN']);
      }
    });
  });

  it('and tells a foreign page nothing', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3000.evil.example']) {
      for (const path of ['/api/instruments/', '/trpc/auth.me', '/api/auth/me']) {
        expect(await send({ method: 'GET', path, headers: [['origin', origin]] })).toMatchObject({
          status: 200,
          cors: [],
        });
      }
    }
  });
});

describe('GET /stream/chat asks nothing', () => {
  const stream = (headers: [string, string][]) =>
    send({ method: 'GET', path: `/stream/chat?instrument_id=${instrumentId}&q=hello`, headers });
  it.each<[string, [string, string][]]>([
    [
      'in a prefetch of our own',
      [
        ['sec-fetch-site', 'same-origin'],
        ['sec-purpose', 'prefetch'],
      ],
    ],
    [
      'in a prerender of an allowed page',
      [
        ['origin', front],
        ['sec-purpose', 'prefetch;prerender'],
      ],
    ],
    ['in a prefetch of an old browser', [['purpose', 'prefetch']]],
    ['in a prefetch of an old Firefox', [['x-moz', 'prefetch']]],
    ['in a preview of an old Safari', [['x-purpose', 'preview']]],
    [
      'for a link on our own page',
      [
        ['sec-fetch-site', 'same-origin'],
        ['sec-fetch-mode', 'navigate'],
      ],
    ],
    [
      'for a frame of an allowed page',
      [
        ['sec-fetch-site', 'same-site'],
        ['sec-fetch-mode', 'navigate'],
        ['sec-fetch-dest', 'iframe'],
        ['origin', front],
      ],
    ],
    [
      'for an image of an allowed page',
      [
        ['sec-fetch-site', 'same-site'],
        ['sec-fetch-mode', 'no-cors'],
        ['sec-fetch-dest', 'image'],
      ],
    ],
  ])('%s', async (_name, headers) => {
    await unchanged(async () => {
      expect(await stream(headers)).toMatchObject({ status: 403, code: 'FORBIDDEN_ORIGIN' });
    });
  });

  it('by another method', async () => {
    await unchanged(async () => {
      const path = `/stream/chat?instrument_id=${instrumentId}&q=hello`;
      expect((await send({ method: 'HEAD', path })).status).toBe(405);
      for (const method of ['POST', 'PUT', 'OPTIONS']) {
        expect([204, 405]).toContain((await send({ method, path })).status);
      }
    });
  });
});

describe('tRPC takes JSON alone, and looks before it reads', () => {
  const form = '------x\r\nContent-Disposition: form-data; name="0"\r\n\r\n{}\r\n------x--\r\n';
  it.each<[string, [string, string][], string]>([
    ['a form with files', [['content-type', 'multipart/form-data; boundary=----x']], form],
    ['a form with files in capitals', [['content-type', 'MULTIPART/FORM-DATA; boundary=----x']], form],
    ['a form', [['content-type', 'application/x-www-form-urlencoded']], 'json=1'],
    ['a text', [['content-type', 'text/plain']], '{"json":{}}'],
    ['a text that claims to be JSON', [['content-type', 'text/plain; application/json']], '{"json":{}}'],
    ['a form that claims to be JSON', [['content-type', 'multipart/form-data; x=application/json']], form],
    ['bytes', [['content-type', 'application/octet-stream']], '{}'],
    ['JSON of another kind', [['content-type', 'application/json-patch+json']], '{}'],
    ['an empty type', [['content-type', '']], '{}'],
    ['no type', [], '{"json":{}}'],
  ])('not %s', async (_name, headers, body) => {
    await unchanged(async () => {
      for (const path of [
        '/trpc/auth.logout',
        '/trpc/auth.logout?batch=1',
        '/trpc/uploads.initiate',
        '/%74rpc/auth.logout',
      ]) {
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          expect(await send({ method, path, body, headers })).toMatchObject({
            status: 415,
            code: 'UNSUPPORTED_MEDIA_TYPE',
          });
        }
      }
    });
  });

  it('so that a form is refused while most of it is still on its way', async () => {
    const headers = [
      'host',
      new URL(server.url).host,
      'content-type',
      'multipart/form-data; boundary=----x',
      'content-length',
      '900000000',
    ];
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest(
        `${server.url}/trpc/auth.logout`,
        { method: 'POST', headers, agent: false },
        (response) => {
          resolve(response.statusCode);
          sending.destroy();
        },
      );
      sending.on('error', reject).write(form);
    });
    expect(status).toBe(415);
  });

  it('and no other method in the name of POST', async () => {
    await unchanged(async () => {
      for (const override of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
        const { status } = await send({
          method: 'GET',
          path: '/trpc/auth.logout',
          headers: [[override, 'POST']],
        });
        expect(status).toBe(405);
        const path = '/api/auth/logout?_method=POST';
        expect((await send({ method: 'GET', path, headers: [[override, 'POST']] })).status).toBe(405);
      }
    });
  });
});

describe('what acts passes when it is sent', () => {
  it.each<[string, [string, string][]]>([
    ['by a script', []],
    [
      'by curl',
      [
        ['user-agent', 'curl/8.14.1'],
        ['accept', '*/*'],
      ],
    ],
    ['by our own page', [['sec-fetch-site', 'same-origin']]],
    [
      'by an allowed front end',
      [
        ['sec-fetch-site', 'same-site'],
        ['origin', front],
      ],
    ],
    ['by an allowed front end in an old browser', [['origin', front]]],
  ])('%s', async (_name, extra) => {
    for (const act of acts().filter(({ path }) => !path.includes('logout'))) {
      const before = await footprint(server.rayni.app);
      const { status } = await send({ ...act, headers: [...(act.headers ?? []), ...extra] });
      expect([act.path, status]).toEqual([act.path, 200]);
      expect(await footprint(server.rayni.app)).not.toEqual(before);
    }
    expect((await admin.trpc.auth.me.query()).isAdmin).toBe(true);
  });
});
