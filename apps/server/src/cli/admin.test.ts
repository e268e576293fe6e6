import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { acceptInvitation, newId, toDb } from '@rayni/api';
import { openDatabase } from '@rayni/database';
import { testEngines, testPostgres } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJobs } from '../jobs/boss.ts';
import { runCommand } from '../testing/run-command.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'rayni-admin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const admin = (args: string[], env: Record<string, string>) =>
  runCommand(['admin', ...args], { cwd: folder, env });

describe.each(testEngines())('npm run admin on %s', (engine) => {
  let env: Record<string, string>;
  let database: Parameters<typeof openDatabase>[0];
  let drop = async () => {};
  beforeAll(async () => {
    const dataDir = path.join(folder, engine);
    env = { DATA_DIR: dataDir, PORT: '8123' };
    database = { dir: path.join(dataDir, 'db') };
    if (engine === 'embedded') return;
    const postgres = await testPostgres();
    if (!postgres) throw new Error('no PostgreSQL');
    env['DATABASE_URL'] = postgres.url;
    database = { url: postgres.url };
    drop = () => postgres.drop();
  });
  afterAll(() => drop());

  it('makes the first admin of an installation, who comes by the printed link', async () => {
    const { code, out, err } = await admin(
      ['invite', 'Ada@Example.org', '--admin', '--role', 'instrument_manager', '--name', 'Ada'],
      env,
    );
    expect(err).toContain('ada@example.org is invited as an administrator');
    expect(code).toBe(0);
    const [, token] = /^http:\/\/localhost:8123\/auth\/invite\/([\w-]{43})\n$/.exec(out) ?? [];
    {
      await using opened = await openDatabase(database);
      const app = { db: toDb(opened), clock: { now: () => new Date() } };
      expect(await acceptInvitation(app, token!)).toMatchObject({
        email: 'ada@example.org',
        name: 'Ada',
        isAdmin: true,
        role: 'instrument_manager',
      });
      const audit = await app.db.query.selectFrom('audit_entry').select(['action', 'actor']).execute();
      expect(audit).toContainEqual({ action: 'user.invited', actor: null });
    }
    expect((await admin(['disable', 'ada@example.org'], env)).err).toContain('the last active administrator');
    expect((await admin(['users'], env)).out).toBe('ada@example.org  active  admin  Ada\n');
  }, 120_000);

  it('disables and enables', async () => {
    await admin(['invite', 'ben@example.org'], env);
    expect(await admin(['disable', 'BEN@example.org'], env)).toMatchObject({ code: 0 });
    expect((await admin(['users'], env)).out).toContain('ben@example.org  disabled');
    const { code, out } = await admin(['enable', 'ben@example.org'], env);
    expect(code).toBe(0);
    expect(out).toContain('ben@example.org is invited');
  }, 120_000);

  // What it asks of the queue is held on both engines beside the queue itself.
  it.runIf(engine === 'embedded')(
    'lists jobs, and cancels one',
    async () => {
      const ids: string[] = [];
      {
        await using opened = await openDatabase(database);
        const quiet = { debug() {}, info() {}, warn() {}, error() {} };
        const queue = await openJobs(opened, quiet);
        await toDb(opened).transaction((trx) => queue.jobs.enqueue(trx, 'ingest', { versionId: newId() }));
        ids.push((await queue.jobs.list({ name: 'ingest' }, { limit: 1, offset: 0 })).jobs[0]!.id);
        await queue.stop();
      }
      const [id = ''] = ids;
      const cancelled = await admin(['jobs', 'cancel', id], env);
      expect(cancelled).toMatchObject({
        code: 0,
        out: expect.stringMatching(`^${id}  ingest  cancelled  0 tries`),
      });
      const listed = await admin(['jobs', '--state', 'cancelled'], env);
      expect(listed).toMatchObject({ code: 0, out: cancelled.out, err: '1 job\n' });
    },
    120_000,
  );
});

describe('npm run admin', () => {
  it('says what to do while a server has the embedded database', async () => {
    const dataDir = path.join(folder, 'in-use');
    await using _ = await openDatabase({ dir: path.join(dataDir, 'db') });
    const { code, out, err } = await admin(['users'], { DATA_DIR: dataDir });
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('A running Rayni has the embedded database');
    expect(err).toContain('Stop it, run this command, and start it again');
  }, 60_000);

  it.each([
    [['--help'], 0],
    [[], 2],
    [['nonsense'], 2],
    [['invite'], 2],
    [['invite', 'ada@example.org', '--role', 'king'], 2],
  ] as const)('%j ends with %i and opens nothing', async (args, expected) => {
    const { code, out, err } = await admin([...args], { DATA_DIR: path.join(folder, 'unopened') });
    expect(code).toBe(expected);
    expect(out + err).not.toMatch(/^\s+at /m);
    expect(existsSync(path.join(folder, 'unopened'))).toBe(false);
  });

  it.each([
    [{ DEBUG: '0' }, 2, 'SECRET_KEY'],
    [{}, 1, 'Nobody has the e-mail'],
  ])(
    'with %j ends with %i',
    async (env, expected, says) => {
      const { code, err } = await admin(['enable', 'nobody@example.org'], {
        DATA_DIR: path.join(folder, 'empty'),
        ...(env as Record<string, string>),
      });
      expect(code).toBe(expected);
      expect(err).toContain(says);
    },
    60_000,
  );
});
