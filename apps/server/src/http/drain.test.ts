import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fastify from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { drainOnClose } from './drain.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** A host with one path for each way in which a request can be under way. */
async function serve(ms: number) {
  const host = fastify({ forceCloseConnections: 'idle' });
  const finish = Promise.withResolvers<void>();
  drainOnClose(host, ms);
  host.get('/quick', () => 'quick');
  host.get('/slow', async () => {
    await finish.promise;
    return 'whole';
  });
  // As the tRPC door does it, through Fastify.
  host.get('/sent', (_request, reply) =>
    reply.send(
      new Response(
        new ReadableStream({ start: (out) => out.enqueue(new TextEncoder().encode('data: 1\n\n')) }),
        {
          headers: { 'content-type': 'text/event-stream' },
        },
      ),
    ),
  );
  // As the older door does it, past Fastify.
  host.get('/raw', (_request, reply) => {
    reply.hijack();
    reply.raw.setHeader('content-type', 'text/event-stream; charset=utf-8');
    reply.raw.write('data: 1\n\n');
  });
  await host.listen({ port: 0, host: '127.0.0.1' });
  opened.push(host);
  const agent = new Agent({ keepAlive: true });
  opened.push({ close: () => agent.destroy() });
  const { port } = host.server.address() as AddressInfo;
  async function get(path: string): Promise<IncomingMessage> {
    const [response] = await once(request({ port, host: '127.0.0.1', path, agent }).end(), 'response');
    return response;
  }
  return { host, get, finish: finish.resolve, asked: () => once(host.server, 'request') };
}

const never = 60_000;

it.each(['/sent', '/raw'])('breaks a stream off at once and never ends it cleanly: %s', async (path) => {
  const { host, get } = await serve(never);
  const stream = await get(path);
  await once(stream, 'readable');
  const [end] = await Promise.allSettled([text(stream), host.close()]);
  expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } });
});

it('lets a request finish, and waits for no connection that is only kept', async () => {
  const { host, get, finish, asked } = await serve(never);
  await text(await get('/quick'));
  const arrived = asked();
  const slow = get('/slow');
  await arrived;
  const closed = host.close();
  finish();
  expect(await text(await slow)).toBe('whole');
  await closed;
});

it('takes no new request meanwhile', async () => {
  const { host, get, finish, asked } = await serve(never);
  const arrived = asked();
  const slow = get('/slow');
  await arrived;
  const closed = host.close();
  // By the machine, or by the server where it came just before that.
  const refusal = await get('/quick').then(
    ({ statusCode }) => statusCode,
    (error: unknown) => error instanceof Error && 'code' in error && error.code,
  );
  finish();
  await slow;
  await closed;
  expect([503, 'ECONNREFUSED', 'ECONNRESET']).toContain(refusal);
});

it('cuts off what takes longer', async () => {
  const { host, get, asked } = await serve(50);
  const arrived = asked();
  const slow = get('/slow');
  await arrived;
  const [end] = await Promise.allSettled([slow, host.close()]);
  expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } });
});
