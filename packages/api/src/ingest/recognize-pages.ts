import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { addAbortSignal, type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Recognized } from './ocr-engine.ts';
import type { FromPages, ToPages } from './page-process.ts';
import { tethered } from './tethered.ts';
import { feed, residentBytes } from './watched-process.ts';

/** For one page: drawing it and recognising its words in up to four directions takes 2 to 15 s on an old machine. */
const pageMilliseconds = 90_000;
/** For the document to arrive at the process. */
const transferMilliseconds = 10 * 60_000;
const memoryBytes = 1_000 * 2 ** 20;
/** After so many pages that were given up one after another, the rest of the document is not tried. */
const mostFailures = 3;

/**
 * Recognises pages of a PDF in a process of its own, which may load addons and start workers where the reader of the PDF may not; it is
 * started for the first page that is asked for. A page that takes too long or too much memory is given up, and the process with it. It
 * rejects for faults that are not the page's: of the store, or of starting the process.
 */
export function pageRecognizer(open: () => Promise<Readable>, signal: AbortSignal | undefined) {
  let child: ChildProcess | undefined;
  let failures = 0;
  let closed = false;

  const within = (milliseconds: number) =>
    AbortSignal.any([AbortSignal.timeout(milliseconds), ...(signal ? [signal] : [])]);
  const end = () => {
    child?.kill('SIGKILL');
    child = undefined;
  };
  /** Starts the process and gives it the document. What fails here is not the fault of a page, unless the process ends early. */
  const start = async () => {
    const source = await open();
    // What breaks off when nobody reads it any more must not end the worker.
    source.on('error', () => {});
    try {
      if (closed) return;
      child = forked();
      // Without a number it was not started; the error that says why comes a moment later.
      if (child.pid === undefined) await once(child, 'spawn');
      await feed(child, addAbortSignal(within(transferMilliseconds), source)).catch((error: unknown) => {
        // A process that ended early breaks the transfer off too; that it ended shows when it is asked for the page.
        if (child && (child.exitCode ?? child.signalCode) === null) throw error;
      });
    } catch (error) {
      end();
      throw error;
    } finally {
      source.destroy();
    }
  };
  const recognize = async (page: number): Promise<Recognized | undefined> => {
    if (failures >= mostFailures) return undefined;
    if (!child) await start();
    // Closed meanwhile.
    if (!child) return undefined;
    try {
      const found = await answered(child, { page }, within(pageMilliseconds));
      failures = 0;
      return found;
    } catch (error) {
      end();
      if (signal?.aborted) throw error;
      failures++;
      return undefined;
    }
  };
  return {
    recognize,
    close() {
      closed = true;
      end();
    },
  };
}

function forked(): ChildProcess {
  const [execPath, execArgv] = tethered(process.execPath, [
    '--permission',
    '--allow-fs-read=*',
    // A page is drawn by a canvas, an addon; its words are recognised by WebAssembly in a worker.
    '--allow-addons',
    '--allow-worker',
    '--no-warnings',
  ]);
  const child = fork(fileURLToPath(new URL('./page-process.ts', import.meta.url)), [], {
    serialization: 'advanced',
    env: { MALLOC_ARENA_MAX: '1' },
    execPath,
    execArgv,
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  });
  // An error that nobody listens for would end the worker; whoever waits for the process is told of it as well.
  child.on('error', () => {});
  return child;
}

/** What the process answers; rejects when it ends, takes too much memory or the signal says so. */
async function answered(child: ChildProcess, order: ToPages, signal: AbortSignal): Promise<Recognized> {
  const over = new AbortController();
  const watch = setInterval(() => {
    if (child.pid === undefined) return;
    residentBytes(child.pid).then(
      (bytes) => bytes > memoryBytes && over.abort(new Error('Too much memory.')),
      () => {},
    );
  }, 100);
  const ended = () => over.abort(new Error('The process ended.'));
  child.once('exit', ended);
  try {
    const answer = once(child, 'message', { signal: AbortSignal.any([signal, over.signal]) });
    child.send(order, (error) => error && over.abort(error));
    const [message] = (await answer) as [FromPages];
    if (message.kind === 'failed') throw new Error(message.message);
    return message.found;
  } finally {
    clearInterval(watch);
    child.off('exit', ended);
  }
}
