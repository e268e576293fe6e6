import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from './open-database.ts';
import { testDatabase } from './testing.ts';

// A first start takes seconds of one core, on a busy machine much longer.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const room = mkdtempSync(path.join(os.tmpdir(), 'rayni-embedded-'));
// Most tests start from a tarball: the first start of an empty directory takes seconds.
const template = path.join(room, 'template.tar');
const children = new Set<ChildProcess>();

beforeAll(async () => {
  await using database = await testDatabase({
    engine: 'embedded',
    key: 'embedded.test 1',
    migrate: async (pool) => void (await pool.query('create table rows (id text primary key)')),
  });
  writeFileSync(template, await database.dump());
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(room, { recursive: true, force: true });
});

const newDir = () => path.join(mkdtempSync(path.join(room, 'd-')), 'db');

/** Runs a module that has `openDatabase`, `dir` and `template` in a process of its own. */
function run(dir: string, code: string): ChildProcess {
  const script = `
    import { openDatabase } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const dir = ${JSON.stringify(dir)}, template = ${JSON.stringify(template)};
    ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const rejection = (promise: Promise<unknown>): Promise<Error & { dir?: string }> =>
  promise.then(
    () => expect.unreachable('should have been rejected'),
    (error: unknown) => error as Error,
  );

/** Keeps the backend busy until its worker is ended. */
const endless = (database: Database) => database.pool.query('select count(*) from generate_series(1, 1e12)');

test('what was written is there when the directory is opened again, for this user only', async () => {
  const dir = newDir();
  mkdirSync(dir, { mode: 0o755 });
  {
    await using database = await openDatabase({ dir });
    await database.pool.query("create table rows (id text); insert into rows values ('kept')");
  }
  await using database = await openDatabase({ dir });
  expect((await database.pool.query('select id from rows')).rows).toEqual([{ id: 'kept' }]);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
});

test('a dump is the whole database, and a new one starts from it', async () => {
  const dir = newDir();
  {
    await using database = await openDatabase({ dir, template });
    const client = await database.pool.connect();
    await client.query("begin; insert into rows values ('committed')");
    const dump = database.dump();
    await client.query('commit');
    client.release();
    writeFileSync(`${dir}.tar`, await dump);
  }
  await using copy = await openDatabase({ template: `${dir}.tar` });
  expect((await copy.pool.query('select id from rows')).rows).toEqual([{ id: 'committed' }]);
});

test('a directory in use is refused, by whatever name, until the process that has it is gone', async () => {
  const dir = newDir();
  const child = run(dir, "await openDatabase({ dir, template }); console.log('open')");
  await once(child.stdout!, 'data');
  const link = `${dir}-link`;
  symlinkSync(dir, link);
  for (const name of [dir, link]) {
    const error = await rejection(openDatabase({ dir: name }));
    expect(error.name).toBe('DatabaseInUse');
    expect(error.dir).toBe(dir);
    expect(error.message).toContain(`${dir} is in use by another process`);
  }
  await killed(child);
  await using database = await openDatabase({ dir });
  expect((await rejection(openDatabase({ dir }))).name).toBe('DatabaseInUse');
  expect((await database.pool.query('select count(*) from rows')).rows).toEqual([{ count: 0 }]);
});

test('nothing that was acknowledged is lost by kill -9', async () => {
  const dir = newDir();
  const acknowledged: string[] = [];
  for (const [round, count] of [1, 40, 150].entries()) {
    const child = run(
      dir,
      `const database = await openDatabase({ dir, template: ${round === 0 ? 'template' : 'undefined'} });
       const write = async (name) => {
         for (let i = 0; ; i++) {
           const { rows } = await database.pool.query(
             "insert into rows select $1::text || n from generate_series(1, 20) n returning id",
             ['${round}-' + name + '-' + i + '-']);
           for (const { id } of rows) console.log(id);
         }
       };
       await Promise.all(['a', 'b', 'c'].map(write));`,
    );
    let lines = 0;
    for await (const id of createInterface({ input: child.stdout! })) {
      acknowledged.push(id);
      lines += 1;
      if (lines === count) child.kill('SIGKILL');
    }
  }
  await using database = await openDatabase({ dir });
  const { rows } = await database.pool.query<{ id: string }>('select id from rows');
  const kept = new Set(rows.map(({ id }) => id));
  expect(acknowledged.length).toBeGreaterThanOrEqual(191);
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
});

test('a first start that was killed halfway does not spoil the directory', async () => {
  const dir = newDir();
  const child = run(dir, 'await openDatabase({ dir, template });');
  await expect
    .poll(() => existsSync(dir) && readdirSync(dir).length > 0, { timeout: 20_000, interval: 1 })
    .toBe(true);
  await killed(child);
  expect(existsSync(`${dir}.starting`)).toBe(true);
  await using database = await openDatabase({ dir, template });
  expect((await database.pool.query('select count(*) from rows')).rows).toEqual([{ count: 0 }]);
  expect(existsSync(`${dir}.starting`)).toBe(false);
});

test('a statement without end is ended with its worker, and the database comes back', async () => {
  const exits: number[] = [];
  await using database = await openDatabase({
    dir: newDir(),
    template,
    limits: { statementMs: 3_000 },
    onWorkerExit: (code) => exits.push(code),
  });
  const heard: (string | undefined)[] = [];
  await database.listen('answers', (payload) => heard.push(payload));
  await database.pool.query("insert into rows values ('before')");
  // Two connections are there before the standstill: one that is made meanwhile waits for the next worker, and succeeds.
  await Promise.all([database.pool.query('select 1'), database.pool.query('select 1')]);
  const [endlessError, waitingError] = await Promise.all([
    rejection(endless(database)),
    rejection(database.pool.query('select 1')),
  ]);
  expect(endlessError.message).toContain('Connection terminated unexpectedly');
  expect(waitingError.message).toContain('Connection terminated unexpectedly');
  const { rows } = await database.pool.query("insert into rows values ('after') returning id");
  expect(rows).toEqual([{ id: 'after' }]);
  expect((await database.pool.query('select id from rows order by id')).rows).toHaveLength(2);
  expect(exits).toEqual([1]);
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual([undefined]);
  await database.pool.query("notify answers, 'again'");
  await expect.poll(() => heard).toEqual([undefined, 'again']);
});

test('a database in memory that lost its worker says so', async () => {
  await using database = await openDatabase({ template, limits: { statementMs: 3_000 } });
  await rejection(endless(database));
  expect((await rejection(database.pool.query('select 1'))).message).toContain('it was in memory only');
});

test('a long statement does not stop this thread', async () => {
  await using database = await openDatabase({ template });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  let lasted = 0;
  for (let rows = 1_000_000; lasted < 1_000; rows *= 2) {
    delay.reset();
    delay.enable();
    const from = performance.now();
    await database.pool.query('select count(*) from generate_series(1, $1::int)', [rows]);
    lasted = performance.now() - from;
    delay.disable();
  }
  // Were it this thread's own work, the longest gap would be the whole statement.
  expect(delay.max / 1e6).toBeLessThan(lasted / 2);
});

test('a process that closed its database ends by itself', async () => {
  const child = run(
    newDir(),
    `const database = await openDatabase({ dir, template });
     await database.listen('answers', () => {});
     await Promise.all([1, 2, 3].map((n) => database.pool.query('select $1::int', [n])));
     await database.close();
     console.log('closed');`,
  );
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(said.toString()).toBe('closed\n');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
