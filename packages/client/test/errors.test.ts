import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRayniClient, isRayniError, type RayniError } from '../src/index.ts';
import { connect, failure, question, read, retry, textOf, whole, words } from './calls.ts';
import { answerOf, startFakeServer } from './fake-server.ts';

describe('errors', () => {
  it('a refusal is thrown once and not tried again', async () => {
    await using server = await startFakeServer();
    const client = connect(server);
    const clientKey = 'the-same-key';
    await client.chat.ask({ ...question(), clientKey }).started();
    const error = await failure(read(client.chat.ask({ ...question(), question: 'Another?', clientKey })));
    expect(error).toMatchObject({ code: 'CONFLICT', message: 'This key was used for another question.' });
    expect(server.log.submits).toBe(2);
  });

  it('an unknown answer is refused', async () => {
    await using server = await startFakeServer();
    expect(await failure(read(connect(server).chat.follow(randomUUID())))).toMatchObject({
      code: 'NOT_FOUND',
      message: 'Not found.',
    });
    expect(server.log.connects).toHaveLength(0);
  });

  it.each([
    [
      'a body of the server’s own',
      'application/json',
      '{"detail":"Sign in first.","code":"UNAUTHENTICATED"}',
      401,
      'UNAUTHENTICATED',
    ],
    ['a proxy’s page', 'text/html', '<h1>Forbidden</h1>', 403, 'FORBIDDEN'],
    ['too many requests', 'application/json', '{"detail":"Too many requests."}', 429, 'RATE_LIMITED'],
    ['another 4xx', 'text/plain', 'teapot', 418, 'BAD_REQUEST'],
  ])('a stream refused before it began is told: %s', async (_, type, body, status, code) => {
    await using server = await startFakeServer();
    server.setFault(({ res }) => Boolean(res.writeHead(status, { 'content-type': type }).end(body)));
    expect((await failure(read(connect(server).chat.follow(randomUUID())))).code).toBe(code);
    expect(server.log.requests).toHaveLength(1);
    expect((await failure(connect(server).chat.cancel(randomUUID()))).code).toBe(code);
  });

  it('carries fields and request id, and is known across copies of the package', async () => {
    await using server = await startFakeServer();
    const error = await failure(connect(server).auth.login('nobody'));
    expect(error).toMatchObject({
      name: 'RayniError',
      code: 'BAD_REQUEST',
      message: 'User not found',
      fields: { email: ['User not found'] },
      requestId: 'r-1',
    });
    const again: string = '../src/errors.ts?copy=2';
    const copy = (await import(again)) as {
      isRayniError: typeof isRayniError;
      RayniError: typeof RayniError;
    };
    expect(copy.isRayniError(error)).toBe(true);
    expect(error instanceof copy.RayniError).toBe(false);
    expect(isRayniError(new Error('other'))).toBe(false);
  });

  it('gives up on a server that is not there', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const client = createRayniClient({ url: `http://127.0.0.1:${port}`, retry });
    expect((await failure(read(client.chat.ask(question())))).code).toBe('UNAVAILABLE');
    expect((await failure(read(client.chat.follow(randomUUID())))).code).toBe('UNAVAILABLE');
    expect((await failure(client.auth.me())).code).toBe('UNAVAILABLE');
  });

  it('tries again when the server takes a call and never answers', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const held = new Set(['/trpc/chat.start', '/trpc/chat.events']);
    server.setFault((_exchange, path) => held.delete(path));
    const client = createRayniClient({ url: server.url, retry: { ...retry, timeoutMs: 100 } });
    expect(textOf(await read(client.chat.ask(question())))).toBe(whole);
    expect(server.turns.size).toBe(1);
  });

  it('gives up following after so many failures in a row', async () => {
    await using server = await startFakeServer();
    server.setFault(({ req }, path) => path.endsWith('chat.events') && Boolean(req.socket.destroy()));
    expect((await failure(read(connect(server).chat.ask(question())))).code).toBe('UNAVAILABLE');
    expect(server.log.requests.filter((request) => request.endsWith('chat.events'))).toHaveLength(
      retry.reconnects,
    );
  });
});
