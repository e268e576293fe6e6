import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type IngestPoint, ingestPoints } from './ingest-points.ts';
import type { Order } from './mortal-worker.ts';
import { compiled } from '../testing/compiled.ts';

export type WorkerProcess = {
  /** Resolves when it works. */
  begin(env: Record<string, string>): Promise<void>;
  dieAt(point: IngestPoint): void;
  kill(): void;
  /** Where it died as it was told to, if it did; whatever else ended it. */
  ended: Promise<{ at: IngestPoint | undefined; how: string }>;
  /** Every process it started. */
  children: number[];
};

/** A worker that holds its modules and waits until it is begun; `passed` takes the points it comes by. */
export function spawnWorker(passed: Set<IngestPoint>): WorkerProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('mortal-worker.ts', import.meta.url))],
    { env: { PATH, HOME, PORT: '0', ...compiled() }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const works = Promise.withResolvers<void>();
  works.promise.catch(() => {});
  const children: number[] = [];
  let at: IngestPoint | undefined;
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (some: string) => {
    const lines = (rest + some).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [, what, name] = /^(passed|struck|child): (.*)$/.exec(line) ?? [];
      if (what === 'child') children.push(Number(name));
      const point = ingestPoints.find((one) => one === name);
      if (point && what === 'passed') passed.add(point);
      if (point && what === 'struck') at = point;
      if (line.startsWith('Rayni works on')) works.resolve();
    }
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    works.reject(new Error('It ended before it worked.'));
    return { at, how: String(signal ?? code) };
  });
  const send = (order: Order) => child.connected && child.send(order, () => {});
  return {
    begin(env) {
      send({ begin: env });
      return works.promise;
    },
    dieAt: (point) => void send({ dieAt: point }),
    kill: () => void child.kill('SIGKILL'),
    ended,
    children,
  };
}
