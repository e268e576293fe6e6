import { spawn } from 'node:child_process';
import path from 'node:path';
import { compiled } from './compiled.ts';

/** How a command ended and what it said. */
export type Ran = { code: number | null; out: string; err: string };

const commands = path.join(import.meta.dirname, '../cli');

/** Runs a command of that name in a folder as a process of its own, with these variables and `PATH` alone; `onOutput` may interrupt it. */
export function runCommand(
  [name, ...args]: [string, ...string[]],
  {
    cwd,
    env,
    onOutput,
  }: {
    cwd: string;
    env: Record<string, string>;
    onOutput?: ((out: string, interrupt: () => void) => void) | undefined;
  },
): Promise<Ran> {
  const child = spawn(process.execPath, [path.join(commands, `${name}.ts`), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...compiled(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  // A second Ctrl-C would end the process at once, as it should.
  let interrupted = false;
  const interrupt = () => {
    if (!interrupted) child.kill('SIGINT');
    interrupted = true;
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOutput?.(out, interrupt);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
