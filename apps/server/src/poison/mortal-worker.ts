import childProcess from 'node:child_process';
import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Client } from 'pg';
import { type IngestPoint, ingestReader, type Passes } from './ingest-points.ts';

// A worker as `npm start` begins it, but able to die at named points in the reading of a document. Each point lies beside one statement, or
// where a process is started, so the product needs no hook for it.

/** What the process that started this one says: begin with these variables, or die when you next come by this point. */
export type Order = { begin: Record<string, string> } | { dieAt: IngestPoint };

let armed: IngestPoint | undefined;
const passed = new Set<IngestPoint>();

// Synchronously: nothing that is written later would leave this process.
const say = (line: string) => writeSync(1, `\n${line}\n`);

function pass(point: IngestPoint | undefined): void {
  if (point === undefined) return;
  if (!passed.has(point)) say(`passed: ${point}`);
  passed.add(point);
  if (armed !== point) return;
  say(`struck: ${point}`);
  process.kill(process.pid, 'SIGKILL');
}

const readers = new WeakMap<Client, ReturnType<typeof ingestReader>>();
const query: unknown = Reflect.get(Client.prototype, 'query');

Reflect.set(Client.prototype, 'query', function mortal(this: Client, ...args: unknown[]): unknown {
  const [text, values] = args;
  if (typeof query !== 'function') return undefined;
  let read = readers.get(this);
  if (!read) readers.set(this, (read = ingestReader()));
  const known: Passes | undefined = typeof text === 'string' ? read(text, values) : undefined;
  if (!known) return Reflect.apply(query, this, args);
  pass(known.before);
  // A pool asks with a callback, Kysely waits for a promise.
  const callback: unknown = args.at(-1);
  if (typeof callback === 'function')
    args[args.length - 1] = (error: unknown, result: { rowCount: number | null } | undefined) => {
      if (!error) stored(known, result);
      Reflect.apply(callback, undefined, [error, result]);
    };
  const answered: unknown = Reflect.apply(query, this, args);
  // The driver writes at the end of this turn of the event loop.
  if (known.sent !== undefined) setImmediate(pass, known.sent);
  return answered instanceof Promise
    ? answered.then((result: { rowCount: number | null }) => {
        stored(known, result);
        return result;
      })
    : answered;
});

function stored(known: Passes, result: { rowCount: number | null } | undefined) {
  if (result?.rowCount || known.stored === 'committed') pass(known.stored);
}

/** Tells of each process that is started here, and passes the point a little later, when it runs. */
function telling<A extends unknown[], R extends { pid?: number | undefined }>(
  start: (...args: A) => R,
  point: IngestPoint,
): (...args: A) => R {
  return (...args) => {
    const child = start(...args);
    say(`child: ${child.pid}`);
    setTimeout(pass, 100, point);
    return child;
  };
}
Object.assign(childProcess, {
  fork: telling(childProcess.fork, 'reader started'),
  spawn: telling(childProcess.spawn, 'helper started'),
});
syncBuiltinESMExports();

// Loaded ahead, since that is most of a start.
await Promise.all([import('../server.ts'), import('../config.ts'), import('../demo/load.ts')]);
const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
process.on('message', (order: Order) => {
  if ('begin' in order) {
    Object.assign(process.env, order.begin);
    begin();
  } else armed = order.dieAt;
});
process.on('disconnect', () => process.exit(1));
await begun;
await import('../main.ts');
