import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compiled } from './compiled.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export type ServerProcess = AsyncDisposable & {
  child: ChildProcess;
  /** Everything it printed so far, both streams. */
  printed: () => string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The address it says it answers on. */
  ready: Promise<string>;
};

/** The server as `npm start` begins it, with nothing of this process's own configuration. */
export function startProcess(variables: Record<string, string>): ServerProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'warn', ...compiled(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const ready = Promise.withResolvers<string>();
  ready.promise.catch(() => {});
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [, url] = /Rayni (?:answers|works) on (\S+)\n/.exec(text) ?? [];
      if (url) ready.resolve(url.replace('localhost', '127.0.0.1'));
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    ready.reject(new Error(`it ended with ${String(code ?? signal)}:\n${text}`));
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return {
    child,
    printed: () => text,
    ended,
    ready: ready.promise,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
