import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { migrate, toDb } from '@rayni/api';
import { insertAccount, insertInstrument } from '@rayni/api/testing';
import { type Database, openDatabase } from '@rayni/database';
import { testPostgres } from '@rayni/database/testing';
import { startBadNetwork } from './bad-network.ts';
import { seeded } from './random.ts';

/** Where a run happens: a database with one public instrument and one administrator, and what its processes are told of it. */
export type Scene = AsyncDisposable & {
  instrumentId: string;
  email: string;
  env: Record<string, string>;
  /** Where the database listens; undefined for the embedded one. */
  listens: { path: string } | { port: number; host: string } | undefined;
  /** The variables that lead to the database by way of that port. */
  behind(port: number): Record<string, string>;
  /** The database to look into, once no process has it any more. */
  open(): Promise<Database>;
};

const email = 'torture@rayni.test';

/** On `url` or a throw-away PostgreSQL, or embedded; undefined without a PostgreSQL. */
export async function setScene(engine: Database['kind'], url?: string): Promise<Scene | undefined> {
  const fresh = engine === 'postgres' ? await testPostgres(url === undefined ? {} : { url }) : undefined;
  if (engine === 'postgres' && !fresh) return undefined;
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'rayni-torture-'));
  const open = () => openDatabase(fresh ? { url: fresh.url } : { dir: path.join(dataDir, 'db') });
  const instrumentId = await furnish(await open());
  return {
    instrumentId,
    email,
    env: {
      DATA_DIR: dataDir,
      SECRET_KEY: 'a secret key of a test, 32 characters long',
      LOG_LEVEL: 'silent',
      METRICS_PORT: 'off',
      RATE_LIMITS: 'login=off,questions=off,feedback=off,uploads=off,answers=off,streams=off',
    },
    listens: fresh && listensAt(new URL(fresh.url)),
    behind(port) {
      if (!fresh) return {};
      const by = new URL(fresh.url);
      by.searchParams.delete('host');
      by.host = `127.0.0.1:${port}`;
      return { DATABASE_URL: by.href };
    },
    open,
    async [Symbol.asyncDispose]() {
      await fresh?.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The variables of a scene whose database is reached by a port, which every environment can name, until the stack is disposed of. */
export async function byPort(scene: Scene, stack: AsyncDisposableStack): Promise<Record<string, string>> {
  const network = await startBadNetwork({
    targets: () => (scene.listens ? [scene.listens] : []),
    bad: 0,
    afterBytes: { from: 0, to: 0 },
    afterMs: { from: 0, to: 0 },
    darkMs: { from: 0, to: 0 },
    random: seeded(0),
  });
  stack.defer(() => network.close());
  return { ...scene.env, ...scene.behind(network.port) };
}

async function furnish(database: Database): Promise<string> {
  await using opened = database;
  const db = toDb(opened);
  await migrate(db.query);
  const app = { db, clock: { now: () => new Date() } };
  await insertAccount(app, { isAdmin: true, email });
  return await insertInstrument(app, { name: 'Oven' });
}

function listensAt({ hostname, port, searchParams }: URL) {
  const dir = searchParams.get('host');
  return dir?.startsWith('/')
    ? { path: path.join(dir, `.s.PGSQL.${port || 5432}`) }
    : { port: Number(port || 5432), host: dir ?? hostname };
}
