import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Blobs } from '@rayni/api';
import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSwift, startSwift, type SwiftServer } from '../testing/swift-server.ts';
import { openFolderStore } from './folder-store.ts';
import { openS3Store } from './s3-store.ts';

const fresh = () => `versions/${randomUUID()}`;
const bytesOf = async (store: Blobs, key: string, range?: { start: number; end: number }) =>
  buffer(await store.open(key, range));

describe.each(hasSwift() ? ['folder', 's3'] : ['folder'])('the store in a %s', (kind) => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'rayni-laws-'));
  let swift: SwiftServer | undefined;
  let store: Blobs;
  const put = (key: string, bytes: Uint8Array) => store.put(key, Readable.from([Buffer.from(bytes)]));

  beforeAll(async () => {
    const now = () => new Date();
    if (kind === 's3') {
      swift = await startSwift();
      store = await openS3Store({ ...swift.s3, log: pino({ level: 'silent' }), now });
    } else store = openFolderStore({ root, secret: 's', publicUrl: () => 'http://here', now });
  });
  afterAll(async () => {
    await swift?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('gives back what was put, whole and in every range', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 5_000 }),
        fc.nat(),
        fc.nat(),
        async (bytes, a, b) => {
          const key = fresh();
          await put(key, bytes);
          expect(await store.stat(key)).toEqual({ size: bytes.length });
          expect(await bytesOf(store, key)).toEqual(Buffer.from(bytes));
          const [start, end] = [a % bytes.length, b % bytes.length].sort((x, y) => x - y) as [number, number];
          expect(await bytesOf(store, key, { start, end })).toEqual(
            Buffer.from(bytes.subarray(start, end + 1)),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it('takes more than it holds in memory at a time', async () => {
    const key = fresh();
    const part = randomBytes(1024 * 1024);
    await store.put(key, Readable.from(Array.from({ length: 17 }, () => part)));
    expect(await store.stat(key)).toEqual({ size: 17 * part.length });
    const around = { start: 8 * part.length - 10, end: 8 * part.length + 9 };
    expect(await bytesOf(store, key, around)).toEqual(
      Buffer.concat([part.subarray(-10), part.subarray(0, 10)]),
    );
  });

  it('keeps nothing of what breaks off', async () => {
    for (const size of [10, 20_000_000]) {
      const key = fresh();
      const broken = Readable.from(
        (async function* () {
          for (let sent = 0; sent < size; sent += 1_000_000) yield Buffer.alloc(Math.min(size, 1_000_000));
          throw new Error('gone');
        })(),
      );
      await expect(store.put(key, broken)).rejects.toThrow('gone');
      expect(await store.stat(key)).toBeUndefined();
    }
  });

  it('copies what is there at that moment: what is put over it later changes nothing', async () => {
    const [from, to] = [fresh(), fresh()];
    expect(await store.copy(from, to)).toBe(false);
    expect(await store.stat(to)).toBeUndefined();
    await put(from, Buffer.from('first'));
    expect(await store.copy(from, to)).toBe(true);
    await put(from, Buffer.from('second one'));
    expect(String(await bytesOf(store, to))).toBe('first');
    await store.remove(from);
    expect(String(await bytesOf(store, to))).toBe('first');
  });

  it('removes twice as well as once', async () => {
    const key = fresh();
    await put(key, Buffer.from('x'));
    await store.remove(key);
    await store.remove(key);
    expect(await store.stat(key)).toBeUndefined();
    await expect(store.open(key).then(buffer)).rejects.toThrow();
  });

  it.each(['../secret', '/etc/passwd', 'versions/../../x', 'versions/a b', 'versions/'])(
    'knows no key %s',
    async (bad) => {
      await expect(store.sign('GET', bad, { expiresIn: 60 })).rejects.toThrow('not a storage key');
      await expect(put(bad, Buffer.from('x'))).rejects.toThrow('not a storage key');
      await expect((async () => store.stat(bad))()).rejects.toThrow('not a storage key');
    },
  );
});
