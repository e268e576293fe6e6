import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Client, type Pool } from 'pg';
import { type Database, type DatabaseOptions, openDatabase } from './open-database.ts';
import { postgresBinaries, startCluster } from './test-cluster.ts';

export type TestDatabaseOptions = {
  /** Brings an empty database to the state every test starts from. */
  migrate: (pool: Pool, engine: Database['kind']) => Promise<void>;
  /** Changes when `migrate` would do something else, say a hash of the migrations. */
  key: string;
  /** PostgreSQL without one, where there is one: it opens and answers several times faster. What concerns engines is tested on each. */
  engine?: Database['kind'];
} & Pick<DatabaseOptions, 'max' | 'limits' | 'log'>;

/** The engines this machine can test on: embedded always, PostgreSQL with TEST_DATABASE_URL or installed binaries. */
export function testEngines(): Database['kind'][] {
  if (process.env['TEST_DATABASE_URL'] || postgresBinaries() !== undefined) return ['embedded', 'postgres'];
  if (!warned)
    console.warn('NOT TESTED on PostgreSQL: set TEST_DATABASE_URL or install its server programs.');
  warned = true;
  return ['embedded'];
}

let warned = false;

/** A database of its own in the state `migrate` makes, from a template made once; closing it removes it. */
export async function testDatabase(options: TestDatabaseOptions): Promise<Database> {
  const { migrate, key, engine = fastest(), ...rest } = options;
  if (engine === 'embedded') return openDatabase({ ...rest, template: await templateFile({ key, migrate }) });
  const fresh = await testPostgres({ template: { key, migrate } });
  if (fresh === undefined) throw new Error('no PostgreSQL to test on: ask testEngines() first');
  const database = await openDatabase({ ...rest, url: fresh.url });
  const close = async () => {
    await database.close();
    await fresh.drop();
  };
  return { ...database, close, [Symbol.asyncDispose]: close };
}

const fastest = () => testEngines().at(-1) ?? 'embedded';

type Template = Pick<TestDatabaseOptions, 'migrate' | 'key'>;

const DAY_MS = 86_400_000;

async function templateFile({ key, migrate }: Template): Promise<string> {
  return tarball(key, async () => {
    // From an empty one, which is the same for all: setting that up is the slow part.
    const database = await openDatabase({ template: await tarball('', () => openDatabase()) });
    await migrate(database.pool, database.kind);
    return database;
  });
}

/** The file with what `make` makes, made when missing; two processes that make it at once make the same. */
async function tarball(key: string, make: () => Promise<Database>): Promise<string> {
  const dir = path.join(os.tmpdir(), `rayni-templates-${process.getuid?.() ?? 0}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  // The path holds the engine's version, and files of another version do not open.
  const engine = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const file = path.join(dir, `${digest(`${engine} ${key}`)}.tar`);
  if (existsSync(file)) {
    // One in use is never old: another process may be about to read it.
    utimesSync(file, new Date(), new Date());
    return file;
  }
  for (const name of readdirSync(dir)) {
    const old = path.join(dir, name);
    const { mtimeMs } = statSync(old, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > DAY_MS) rmSync(old, { force: true });
  }
  await using database = await make();
  const part = `${file}.${randomUUID()}`;
  writeFileSync(part, await database.dump());
  renameSync(part, file);
  return file;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/**
 * The URL of a fresh PostgreSQL database and what drops it: on `url`, on TEST_DATABASE_URL, or on a server of this
 * process's own that ends with it. Undefined when there is no PostgreSQL.
 */
export async function testPostgres(
  options: { url?: string; template?: Template } = {},
): Promise<{ url: string; drop(): Promise<void> } | undefined> {
  const shared = options.url ?? process.env['TEST_DATABASE_URL'];
  const server = shared ?? (await ownCluster());
  if (server === undefined) return undefined;
  // On a server that stays, templates would pile up.
  const template = options.template;
  if (template !== undefined && shared === undefined) {
    let made = templates.get(template.key);
    if (made === undefined) {
      made = templateOn(server, template);
      templates.set(template.key, made);
    }
    return handle(server, await createDatabase(server, await made));
  }
  const name = await createDatabase(server);
  if (template !== undefined) await migrated(server, name, template);
  return handle(server, name);
}

const templates = new Map<string, Promise<string>>();
let cluster: Promise<string> | undefined;

/** That of the whole run, else one of this process's own. */
function ownCluster(): Promise<string> | undefined {
  if (process.env['TEST_CLUSTER']) return Promise.resolve(process.env['TEST_CLUSTER']);
  const bin = postgresBinaries();
  if (bin === undefined) return undefined;
  cluster ??= startCluster(bin);
  return cluster;
}

async function createDatabase(server: string, template = 'template0'): Promise<string> {
  const name = `rayni_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, (client) => client.query(`create database ${name} template ${template}`));
  return name;
}

/** The template with that key, made by the first who needs it; the other processes of the run wait for it. */
async function templateOn(server: string, template: Template): Promise<string> {
  const name = `rayni_template_${digest(template.key)}`;
  await onServer(server, async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    const made = await migrated(server, await createDatabase(server), template);
    await client.query(`alter database ${made} rename to ${name}`);
  });
  return name;
}

async function migrated(server: string, name: string, template: Template): Promise<string> {
  await using database = await openDatabase({ url: onDatabase(server, name) });
  await template.migrate(database.pool, database.kind);
  return name;
}

const handle = (server: string, name: string) => ({
  url: onDatabase(server, name),
  drop: () => onServer(server, (client) => client.query(`drop database if exists ${name} with (force)`)),
});

async function onServer(url: string, run: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    await run(client);
  } finally {
    await client.end();
  }
}

function onDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
