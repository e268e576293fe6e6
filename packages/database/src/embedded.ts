import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { lockDirectory } from './directory-lock.ts';
import type { WireLimits } from './wire-server.ts';
import type { Request, WorkerInput } from './worker.ts';

export type EmbeddedOptions = {
  dir: string | undefined;
  template: string | undefined;
  limits: WireLimits & {
    /** A statement that runs longer, in milliseconds, is ended with the worker: nothing else stops it. */
    statementMs: number;
  };
  log: (fields: object, message: string) => void;
  onWorkerExit: (code: number) => void;
};

export type Embedded = {
  /** A new connection to the wire server; while the worker is restarting, it comes when that is done. */
  connect: () => Promise<MessagePort>;
  /** A tarball of the whole database, as `template` takes it. */
  dump: () => Promise<Uint8Array>;
  close: () => Promise<void>;
};

type Running = { worker: Worker; exited: Promise<void> };

const RESTART_MS = { first: 100, longest: 5_000 };

/** Starts PGlite in a worker thread and keeps it running until closed; throws `DatabaseInUse`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const directory = options.dir === undefined ? undefined : openDirectory(options.dir);
  const ports = new Set<MessagePort>();
  let closing = false;
  let current: Promise<Running>;

  async function start(): Promise<Running> {
    const workerData: WorkerInput = {
      dir: directory?.dir,
      template: directory?.isNew === false ? undefined : options.template,
      limits: {
        lockWaitMs: options.limits.lockWaitMs,
        idleInTransactionMs: options.limits.idleInTransactionMs,
      },
    };
    // Without the flags of this process: some (--input-type) are for its entry only and would end the worker.
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, execArgv: [] });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the embedded database did not start')));
    });
    worker.on('error', (error) => options.log({ err: error }, 'the embedded database failed'));
    const unwatch = watch(worker, options.limits.statementMs, options.log);
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        unwatch();
        for (const port of ports) port.close();
        if (!closing) {
          current = restart();
          // Whoever connects meanwhile hears of it; without anybody it is no unhandled rejection.
          current.catch(() => {});
          options.onWorkerExit(code);
        }
        resolve();
      });
    });
    directory?.ready();
    return { worker, exited };
  }

  async function restart(): Promise<Running> {
    if (directory === undefined) {
      options.log({}, 'the embedded database is gone: it was in memory only');
      throw new Error('the embedded database is gone with its worker: it was in memory only');
    }
    options.log({ dir: directory.dir }, 'the embedded database ended unexpectedly and is started again');
    for (let wait = RESTART_MS.first; ; wait = Math.min(wait * 2, RESTART_MS.longest)) {
      try {
        return await start();
      } catch (error) {
        options.log({ err: error }, 'the embedded database cannot be started again yet');
        await sleep(wait);
      }
      if (closing) throw new Error('the embedded database is closed');
    }
  }

  function channel({ worker }: Running, request: 'connect' | 'dump'): MessagePort {
    const { port1, port2 } = new MessageChannel();
    ports.add(port1);
    port1.on('close', () => ports.delete(port1));
    worker.postMessage({ type: request, port: port2 } satisfies Request, [port2]);
    return port1;
  }

  async function connect(): Promise<MessagePort> {
    for (;;) {
      if (closing) throw new Error('the embedded database is closed');
      const running = await current;
      const port = channel(running, 'connect');
      // A worker can be dead some time before it is known: only its word counts.
      const greeted = await Promise.race([
        once(port, 'message').then(() => true),
        once(port, 'close').then(() => false),
      ]);
      if (greeted) return port;
      await running.exited;
    }
  }

  current = start();
  try {
    await current;
  } catch (error) {
    directory?.unlock();
    throw error;
  }

  return {
    connect,
    async dump() {
      const port = channel(await current, 'dump');
      return new Promise((resolve, reject) => {
        port.once('message', (tarball: ArrayBuffer) => resolve(new Uint8Array(tarball)));
        port.once('close', () => reject(new Error('the embedded database ended during the dump')));
      });
    },
    async close() {
      closing = true;
      try {
        const { worker, exited } = await current;
        worker.postMessage({ type: 'close' } satisfies Request, []);
        await exited;
      } catch {
        // It is gone already, and that was said.
      } finally {
        directory?.unlock();
      }
    },
  };
}

/**
 * Ends a worker whose event loop stands still for longer than `limitMs`; returns what stops that. Silence is counted in looks of this
 * thread, not by the clock: a process that was itself suspended or starved has seen one look pass, and the worker gets its time.
 */
function watch(worker: Worker, limitMs: number, log: EmbeddedOptions['log']): () => void {
  const lookMs = Math.min(limitMs / 4, 1_000);
  let silentMs: number | undefined;
  worker.on('message', () => {
    silentMs = undefined;
  });
  const endIfSilent = () => {
    if (silentMs === undefined) return;
    log({ limitMs }, 'a statement ran too long: the embedded database is ended');
    void worker.terminate();
  };
  const timer = setInterval(() => {
    if (silentMs === undefined) {
      silentMs = 0;
      worker.postMessage({ type: 'ping' } satisfies Request, []);
      return;
    }
    silentMs += lookMs;
    // Immediately, not now: after a standstill of this thread the answer is there but not read yet.
    if (silentMs > limitMs) setImmediate(endIfSilent);
  }, lookMs).unref();
  return () => clearInterval(timer);
}

/**
 * Makes the directory if need be, for this user only, and locks it. A first start that was cut short leaves a
 * database that never opens; the mark beside it tells such a directory, in which nothing was ever stored.
 */
function openDirectory(wanted: string) {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  const dir = realpathSync(wanted);
  chmodSync(dir, 0o700);
  const unlock = lockDirectory(dir);
  try {
    const mark = `${dir}.starting`;
    if (existsSync(mark))
      for (const name of readdirSync(dir)) rmSync(path.join(dir, name), { recursive: true });
    const directory = { dir, unlock, isNew: readdirSync(dir).length === 0, ready };
    function ready() {
      directory.isNew = false;
      rmSync(mark, { force: true });
    }
    if (directory.isNew) writeFileSync(mark, '', { mode: 0o600 });
    return directory;
  } catch (error) {
    unlock();
    throw error;
  }
}
