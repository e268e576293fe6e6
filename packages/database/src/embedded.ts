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
  limits: WireLimits;
  log: (fields: object, message: string) => void;
  onWorkerExit: (code: number) => void;
};

export type Embedded = {
  /** A new connection to the wire server; while the worker is restarting, it comes when that is done. */
  connect: () => Promise<MessagePort>;
  /** A tarball of the whole database, as `template` takes it. */
  dump: () => Promise<Uint8Array>;
  /** Ends the worker the hard way, as a crash does: open queries fail at once. */
  crash: () => Promise<void>;
  close: () => Promise<void>;
};

const RESTART_MS = { first: 100, longest: 5_000 };

/** Starts PGlite in a worker thread and keeps it running until closed; throws `DatabaseInUse`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const directory = options.dir === undefined ? undefined : openDirectory(options.dir);
  const ports = new Set<MessagePort>();
  let closing = false;
  let current: Promise<Worker>;

  async function start(): Promise<Worker> {
    const workerData: WorkerInput = {
      dir: directory?.dir,
      template: options.template,
      limits: options.limits,
    };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the embedded database did not start')));
    });
    worker.removeAllListeners();
    worker.on('error', (error) => options.log({ err: error }, 'the embedded database failed'));
    worker.once('exit', (code) => {
      for (const port of ports) port.close();
      if (closing) return;
      options.onWorkerExit(code);
      current = restart();
      // Whoever connects meanwhile hears of it; without anybody it is no unhandled rejection.
      current.catch(() => {});
    });
    directory?.ready();
    return worker;
  }

  async function restart(): Promise<Worker> {
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

  function channel(worker: Worker, request: 'connect' | 'dump'): MessagePort {
    const { port1, port2 } = new MessageChannel();
    ports.add(port1);
    port1.on('close', () => ports.delete(port1));
    worker.postMessage({ type: request, port: port2 } satisfies Request, [port2]);
    return port1;
  }

  current = start();
  try {
    await current;
  } catch (error) {
    directory?.unlock();
    throw error;
  }

  return {
    connect: async () => channel(await current, 'connect'),
    async dump() {
      const port = channel(await current, 'dump');
      return new Promise((resolve, reject) => {
        port.once('message', (tarball: ArrayBuffer) => resolve(new Uint8Array(tarball)));
        port.once('close', () => reject(new Error('the embedded database ended during the dump')));
      });
    },
    async crash() {
      await (await current).terminate();
    },
    async close() {
      closing = true;
      try {
        const worker = await current;
        const exited = new Promise((resolve) => worker.once('exit', resolve));
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
    if (readdirSync(dir).length === 0) writeFileSync(mark, '', { mode: 0o600 });
    return { dir, unlock, ready: () => rmSync(mark, { force: true }) };
  } catch (error) {
    unlock();
    throw error;
  }
}
