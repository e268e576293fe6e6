// Runs before `npm start` and `npm test`, on whatever Node the machine has (20 or newer), with nothing installed.
// Installs the locked dependencies when they are missing or a manifest changed; otherwise costs a few milliseconds.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.rayni-installed');
const wantedMajor = 24;

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) fail(`Rayni needs Node 20 or newer to set itself up; this is ${process.version}.`);

const print = fingerprint();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== print) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  console.log(`Installing dependencies with ${packageManager} (only when a manifest changed) …`);
  const ran = spawnSync(
    'npx',
    ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      shell: process.platform === 'win32',
      env: { ...process.env, CI: 'true' },
    },
  );
  if (ran.status !== 0)
    fail(
      `${ran.stdout ?? ''}${ran.stderr ?? ''}\nInstalling failed (${ran.error?.message ?? `exit code ${ran.status}`}).`,
    );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, print);
}
checkNode();

/** The hash of everything an install depends on, and of the platform it was made for. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const group of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, group)).sort())
      manifests.push(join(group, name, 'package.json'));
  }
  for (const file of manifests)
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** npm puts node_modules/.bin first on the PATH of scripts: the pinned Node there, else the machine's own, must be 24 or newer. */
function checkNode() {
  const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  let version = process.version;
  try {
    if (existsSync(pinned))
      version = execFileSync(pinned, ['--version'], {
        encoding: 'utf8',
        shell: process.platform === 'win32',
      }).trim();
  } catch {
    // A pinned Node that does not run here falls back to the machine's own, checked below.
  }
  if (Number(version.slice(1).split('.')[0]) < wantedMajor) {
    fail(
      `Rayni runs on Node ${wantedMajor}. The pinned one could not be installed here and this machine has ${process.version}: install Node ${wantedMajor} and try again.`,
    );
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
