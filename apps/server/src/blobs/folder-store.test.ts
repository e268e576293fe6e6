import { execFileSync } from 'node:child_process';
import fs, { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { openFolderStore } from './folder-store.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rayni-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());

let now = new Date('2026-01-01T00:00:00Z');
const store = openFolderStore({ root, secret: 's', publicUrl: () => 'http://here', now: () => now });
const key = 'incoming/0190b3a0-0000-7000-8000-000000000001';
const other = 'versions/0190b3a0-0000-7000-8000-000000000001';

const fresh = (kind: string) => `${kind}/${crypto.randomUUID()}`;
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

  it('of a process that dies in the middle are swept once nobody can be sending them any more', async () => {
    // Kills itself when what it got so far has reached the disk.
    const dying = `
      import { readdirSync, statSync } from 'node:fs';
      import path from 'node:path';
      import { Readable } from 'node:stream';
      import { setTimeout as sleep } from 'node:timers/promises';
      const [, root, module, key] = process.argv;
      const { openFolderStore } = await import(module);
      const parts = path.join(root, 'parts');
      async function* bytes() {
        yield Buffer.alloc(5);
        while (!readdirSync(parts).some((name) => statSync(path.join(parts, name)).size > 0)) await sleep(5);
        process.kill(process.pid, 'SIGKILL');
        await sleep(60_000);
      }
      const store = openFolderStore({ root, secret: 's', publicUrl: () => '', now: () => new Date() });
      await store.put(key, Readable.from(bytes()));`;
    const module = new URL('folder-store.ts', import.meta.url).href;
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', dying, root, module, key], {
        stdio: 'pipe',
      });
    expect(run).toThrow(expect.objectContaining({ signal: 'SIGKILL' }));
    const left = readdirSync(path.join(root, 'parts'));
    expect(left).toHaveLength(1);
    expect(await store.stat(key)).toBeUndefined();

    const hour = 3_600_000;
    await store.sweepUnfinished(new Date(Date.now() - hour));
    expect(readdirSync(path.join(root, 'parts'))).toEqual(left);
    await store.sweepUnfinished(new Date(Date.now() + hour));
    expect(readdirSync(path.join(root, 'parts'))).toEqual([]);
  });

  it('that were never any are swept too', async () => {
    const empty = mkdtempSync(path.join(root, 'empty-'));
    const unused = openFolderStore({ root: empty, secret: 's', publicUrl: () => '', now: () => now });
    await unused.sweepUnfinished(new Date());
  });

  it('are on the disk before they have their name, and their name before anybody is told', async () => {
    const [first, second] = [fresh('incoming'), fresh('versions')];
    const synced: string[] = [];
    const fsync = fs.fsync;
    vi.spyOn(fs, 'fsync').mockImplementation((fd, done) => {
      synced.push(`bytes, ${existsSync(path.join(root, first)) ? 'named' : 'without a name'}`);
      fsync(fd, done);
    });
    const handle = await fs.promises.open(root);
    const prototype: Pick<typeof handle, 'sync'> = Object.getPrototypeOf(handle);
    await handle.close();
    const sync = prototype.sync;
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof handle) {
      const named = [first, second].filter((name) => existsSync(path.join(root, name)));
      synced.push(`${(await this.stat()).isDirectory() ? 'folder' : 'file'}, ${named.length} named`);
      await sync.call(this);
    });
    await store.put(first, Readable.from([Buffer.from('hello')]));
    expect(synced.splice(0)).toEqual(['bytes, without a name', 'folder, 1 named']);
    await store.copy(first, second);
    expect(synced).toEqual(['folder, 2 named']);
  });
});
