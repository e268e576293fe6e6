import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRayniClient, type UploadFile } from '../src/index.ts';
import { fileFromPath } from '../src/node.ts';
import { backoff, defaultRetry } from '../src/retry.ts';
import { cookieHolder } from '../src/send.ts';
import { startFakeServer } from './fake-server.ts';

const retry = { minMs: 1, maxMs: 5, attempts: 4, reconnects: 5 };

describe('sessions', () => {
  it('keeps the cookie of a login in Node, for its own client only, until logout', async () => {
    await using server = await startFakeServer();
    const client = createRayniClient({ url: server.url });
    expect(await client.auth.me()).toMatchObject({ userId: null });
    expect(await client.auth.login('admin@rayni.com')).toMatchObject({ email: 'admin@rayni.com' });
    expect(await client.auth.me()).toMatchObject({ email: 'admin@rayni.com' });
    expect(await client.trpc.auth.me.query()).toMatchObject({ email: 'admin@rayni.com' });
    expect(await createRayniClient({ url: server.url }).auth.me()).toMatchObject({ userId: null });
    await client.auth.logout();
    expect(await client.auth.me()).toMatchObject({ userId: null });
  });

  it('forgets a cookie that is over by age or date and keeps the rest', () => {
    const cookies = cookieHolder();
    expect(cookies.header()).toBeUndefined();
    cookies.keep([
      'a=1; Path=/',
      'b=x=y==; HttpOnly; Max-Age=60',
      'c=3; Expires=Fri, 01 Jan 2100 00:00:00 GMT',
      'broken',
    ]);
    expect(cookies.header()).toBe('a=1; b=x=y==; c=3');
    cookies.keep(['a=; Max-Age=0', 'c=; expires=Thu, 01 Jan 1970 00:00:00 GMT']);
    expect(cookies.header()).toBe('b=x=y==');
  });

  it('sends token and headers with calls and streams alike', async () => {
    await using server = await startFakeServer();
    const seen: (string | undefined)[] = [];
    server.setFault(({ req }) => {
      seen.push(`${req.headers.authorization} ${String(req.headers['x-lab'])}`);
      return false;
    });
    const client = createRayniClient({
      url: server.url,
      token: 'secret',
      headers: async () => ({ 'x-lab': '7' }),
      retry,
    });
    await client.auth.me();
    await client.chat.cancel(randomUUID());
    await expect(client.chat.follow(randomUUID()).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(seen).toEqual(['Bearer secret 7', 'Bearer secret 7', 'Bearer secret 7']);
  });

  it('sends queries made together as one request, acts each alone', async () => {
    await using server = await startFakeServer();
    const client = createRayniClient({ url: server.url });
    await Promise.all([
      client.auth.me(),
      client.auth.me(),
      client.chat.cancel(randomUUID()),
      client.chat.cancel(randomUUID()),
    ]);
    expect(server.log.requests.toSorted()).toEqual([
      'GET /trpc/auth.me,auth.me',
      'POST /trpc/chat.cancel',
      'POST /trpc/chat.cancel',
    ]);
  });
});

describe('uploads.put', () => {
  const bytes = new Uint8Array(300_000).map((_, i) => i * 7);
  const instrumentId = randomUUID();

  it.each<[string, () => UploadFile, string]>([
    ['a File', () => new File([bytes], 'a.pdf', { type: 'application/pdf' }), 'a.pdf'],
    ['a Blob', () => new Blob([bytes]), 'upload'],
    [
      'a stream with a size',
      () => ({ name: 'b.txt', size: bytes.length, stream: () => new Blob([bytes]).stream() }),
      'b.txt',
    ],
  ])('puts %s, without cookie or token, with its length, and tells how far it is', async (_, file, name) => {
    await using server = await startFakeServer();
    const client = createRayniClient({ url: server.url, token: 'secret', retry });
    await client.auth.login('admin@rayni.com');
    const told: [number, number][] = [];
    const done = await client.uploads.put(file(), {
      instrumentId,
      title: 'A',
      onProgress: (...at) => told.push(at),
    });
    expect(done.status).toBe('uploaded');
    const [[id, stored]] = [...server.uploads] as [[string, Buffer]];
    expect(Buffer.compare(stored, bytes)).toBe(0);
    expect(server.puts[0]!.headers).toMatchObject({
      'content-length': String(bytes.length),
      'content-type': 'application/octet-stream',
    });
    expect(server.puts[0]!.headers).not.toHaveProperty('cookie');
    expect(server.puts[0]!.headers).not.toHaveProperty('authorization');
    expect(server.log.requests).toContain(`PUT /files/${id}`);
    expect(told[0]).toEqual([0, bytes.length]);
    expect(told.at(-1)).toEqual([bytes.length, bytes.length]);
    expect(told.map(([sent]) => sent)).toEqual(told.map(([sent]) => sent).toSorted((a, b) => a - b));
    expect(server.puts[0]!.name).toBe(name);
  });

  it('sends a file of the disk from Node', async () => {
    await using server = await startFakeServer();
    const folder = await mkdtemp(path.join(tmpdir(), 'rayni-client-'));
    try {
      await writeFile(path.join(folder, 'manual.pdf'), bytes);
      const file = await fileFromPath(path.join(folder, 'manual.pdf'));
      expect({ name: file.name, size: file.size }).toEqual({ name: 'manual.pdf', size: bytes.length });
      await createRayniClient({ url: server.url }).uploads.put(file, { instrumentId });
      expect(Buffer.compare([...server.uploads.values()][0]!, bytes)).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('puts once more after the connection broke, and not after a refusal', async () => {
    await using server = await startFakeServer();
    const client = createRayniClient({ url: server.url, retry });
    let breaks = 1;
    server.setFault(({ req }) => {
      if (req.method !== 'PUT' || breaks === 0) return false;
      breaks -= 1;
      req.socket.destroy();
      return true;
    });
    await client.uploads.put(new Blob([bytes]), { instrumentId });
    expect(Buffer.compare([...server.uploads.values()][0]!, bytes)).toBe(0);
    server.setFault(({ req, res }) => {
      if (req.method !== 'PUT') return false;
      req.resume();
      const said = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
      res.writeHead(403, { 'content-type': 'application/xml' }).end(said);
      return true;
    });
    await expect(client.uploads.put(new Blob([bytes]), { instrumentId })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'The file store refused the file (AccessDenied: Request has expired).',
    });
    expect(server.log.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(3);
    server.setFault(({ req }) => {
      if (req.method !== 'PUT') return false;
      req.socket.destroy();
      return true;
    });
    await expect(client.uploads.put(new Blob([bytes]), { instrumentId })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(server.log.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(5);
  });

  it('stops sending when it is aborted, and asks for nothing more', async () => {
    await using server = await startFakeServer();
    const client = createRayniClient({ url: server.url, retry });
    const stop = new AbortController();
    const endless = {
      size: 900_000,
      stream: () =>
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            if (stop.signal.aborted) controller.close();
            else controller.enqueue(new Uint8Array(1_000));
          },
        }),
    };
    const reason = new Error('changed my mind');
    const put = client.uploads.put(endless, {
      instrumentId,
      signal: stop.signal,
      onProgress: (sent) => void (sent > 0 && stop.abort(reason)),
    });
    await expect(put).rejects.toBe(reason);
    expect(server.log.requests).not.toContain('POST /trpc/uploads.complete');
    expect([...server.uploads]).toEqual([]);
  });

  it('refuses what the server would not take before sending it', async () => {
    await using server = await startFakeServer();
    const client = createRayniClient({ url: server.url });
    const put = client.uploads.put(new Blob([new Uint8Array(1_000_001)]), { instrumentId });
    await expect(put).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(server.puts).toEqual([]);
  });
});

describe('backoff', () => {
  it('draws from zero to a bound that doubles up to the maximum', () => {
    for (const [failures, bound] of [
      [1, 250],
      [2, 500],
      [4, 2_000],
      [6, 5_000],
      [60, 5_000],
    ] as const) {
      const drawn = Array.from({ length: 500 }, () => backoff(failures, defaultRetry));
      expect(Math.max(...drawn)).toBeLessThanOrEqual(bound);
      // 500 draws that all miss the upper or lower half do not happen.
      expect(Math.max(...drawn)).toBeGreaterThan(bound / 2);
      expect(Math.min(...drawn)).toBeLessThan(bound / 2);
    }
  });
});
