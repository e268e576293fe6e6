import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { tethered } from './tethered.ts';
import { residentBytes } from './watched-process.ts';

/** How a program ended that was not stopped. */
export type Ran = { code: number | null; stdout: Buffer; stderr: string };

export type RunLimits = {
  milliseconds: number;
  /** Of standard output; whoever writes more is stopped. */
  outputBytes?: number;
  /** Resident. */
  memoryBytes?: number;
};

/** A program that was stopped because it took more than it may. */
export class ProgramStopped extends Error {
  override readonly name = 'ProgramStopped';
}

/**
 * Runs a program on a file that may be made to do harm: with an empty environment, at low priority, without input, killed when the signal fires
 * (then the signal's reason is thrown) or when it takes too long, too much memory or says too much (`ProgramStopped`). Of what it reports the
 * last 4 MB are kept.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { milliseconds, outputBytes = 16 * 2 ** 20, memoryBytes = 2 ** 30 }: RunLimits,
  signal: AbortSignal,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(...tethered(program, args), { env: {}, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
    let fault: unknown;
    const stop = (reason: unknown) => {
      fault ??= reason;
      child.kill('SIGKILL');
    };
    const abort = () => stop(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => stop(new ProgramStopped('It took too long.')), milliseconds);
    const watch = setInterval(() => {
      if (child.pid === undefined) return;
      residentBytes(child.pid).then(
        (bytes) => bytes > memoryBytes && stop(new ProgramStopped('It needed too much memory.')),
        // No /proc on this system, or it has just ended.
        () => {},
      );
    }, 200);
    const stdout: Buffer[] = [];
    let said = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.length;
      if (said > outputBytes) stop(new ProgramStopped('It wrote too much.'));
      else stdout.push(bytes);
    });
    let stderr = '';
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (stderr = (stderr + text).slice(-4 * 2 ** 20)));
    child.once('spawn', () => {
      try {
        if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
      } catch {
        // It has just ended.
      }
    });
    const settle = (end: () => void) => {
      clearTimeout(timer);
      clearInterval(watch);
      signal.removeEventListener('abort', abort);
      end();
    };
    child.once('error', (error) => settle(() => reject(fault ?? error)));
    child.once('close', (code) =>
      settle(() => {
        if (fault !== undefined) reject(fault);
        // The program itself is missing: that is no word about the file.
        else if (stderr.startsWith('setpriv: failed to execute')) reject(new Error(stderr.trim()));
        else resolve({ code, stdout: Buffer.concat(stdout), stderr });
      }),
    );
  });
}
