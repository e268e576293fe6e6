import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'rayni-recording-';
/** No job lasts as long: what is older was left by a process that was killed. */
const staleMs = 24 * 3_600_000;

/** An empty folder below the system's temporary one, which goes with all that is in it at the end of its scope. */
export async function scratchFolder(): Promise<AsyncDisposable & { path: string }> {
  await sweepStale();
  const path = await mkdtemp(join(tmpdir(), prefix));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function sweepStale() {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const path = join(tmpdir(), name);
    // Somebody else's, or gone already.
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > staleMs)
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
