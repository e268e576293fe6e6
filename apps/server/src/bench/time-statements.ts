import { appendFileSync } from 'node:fs';
import { Client } from 'pg';

// Loaded before a server that is measured: writes each statement that changes something and how long its answer took, in milliseconds as the
// driver sees it, to the file that BENCH_STATEMENTS names. What waits for a free connection is not counted, what waits for the engine or for
// this thread is: a statement took no longer than is said here.

const file = process.env['BENCH_STATEMENTS'];
const lines: string[] = [];
const query: unknown = Reflect.get(Client.prototype, 'query');

Reflect.set(Client.prototype, 'query', function timed(this: Client, ...args: unknown[]): unknown {
  const [text] = args;
  if (typeof query !== 'function') return undefined;
  if (typeof text !== 'string' || !/insert into|update |delete from/i.test(text))
    return Reflect.apply(query, this, args);
  const began = performance.now();
  const done = () => void lines.push(JSON.stringify([performance.now() - began, text.slice(0, 300)]));
  const callback: unknown = args.at(-1);
  if (typeof callback === 'function')
    args[args.length - 1] = (...answer: unknown[]) => {
      done();
      Reflect.apply(callback, undefined, answer);
    };
  const answered: unknown = Reflect.apply(query, this, args);
  return answered instanceof Promise ? answered.finally(done) : answered;
});

const timer = setInterval(() => {
  if (file && lines.length > 0) appendFileSync(file, `${lines.splice(0).join('\n')}\n`);
}, 500);
timer.unref();
