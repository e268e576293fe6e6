import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export type RayniProcess = AsyncDisposable & {
  url: string;
  pid: number;
  /** Milliseconds from the start of the process until it called itself ready. */
  startedIn: number;
};

const patienceMs = 180_000;
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const manifest = z.object({ scripts: z.object({ start: z.string() }) });

/** `npm start` without npm, in a process of its own with these variables and no others of Rayni's; resolves when it answers. */
export async function startRayni(env: Record<string, string>): Promise<RayniProcess> {
  const began = performance.now();
  const { scripts } = manifest.parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
  // By the script itself: it tells Node how to go about memory.
  const child = spawn('sh', ['-c', scripts.start], {
    cwd: root,
    env: {
      PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
      PORT: '0',
      METRICS_PORT: 'off',
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await Promise.race([
    welcomed(child.stdout),
    exited.then(() => undefined),
    sleep(patienceMs, undefined, { ref: false }),
  ]);
  const startedIn = performance.now() - began;
  if (url === undefined) {
    child.kill('SIGKILL');
    throw new Error('Rayni did not start.');
  }
  return {
    url,
    pid: child.pid!,
    startedIn,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The address in the line that the server prints once it answers; the rest of the output is read and dropped. */
function welcomed(output: NodeJS.ReadableStream): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  output.setEncoding('utf8').on('data', (some: string) => {
    text += some;
    const url = /Rayni answers on (http:\/\/\S+)/.exec(text)?.[1];
    if (url) resolve(url);
  });
  return promise;
}
