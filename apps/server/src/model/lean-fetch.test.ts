import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { leanFetch } from './lean-fetch.ts';

async function served(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with what was sent. */
async function echo(request: IncomingMessage, response: ServerResponse) {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  response.setHeader('content-type', 'application/json');
  const { 'content-length': length, 'content-type': type, 'transfer-encoding': chunked } = request.headers;
  const body = Buffer.concat(parts).toString();
  response.end(JSON.stringify({ method: request.method, url: request.url, length, type, chunked, body }));
}

test('a text arrives whole, with its length said in bytes', async () => {
  await using server = await served((request, response) => void echo(request, response));
  const body = 'Ä µl, '.repeat(20_000);
  const response = await leanFetch(`${server.url}/v1/x`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({
    method: 'POST',
    url: '/v1/x',
    length: String(Buffer.byteLength(body)),
    type: 'application/json',
    body,
  });
});

test('the body comes as it is sent, and a stop closes the connection', async () => {
  const closed = Promise.withResolvers<void>();
  await using server = await served((request, response) => {
    request.resume();
    response.write('one');
    response.on('close', () => closed.resolve());
  });
  const stop = new AbortController();
  const response = await leanFetch(server.url, { method: 'POST', body: '{}', signal: stop.signal });
  const reader = response.body!.getReader();
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('one');
  stop.abort();
  await expect(reader.read()).rejects.toThrow();
  await closed.promise;
});

test('refusals keep their status, headers and body', async () => {
  await using server = await served((request, response) => {
    request.resume();
    response
      .writeHead(429, { 'retry-after': '7', 'x-two': ['a', 'b'] })
      .end('{"error":{"message":"slow down"}}');
  });
  const response = await leanFetch(server.url, { method: 'POST', body: '{}' });
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('7');
  expect(response.headers.get('x-two')).toBe('a, b');
  expect(await response.json()).toEqual({ error: { message: 'slow down' } });
});

test('an answer without a body is one', async () => {
  await using server = await served((request, response) => {
    request.resume();
    response.writeHead(204).end();
  });
  const response = await leanFetch(server.url, { method: 'POST', body: '{}' });
  expect(response.status).toBe(204);
  expect(response.body).toBeNull();
});

test('an address that leads elsewhere is followed with what was sent', async () => {
  await using server = await served((request, response) => {
    if (request.url === '/new') return void echo(request, response);
    request.resume();
    response.writeHead(307, { location: '/new' }).end();
  });
  const response = await leanFetch(`${server.url}/old`, { method: 'POST', body: 'kept' });
  expect(await response.json()).toMatchObject({ method: 'POST', url: '/new', body: 'kept' });
});

test('other bodies and requests without one go the usual way', async () => {
  await using server = await served((request, response) => void echo(request, response));
  const form = new FormData();
  form.set('name', 'value');
  const sent = await (await leanFetch(server.url, { method: 'POST', body: form })).json();
  expect(sent).toMatchObject({ type: expect.stringContaining('multipart/form-data') });
  expect(await (await leanFetch(`${server.url}/models`)).json()).toMatchObject({
    method: 'GET',
    url: '/models',
  });
});
