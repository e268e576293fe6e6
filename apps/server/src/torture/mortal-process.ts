import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type FaultPoint, faultPoints } from './fault-points.ts';
import type { Order } from './mortal.ts';
import { compiled } from '../testing/compiled.ts';

/** A server process that can be told where to die; it holds its modules and waits until it is begun. */
export type MortalProcess = {
  /** Resolves with the port it listens on; rejects when it ended before that. */
  begin(env: Record<string, string>): Promise<number>;
  /** From now on, the next time it comes by one of these points; never for none. */
  order(at: readonly FaultPoint[], signal: 'SIGKILL' | 'SIGSTOP'): void;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** How it ended. */
  ended: Promise<string>;
};

/** Starts one; `pass` hears of every point that it comes by for the first time, `fault` of the one where it does as ordered. */
export function spawnMortal(on: {
  pass: (point: FaultPoint) => void;
  fault: (point: FaultPoint) => void;
}): MortalProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('mortal.ts', import.meta.url))],
    {
      env: { PATH, HOME, PORT: '0', ...compiled() },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const listening = Promise.withResolvers<number>();
  listening.promise.catch(() => {});
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (some: string) => {
    const lines = (rest + some).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [, what, name] = /^(passed|struck): (.*)$/.exec(line) ?? [];
      const point = faultPoints.find((one) => one === name);
      if (point) (what === 'passed' ? on.pass : on.fault)(point);
      const port = /^Rayni (?:answers|works) on http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
      if (port) listening.resolve(Number(port));
    }
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    listening.reject(new Error('It ended before it listened.'));
    return String(signal ?? code);
  });
  // It may end between two words to it.
  const send = (order: Order) => child.connected && child.send(order, () => {});
  return {
    begin(env) {
      send({ begin: env });
      return listening.promise;
    },
    order: (at, signal) => void send({ at, signal }),
    signal: (signal) => void child.kill(signal),
    ended,
  };
}
