import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { openFolderStore } from './folder-store.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rayni-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let now = new Date('2026-01-01T00:00:00Z');
const store = openFolderStore({ root, secret: 's', publicUrl: () => 'http://here', now: () => now });
const key = 'incoming/0190b3a0-0000-7000-8000-000000000001';
const other = 'versions/0190b3a0-0000-7000-8000-000000000001';

const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

describe('a signed address', () => {
  it('allows its method on its key until it expires', async () => {
    const { url } = await store.sign('PUT', key, { expiresIn: 60, maxBytes: 10 });
    expect(new URL(url).pathname).toBe(`/files/${key}`);
    expect(store.verify('PUT', key, queryOf(url))).toMatchObject({ key, maxBytes: 10 });
    expect(store.verify('GET', key, queryOf(url))).toBeUndefined();
    expect(store.verify('PUT', other, queryOf(url))).toBeUndefined();
    now = new Date(now.getTime() + 61_000);
    expect(store.verify('PUT', key, queryOf(url))).toBeUndefined();
  });

  it('is worth nothing when any part of it is changed', async () => {
    const { url } = await store.sign('GET', key, {
      expiresIn: 60,
      maxBytes: 10,
      contentType: 'a/b',
      filename: 'x.pdf',
    });
    const query = queryOf(url);
    expect(store.verify('GET', key, query)).toBeDefined();
    expect(store.verify('HEAD', key, query)).toBeDefined();
    for (const name of Object.keys(query)) {
      expect(store.verify('GET', key, { ...query, [name]: `${query[name]}1` })).toBeUndefined();
      expect(store.verify('GET', key, { ...query, [name]: undefined })).toBeUndefined();
    }
    const foreign = openFolderStore({ root, secret: 't', publicUrl: () => '', now: () => now });
    expect(foreign.verify('GET', key, query)).toBeUndefined();
  });

  it.each(['../secret', 'incoming/../../etc/passwd', '/etc/passwd', 'incoming/%2e%2e', 'incoming/a b'])(
    'is never made for %s',
    async (bad) => {
      await expect(store.sign('GET', bad, { expiresIn: 60 })).rejects.toThrow('not a storage key');
      expect(store.verify('GET', bad, {})).toBeUndefined();
    },
  );
});

describe('received bytes', () => {
  it('are kept whole, found, read in ranges, copied and removed', async () => {
    expect(
      await store.receive(key, Readable.from([Buffer.from('hello '), Buffer.from('world')]), 100),
    ).toEqual({ size: 11 });
    expect(await store.stat(key)).toEqual({ size: 11 });
    expect(await text(await store.open(key, { start: 6, end: 8 }))).toBe('wor');
    expect(await store.copy(key, other)).toBe(true);
    await store.remove(key);
    await store.remove(key);
    expect(await store.copy(key, other)).toBe(false);
    expect(await text(await store.open(other))).toBe('hello world');
  });

  it('are thrown away when they are more than allowed or break off', async () => {
    expect(await store.receive(key, Readable.from([Buffer.alloc(11)]), 10)).toBeUndefined();
    const broken = new Readable({
      read() {
        this.push(Buffer.alloc(5));
        this.destroy(new Error('gone'));
      },
    });
    await expect(store.receive(key, broken, 10)).rejects.toThrow('gone');
    expect(await store.stat(key)).toBeUndefined();
    expect(readdirSync(path.join(root, 'parts'))).toEqual([]);
  });
});
