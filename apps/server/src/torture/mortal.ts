import { writeSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { Client } from 'pg';
import { type FaultPoint, type Passes, statementReader } from './fault-points.ts';

// The server as `npm start` begins it, but able to die at named points in the life of an answer. Each point lies right before or right
// behind one statement, so the driver is where they are passed: the product needs no hook for it. A port of faults would stand in five files
// of the chat slice, and for one such as "stored, but this process never heard of it" there is no line of the product to stand on.

/** What the process that started this one says: begin with these variables, or do that when you next come by one of these points. */
export type Order =
  | { begin: Record<string, string> }
  | { at: readonly FaultPoint[]; signal: 'SIGKILL' | 'SIGSTOP' };

let armed: Exclude<Order, { begin: object }> | undefined;
const passed = new Set<FaultPoint>();

// Synchronously: nothing that is written later would leave this process.
const say = (line: string) => writeSync(1, `\n${line}\n`);

function pass(points: readonly FaultPoint[]): void {
  for (const point of points) {
    if (!passed.has(point)) {
      passed.add(point);
      say(`passed: ${point}`);
    }
    if (!armed?.at.includes(point)) continue;
    const { signal } = armed;
    armed = undefined;
    say(`struck: ${point}`);
    process.kill(process.pid, signal);
  }
}

const read = statementReader();
const query: unknown = Reflect.get(Client.prototype, 'query');

Reflect.set(Client.prototype, 'query', function mortal(this: Client, ...args: unknown[]): unknown {
  const [text, values, callback] = args;
  const run = () => {
    if (typeof query === 'function') return Reflect.apply(query, this, args);
  };
  const known = typeof text === 'string' && callback === undefined ? read(text, values) : undefined;
  return known ? around(known, run) : run();
});

async function around(known: Passes, run: () => Promise<{ rowCount: number | null }>): Promise<unknown> {
  pass(known.before);
  const answered = run();
  // The driver writes at the end of this turn of the event loop.
  if (known.sent.length > 0) setImmediate(pass, known.sent);
  const result = await answered;
  if (result.rowCount) pass(known.stored);
  return result;
}

// Loaded ahead, since that is most of a start: one that was killed is then replaced at once. With a cache of what was compiled, which one
// that is killed would not leave behind by itself, that takes half of the time.
enableCompileCache();
await Promise.all([
  import('../server.ts'),
  import('../config.ts'),
  import('../demo/load.ts'),
  import('../model/openai-model.ts'),
  import('../model/openai-embedder.ts'),
]);
flushCompileCache();
const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
process.on('message', (order: Order) => {
  if ('begin' in order) {
    Object.assign(process.env, order.begin);
    begin();
  } else armed = order;
});
process.on('disconnect', () => process.exit(1));
say('loaded');
await begun;
await import('../main.ts');
