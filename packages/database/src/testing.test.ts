import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Client, type Pool } from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { testDatabase, testEngines, testPostgres } from './testing.ts';

// A first start takes seconds of one core, on a busy machine much longer.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.each(testEngines())('a test database on %s', (engine) => {
  test('is migrated once for a key, and each is one of its own', async () => {
    let migrations = 0;
    const options = {
      engine,
      key: 'testing.test 1',
      migrate: async (pool: Pool) => {
        migrations += 1;
        await pool.query('create table things (n int); insert into things values (1)');
      },
    };
    await using first = await testDatabase(options);
    await first.pool.query('delete from things');
    await using second = await testDatabase(options);
    expect((await second.pool.query('select n from things')).rows).toEqual([{ n: 1 }]);
    expect((await first.pool.query('select n from things')).rows).toEqual([]);
    // Not at all when an earlier run left its template; on a shared server none is kept.
    if (!process.env['TEST_DATABASE_URL']) expect(migrations).toBeLessThan(2);
  });
});

describe.skipIf(!testEngines().includes('postgres'))('a PostgreSQL for tests', () => {
  test('is fresh, and gone when dropped', async () => {
    const fresh = (await testPostgres())!;
    const ask = async () => {
      const client = new Client({ connectionString: fresh.url });
      client.on('error', () => {});
      try {
        await client.connect();
        return (await client.query("select count(*)::int as n from pg_tables where schemaname = 'public'"))
          .rows;
      } finally {
        await client.end();
      }
    };
    expect(await ask()).toEqual([{ n: 0 }]);
    await fresh.drop();
    await expect(ask()).rejects.toMatchObject({ code: '3D000' });
  });

  test.skipIf(process.env['TEST_DATABASE_URL'])(
    'goes with the process that started it, even by kill -9',
    async () => {
      const script = `
      import { testPostgres } from ${JSON.stringify(new URL('./testing.ts', import.meta.url).href)};
      console.log((await testPostgres()).url);
      setInterval(() => {}, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
        // Not the one of this run.
        env: { PATH: process.env['PATH'] },
      });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const dir = new URL(said.toString().trim()).searchParams.get('host')!;
      expect(existsSync(dir)).toBe(true);
      child.kill('SIGKILL');
      await expect.poll(() => existsSync(dir), { timeout: 20_000 }).toBe(false);
    },
  );
});
