import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createRayniClient, emptyDraft, reduceAnswer } from '@rayni/client';
import { demoScript } from '@rayni/scripted-openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './testing/test-server.ts';

// The published client against the whole server, over connections that break.

let server: TestServer;
let instrumentId: string;
const facts = Array.from(
  { length: 12 },
  (_, i) => `The valve ${String.fromCharCode(65 + i)} of the press opens at ${3 + i} bar.`,
);
const question = 'At which pressure does the valve of the press open?';

beforeAll(async () => {
  server = await startTestServer({ model: demoScript({ intervalMs: 10 }) });
  await server.account({ isAdmin: true, email: 'admin@rayni.com' });
  instrumentId = await server.instrument({ name: 'Lab press' });
}, 120_000);
afterAll(() => server?.close());

/** Stands between client and server; `cutAfter` says after how many bytes to the client the nth connection is reset, if at all. */
async function startBadNetwork(cutAfter: (nth: number) => number | undefined) {
  const sockets = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const proxy = createServer((near) => {
    const limit = cutAfter(connections++);
    const far = connect(Number(new URL(server.url).port), '127.0.0.1');
    let passed = 0;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      passed += bytes.length;
      if (limit !== undefined && passed > limit) {
        cuts += 1;
        near.write(bytes.subarray(0, bytes.length - (passed - limit)), () => near.resetAndDestroy());
        far.destroy();
      } else near.write(bytes);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.end());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

describe('the published client against the server', () => {
  it('signs in, uploads, and sees the document read', async () => {
    const client = createRayniClient({ url: server.url });
    expect((await client.auth.login('admin@rayni.com')).isAdmin).toBe(true);
    const file = new File([`# Press\n\n${facts.join('\n\n')}\n`], 'press.md');
    const { sourceId } = await client.uploads.put(file, { instrumentId, category: 'manual' });
    await expect
      .poll(async () => (await client.trpc.sources.progress.query({ ids: [sourceId] }))[0]?.status, {
        timeout: 20_000,
      })
      .toBe('approved');
    expect(await client.trpc.sources.get.query({ id: sourceId })).toMatchObject({
      title: 'press',
      category: 'manual',
    });
  });

  it('follows sources over a network that keeps breaking, and misses no state they end in', async () => {
    await using network = await startBadNetwork((nth) => (nth < 8 ? 200 + nth * 150 : undefined));
    const client = createRayniClient({ url: server.url });
    await client.auth.login('admin@rayni.com');
    const other = await server.instrument({ name: 'Other' });
    const ids: string[] = [];
    const seen = new Map<string, string>();
    let gone = '';
    const reader = createRayniClient({ url: network.url, retry: { minMs: 1, maxMs: 20 } });
    const reading = (async () => {
      for await (const change of reader.sources.follow({ instrumentId: other })) {
        if (change.type === 'gone') {
          gone = change.sourceId;
          return;
        }
        seen.set(change.source.sourceId, change.source.status);
      }
    })();
    for (const name of ['a', 'b', 'c']) {
      const file = new File([`# ${name}\n\n${facts.join('\n\n')}\n`], `${name}.md`);
      ids.push((await client.uploads.put(file, { instrumentId: other })).sourceId);
    }
    const all = () => ids.map((id) => seen.get(id));
    await expect.poll(all, { timeout: 20_000 }).toEqual(['approved', 'approved', 'approved']);
    await client.trpc.sources.delete.mutate({ id: ids[0]! });
    await reading;
    expect(gone).toBe(ids[0]);
    expect(network.cuts()).toBeGreaterThan(3);
    const stop = new AbortController();
    const one = client.sources.follow(ids, { signal: stop.signal });
    expect((await one.next()).value).toMatchObject({ type: 'changed', source: { status: 'approved' } });
    stop.abort(new Error('enough'));
    await expect(Promise.all([one.next(), one.next(), one.next()])).rejects.toThrow('enough');
    const nowhere = client.sources.follow({ instrumentId: crypto.randomUUID() });
    await expect(nowhere.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('reads the same answer over a network that keeps breaking, and asks once', async () => {
    // Every connection of the first dozen ends within the answer's first bytes, a few before any.
    await using network = await startBadNetwork((nth) => (nth < 12 ? (nth * 337) % 1_500 : undefined));
    const client = createRayniClient({ url: network.url, retry: { minMs: 1, maxMs: 20, attempts: 30 } });
    const stream = client.chat.ask({ instrumentId, question });
    let draft = emptyDraft;
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      draft = reduceAnswer(draft, event);
    }
    expect(network.cuts()).toBeGreaterThan(5);
    expect(types.filter((type) => type === 'turn-end')).toHaveLength(1);
    expect(draft.text).toHaveLength(draft.end!.length);
    const { sessionId, turnId } = await stream.started();
    const { turns } = await server.guest.trpc.chat.history.query({ sessionId });
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({ turnId, text: draft.text, status: 'done', citations: draft.citations });
    expect(server.openai!.calls.filter((call) => call.chat)).toHaveLength(1);
  });

  it('several readers of one answer see the same, whenever they come', async () => {
    const client = createRayniClient({ url: server.url });
    const stream = client.chat.ask({ instrumentId, question });
    const { turnId } = await stream.started();
    const read = async () => {
      let draft = emptyDraft;
      for await (const event of client.chat.follow(turnId)) draft = reduceAnswer(draft, event);
      return draft;
    };
    const [first, second] = await Promise.all([read(), read()]);
    expect(first.text).toHaveLength(first.end!.length);
    expect(second).toEqual(first);
    expect(await read()).toEqual(first);
  });

  it('cancels for all readers, and a question whose reader left goes on', async () => {
    const client = createRayniClient({ url: server.url });
    const stream = client.chat.ask({ instrumentId, question });
    let end: string | undefined;
    for await (const event of stream) {
      if (event.type === 'text-delta') await client.chat.cancel((await stream.started()).turnId);
      if (event.type === 'turn-end') end = event.reason;
    }
    expect(end).toBe('cancelled');
    const left = client.chat.ask({ instrumentId, question });
    for await (const event of left) if (event.type === 'text-delta') break;
    expect(await client.chat.answer({ instrumentId, question, clientKey: left.clientKey })).toMatchObject({
      status: 'done',
      turnId: (await left.started()).turnId,
    });
  });

  it.each([
    ['an unknown instrument', () => ({ instrumentId: crypto.randomUUID(), question }), 'NOT_FOUND'],
    ['an empty question', () => ({ instrumentId, question: ' ' }), 'BAD_REQUEST'],
  ] as const)('throws a typed error for %s', async (_, input, code) => {
    const client = createRayniClient({ url: server.url });
    await expect(client.chat.answer(input())).rejects.toMatchObject({ name: 'RayniError', code });
  });

  it('asks, follows and uploads by a token alone, as its owner', async () => {
    const { email } = await server.account();
    const owner = await server.login(email);
    const { secret } = await owner.trpc.tokens.create.mutate({ name: 'script' });
    const client = createRayniClient({ url: server.url, token: secret });
    expect(await client.auth.me()).toMatchObject({ email });
    const stream = client.chat.ask({ instrumentId, question });
    for await (const event of stream) expect(event).toBeDefined();
    const { sessionId, turnId } = await stream.started();
    const { turns } = await owner.trpc.chat.history.query({ sessionId });
    expect(turns[0]).toMatchObject({ turnId, status: 'done' });
    await expect(server.guest.trpc.chat.history.query({ sessionId })).rejects.toThrow('Not found.');
    const put = client.uploads.put(new File(['x'], 'x.md'), { instrumentId });
    await expect(put).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('throws a typed error for a token that is not valid, in a stream too', async () => {
    const client = createRayniClient({ url: server.url, token: 'rayni_unknown' });
    const refused = { name: 'RayniError', code: 'UNAUTHENTICATED' };
    await expect(client.auth.me()).rejects.toMatchObject(refused);
    await expect(client.chat.answer({ instrumentId, question })).rejects.toMatchObject(refused);
    await expect(client.chat.follow(crypto.randomUUID()).next()).rejects.toMatchObject(refused);
  });

  it('throws a typed error for an upload by a guest', async () => {
    const put = createRayniClient({ url: server.url }).uploads.put(new File(['x'], 'x.md'), { instrumentId });
    await expect(put).rejects.toMatchObject({ name: 'RayniError', code: 'UNAUTHENTICATED' });
  });
});
