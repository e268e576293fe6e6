import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepSecretKey } from './secret-key.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'rayni-key-')), 'data');
});
afterEach(() => rm(join(dataDir, '..'), { recursive: true, force: true }));

test('a configured key is used and nothing is written', async () => {
  expect(await keepSecretKey({ secretKey: 'given', dataDir })).toBe('given');
  await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a key is made once, for its owner alone, and is the same afterwards, also for many at once', async () => {
  const config = { secretKey: undefined, dataDir };
  const keys = await Promise.all(Array.from({ length: 10 }, () => keepSecretKey(config)));
  const [first = ''] = keys;
  expect(first.length).toBeGreaterThanOrEqual(32);
  expect(new Set([...keys, await keepSecretKey(config)])).toEqual(new Set([first]));
  expect(await readdir(dataDir)).toEqual(['secret-key']);
  const file = join(dataDir, 'secret-key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toBe(first);
});

test('a file that others may read is closed to them', async () => {
  const config = { secretKey: undefined, dataDir };
  await keepSecretKey(config);
  const file = join(dataDir, 'secret-key');
  await chmod(file, 0o644);
  await keepSecretKey(config);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a broken file is named, not used', async () => {
  const config = { secretKey: undefined, dataDir };
  await keepSecretKey(config);
  await writeFile(join(dataDir, 'secret-key'), 'short');
  await expect(keepSecretKey(config)).rejects.toThrow('remove the file');
});
