import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { dropStalled } from './stalled.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const event = `data: ${'x'.repeat(8_000)}\n\n`;

/** A host with a stream without an end, as both doors write one, and a file of the same bytes. */
async function serve(ms: number) {
  const host = fastify({ forceCloseConnections: true });
  dropStalled(host, ms);
  let given = 0;
  const replies: ServerResponse[] = [];
  const body = () =>
    new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          given += event.length;
          controller.enqueue(Buffer.from(event));
        },
      },
      { highWaterMark: 0 },
    );
  for (const [path, type] of [
    ['/stream', 'text/event-stream'],
    ['/file', 'application/octet-stream'],
  ] as const) {
    host.get(path, (_request, reply) => {
      replies.push(reply.raw);
      return reply.send(new Response(body(), { headers: { 'content-type': type } }));
    });
  }
  host.get('/raw', async (_request, reply) => {
    reply.hijack();
    replies.push(reply.raw);
    reply.raw.setHeader('content-type', 'text/event-stream');
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    for await (const bytes of body()) {
      if (reply.raw.destroyed) return;
      if (!reply.raw.write(bytes)) await once(reply.raw, 'drain', gone).catch(() => {});
    }
  });
  open.push(host);
  await host.listen({ host: '127.0.0.1', port: 0 });
  const { port } = host.server.address() as AddressInfo;
  async function ask(path: string): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    open.push({ close: () => socket.destroy() });
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return socket;
  }
  return { ask, replies, given: () => given };
}

const patient = { timeout: 20_000, interval: 10 };

it.each(['/stream', '/raw'])(
  'a reader of %s that never reads is cut, and holds less than 1 MiB until then',
  async (path) => {
    const { ask, replies, given } = await serve(500);
    (await ask(path)).pause();
    await expect.poll(() => replies[0]?.writableNeedDrain, patient).toBe(true);
    let before = -1;
    while (given() > before) {
      before = given();
      await sleep(100);
    }
    const raw = replies[0]!;
    // What was given and is not in the kernel's buffers.
    const held = given() - ((raw.socket?.bytesWritten ?? given()) - (raw.socket?.writableLength ?? 0));
    expect(held).toBeLessThan(1_048_576);
    await expect.poll(() => raw.destroyed, patient).toBe(true);
  },
);

it('a reader that reads, however slowly, is not cut', async () => {
  const { ask, replies } = await serve(300);
  const socket = await ask('/stream');
  let read = 0;
  const until = performance.now() + 1_500;
  for await (const bytes of socket) {
    read += (bytes as Buffer).length;
    await sleep(5);
    if (performance.now() > until) break;
    expect(replies[0]!.destroyed).toBe(false);
  }
  expect(read).toBeGreaterThan(0);
});

it('a file may take as long as it takes', async () => {
  const { ask, replies } = await serve(100);
  (await ask('/file')).pause();
  await expect.poll(() => replies[0]?.writableNeedDrain, patient).toBe(true);
  await sleep(500);
  expect(replies[0]!.destroyed).toBe(false);
});
