import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { cutSlowBodies, requestLimits } from './request-limits.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Sends this text as it is; `answer` is everything that came back until the connection ended. */
async function raw(port: number, text: string) {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  let came = '';
  socket.setEncoding('utf8').on('data', (some: string) => (came += some));
  const ended = once(socket, 'close');
  socket.write(text);
  return { socket, answer: ended.then(() => came) };
}

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));

describe('a request that never ends', () => {
  let host: FastifyInstance;
  let port: number;
  beforeAll(async () => {
    const http = { ...requestLimits.http, headersTimeout: 50, connectionsCheckingInterval: 10 };
    host = fastify({ ...requestLimits, http });
    cutSlowBodies(host, 50);
    host.removeAllContentTypeParsers();
    host.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    host.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume().once('end', () => done(null, undefined));
    });
    host.post('/words', () => 'read');
    host.put('/files/*', () => 'kept');
    host.get('/stream', (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      setTimeout(() => reply.raw.end('data: 2\n\n'), 300);
    });
    await host.listen({ host: '127.0.0.1', port: 0 });
    const address = host.server.address();
    port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });
  afterAll(() => host.close());

  it('in its head is answered and cut', async () => {
    const { answer } = await raw(port, 'GET /words HTTP/1.1\r\nHost: x\r\nX-A');
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(bodyOf(text)).toMatchObject({ code: 'TIMEOUT' });
  });

  it.each(['Content-Length: 100', 'Transfer-Encoding: chunked'])(
    'in its body (%s) is cut',
    async (length) => {
      const head = `POST /words HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;
      const { answer } = await raw(port, head);
      expect(await answer).not.toContain('200 OK');
    },
  );

  it('but a slow upload, and a stream that is read for long, are not', async () => {
    const put = await raw(
      port,
      'PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n1',
    );
    const form = await raw(
      port,
      'POST /words HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n1',
    );
    const stream = await raw(port, 'GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await stream.answer).toContain('data: 2');
    for (const { socket, answer } of [put, form]) {
      socket.write('23');
      expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    }
  });
});

describe('the server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  const port = () => Number(new URL(server.url).port);

  it('takes the longest question in an address, and no longer address', async () => {
    const id = '0190b3a0-0000-7000-8000-000000000001';
    const asked = await server.guest.fetch(
      `/stream/chat?instrument_id=${id}&q=${encodeURIComponent('温'.repeat(4_000))}`,
    );
    expect(asked.status).toBe(404);
    const { answer } = await raw(port(), `GET /${'x'.repeat(50_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(text).toContain('Cache-Control: no-store');
    expect(bodyOf(text)).toEqual({ detail: 'Address and headers are too long.', code: 'PAYLOAD_TOO_LARGE' });
  });

  it.each(['NONSENSE\r\n\r\n', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'])(
    'says in the words of every other error that it cannot read %j',
    async (text) => {
      const { answer } = await raw(port(), text);
      expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(bodyOf(await answer)).toEqual({ detail: 'The request could not be read.', code: 'BAD_REQUEST' });
    },
  );

  it('takes ten calls at once and not eleven, and a megabyte and not more', async () => {
    const batch = async (calls: number) =>
      (await server.guest.fetch(`/trpc/${Array(calls).fill('faq.list').join()}?batch=1`)).status;
    expect([await batch(10), await batch(11)]).toEqual([200, 400]);
    const post = async (path: string, size: number) =>
      (
        await server.guest.fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: `{"a":"${'x'.repeat(size)}"}`,
        })
      ).status;
    for (const path of ['/trpc/auth.login', '/api/auth/login/'])
      expect([await post(path, 1_000_000), await post(path, 1_100_000)]).toEqual([400, 413]);
  });
});
