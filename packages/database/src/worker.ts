import { readFile } from 'node:fs/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { type WireLimits, wireServer } from './wire-server.ts';

/** What the worker is started with. */
export type WorkerInput = {
  /** Absolute; in memory without one. */
  dir: string | undefined;
  /** A tarball made by `dump`, for a new database. */
  template: string | undefined;
  limits: WireLimits;
};

/** What the main thread asks of the worker. */
export type Request =
  | { type: 'connect'; port: MessagePort }
  | { type: 'dump'; port: MessagePort }
  | { type: 'ping' }
  | { type: 'close' };

const { dir, template, limits } = workerData as WorkerInput;
const parent = parentPort!;

const database = await PGlite.create({
  ...(dir !== undefined && { dataDir: dir }),
  ...(template !== undefined && { loadDataDir: new Blob([await readFile(template)]) }),
});

const backend = (bytes: Buffer) =>
  database.runExclusive(async () => {
    const answer: Buffer[] = [];
    // The chunks are views of the backend's memory and must be copied; the file systems used have nothing to sync.
    await database.execProtocolRawStream(bytes, {
      syncToFs: false,
      onRawData: (chunk) => answer.push(Buffer.from(chunk)),
    });
    return answer.length === 1 ? answer[0]! : Buffer.concat(answer);
  });

// A backend that threw is in an unknown state: let the thread die of it, the main thread starts another.
const server = await wireServer(backend, limits, (error) => {
  setImmediate(() => {
    throw error;
  });
});

function connect(port: MessagePort): void {
  const session = server.open(
    (bytes) => {
      const copy = new Uint8Array(bytes);
      port.postMessage(copy, [copy.buffer]);
    },
    () => {
      port.postMessage(null);
      port.close();
    },
  );
  port.on('message', (bytes: Uint8Array | null) => {
    if (bytes === null) session.ended();
    else session.data(bytes);
  });
  port.on('close', () => session.lost());
  port.postMessage('connected', []);
}

async function dump(port: MessagePort): Promise<void> {
  const tarball = await server.exclusively(async () => {
    await database.exec('checkpoint');
    const file = await database.dumpDataDir('none');
    return file.arrayBuffer();
  });
  port.postMessage(tarball, [tarball]);
  port.close();
}

async function close(): Promise<void> {
  await server.exclusively(() => database.close());
  // Ends this thread only, whatever ports are still open.
  process.exit(0);
}

parent.on('message', (request: Request) => {
  if (request.type === 'connect') connect(request.port);
  else if (request.type === 'dump') void dump(request.port);
  else if (request.type === 'ping') parent.postMessage('pong', []);
  else void close();
});
parent.postMessage('up', []);
