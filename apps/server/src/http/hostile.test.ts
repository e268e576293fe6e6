import { once } from 'node:events';
import { connect } from 'node:net';
import { appRouter } from '@rayni/api';
import { footprint } from '@rayni/api/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

// What no client of ours would send, signed in as an administrator, who may do everything: nothing of it changes a row.

let server: TestServer;
let admin: TestCaller;
let instrumentId: string;

beforeAll(async () => {
  server = await startTestServer();
  instrumentId = await server.instrument();
  admin = await server.login((await server.account({ isAdmin: true })).email);
});
afterAll(() => server?.close());

/** These lines and bytes as they are, with host and session; the statuses of all answers until the connection ends. */
async function statuses(first: string, lines: string[], body = ''): Promise<string[]> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let came = '';
  // Whoever is refused in the middle of sending finds the connection reset.
  socket
    .setEncoding('utf8')
    .on('data', (some: string) => (came += some))
    .on('error', () => {});
  await once(socket, 'connect');
  const head = [`${first} HTTP/1.1`, `Host: ${hostname}:${port}`, `Cookie: ${admin.cookie}`, ...lines];
  socket.write(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
  await once(socket, 'close');
  return [...came.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status!);
}

const unchanged = async (run: () => Promise<unknown>) => {
  const before = await footprint(server.rayni.app);
  await run();
  await expect.poll(() => server.rayni.live.running.size).toBe(0);
  expect(await footprint(server.rayni.app)).toEqual(before);
};

const question = () => ({ instrumentId, question: 'What is the temperature?' });
const json = 'Content-Type: application/json';
const sized = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;
const ask = () => JSON.stringify({ json: question() });
const asked = () => JSON.stringify({ instrument_id: instrumentId, question: 'What is the temperature?' });
const form = '--x\r\nContent-Disposition: form-data; name="0"\r\n\r\n{}\r\n--x--\r\n';

describe('is refused, and changes nothing', () => {
  type Shape = [name: string, first: string, lines: () => string[], body: () => string, status: string];
  const shapes: Shape[] = [
    [
      'a question with too many headers',
      'POST /trpc/chat.start',
      () => [json, `X-A: ${'x'.repeat(50_000)}`, sized(ask())],
      ask,
      '431',
    ],
    [
      'a question with too long an address',
      `POST /trpc/chat.start?${'x'.repeat(50_000)}`,
      () => [json, sized(ask())],
      ask,
      '431',
    ],
    [
      'JSON that calls itself a form in a second line',
      'POST /trpc/chat.start',
      () => ['Content-Type: multipart/form-data; boundary=x', json, sized(form)],
      () => form,
      '415',
    ],
    [
      'a form that calls itself JSON in a second line',
      'POST /trpc/chat.start',
      () => [json, 'Content-Type: multipart/form-data; boundary=x', sized(form)],
      () => form,
      '400',
    ],
    [
      'a text on the older door',
      'POST /api/chat/ask',
      () => ['Content-Type: text/plain', sized(asked())],
      asked,
      '415',
    ],
    [
      'bytes on the older door',
      'POST /api/chat/ask',
      () => ['Content-Type: application/octet-stream', sized(asked())],
      asked,
      '415',
    ],
    ['two lengths', 'POST /trpc/chat.start', () => [json, sized(ask()), 'Content-Length: 3'], ask, '400'],
    [
      'a length and chunks',
      'POST /trpc/chat.start',
      () => [json, sized(ask()), 'Transfer-Encoding: chunked'],
      ask,
      '400',
    ],
    [
      'chunks of nonsense',
      'POST /trpc/chat.start',
      () => [json, 'Transfer-Encoding: chunked'],
      () => 'zz\r\n{}\r\n0\r\n\r\n',
      '400',
    ],
    [
      'a line that is folded',
      'POST /trpc/chat.start',
      () => [json, 'X-A: b\r\n c', sized(ask())],
      ask,
      '400',
    ],
    [
      'a name of a header with a blank',
      'POST /trpc/chat.start',
      () => [json, 'X-A : b', sized(ask())],
      ask,
      '400',
    ],
    [
      'a body that is packed',
      'POST /trpc/chat.start',
      () => [json, 'Content-Encoding: gzip', sized('\x1f\x8b')],
      () => '\x1f\x8b',
      '400',
    ],
    ['a question by PUT', 'PUT /trpc/chat.start', () => [json, sized(ask())], ask, '405'],
    ['a question by TRACE', 'TRACE /trpc/chat.start', () => [], () => '', '405'],
    [
      'a question by another method in a header',
      'GET /trpc/chat.start',
      () => ['X-HTTP-Method-Override: POST', json, sized(ask())],
      ask,
      '405',
    ],
  ];
  it.each(shapes)('%s', async (_name, first, lines, body, status) => {
    await unchanged(async () => expect(await statuses(first, lines(), body())).toEqual([status]));
  });

  it.each(['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'more than a megabyte of %s, with its length and without',
    async (type) => {
      await unchanged(async () => {
        const most = 'x'.repeat(1_100_000);
        const body = type.startsWith('application/json')
          ? `{"instrument_id":"${instrumentId}","question":"${most}"}`
          : type.startsWith('multipart')
            ? `--x\r\nContent-Disposition: form-data; name="question"\r\n\r\n${most}\r\n--x--\r\n`
            : `instrument_id=${instrumentId}&question=${most}`;
        for (const chunked of [false, true]) {
          const sent = chunked ? new Response(body).body! : body;
          const response = await admin.fetch('/api/chat/ask', {
            method: 'POST',
            headers: { 'content-type': type },
            body: sent,
            ...(chunked ? { duplex: 'half' } : {}),
          });
          expect([chunked, response.status]).toEqual([chunked, type.startsWith('multipart') ? 415 : 413]);
        }
      });
    },
  );

  it('a batch of eleven questions, and one within which a call is no question', async () => {
    await unchanged(async () => {
      const post = (calls: string[], body: object) =>
        admin.fetch(`/trpc/${calls.join()}?batch=1`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      const eleven = Array.from({ length: 11 }, () => 'chat.start');
      const inputs = Object.fromEntries(eleven.map((_, i) => [i, { json: question() }]));
      expect((await post(eleven, inputs)).status).toBe(400);
      expect((await post(['chat.start', 'faq.list'], { 0: { json: question() } })).status).toBe(400);
    });
  });

  it('every procedure that acts when it is got, alone and among others', async () => {
    // Flat, by path, which its type does not say.
    const all = Object.entries(
      appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>,
    );
    const acting = all.filter(([, { _def }]) => _def.type === 'mutation').map(([path]) => path);
    expect(acting.length).toBeGreaterThan(30);
    await unchanged(async () => {
      const input = encodeURIComponent(ask());
      for (const path of acting) {
        const alone = await admin.fetch(`/trpc/${path}?input=${input}`);
        expect([path, alone.status]).toEqual([path, 405]);
        await alone.body?.cancel();
      }
      for (let i = 0; i < acting.length; i += 10) {
        const some = acting.slice(i, i + 10).join();
        expect((await admin.fetch(`/trpc/${some}?batch=1&input=%7B%7D`)).status).toBe(405);
        // Among others that may be got: one batch is of one kind.
        const mixed = `faq.list,${acting[i]}`;
        expect((await admin.fetch(`/trpc/${mixed}?batch=1&input=%7B%7D`)).status).toBe(400);
      }
    });
  });
});
