import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** Where the server programs of an installed PostgreSQL are; undefined when there is none. */
export function postgresBinaries(): string | undefined {
  const packaged = '/usr/lib/postgresql';
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : [];
  const told = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const candidates = [
    ...versions.map((version) => path.join(packaged, version, 'bin')),
    ...(told.status === 0 ? [told.stdout.trim()] : []),
    ...(process.env['PATH'] ?? '').split(path.delimiter),
  ];
  return candidates.find((dir) => ['initdb', 'postgres'].every((name) => existsSync(path.join(dir, name))));
}

/** PostgreSQL refuses to run as root; then another user of this machine runs it. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = users.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('PostgreSQL does not run as root, and neither postgres nor nobody is a user here');
}

// Ends with its standard input: also when the process that started it was killed.
const KEEPER = `
trap '' INT TERM HUP
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \\
  -c full_page_writes=off -c timezone=UTC -c max_connections=200 >"$2/log" 2>&1 &
cat >/dev/null
kill -INT $!
wait $!
cd / && rm -rf "$2"
`;

/**
 * Starts a throw-away PostgreSQL that only a socket in a temporary directory reaches. It ends, and its files go, with
 * this process, however that ends. Returns the URL of the database `postgres`.
 */
export async function startCluster(bin: string): Promise<string> {
  const user = serverUser();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'rayni-pg-'));
  if (user.uid !== undefined) chownSync(dir, user.uid, user.gid!);
  const init = spawnSync(
    path.join(bin, 'initdb'),
    ['-D', path.join(dir, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, cwd: '/', encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
  const keeper = spawn('sh', ['-c', KEEPER, 'keeper', bin, dir], {
    ...user,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keeper.unref();
  await once(keeper, 'spawn');
  const url = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(dir)}`;
  await answering(url, path.join(dir, 'log'));
  return url;
}

const START_MS = 20_000;

async function answering(url: string, logFile: string): Promise<void> {
  for (const until = Date.now() + START_MS; ; ) {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() < until) await sleep(20);
      else throw new Error(`PostgreSQL did not start: ${readFileSync(logFile, 'utf8')}`, { cause: error });
    } finally {
      await client.end().catch(() => {});
    }
  }
}
