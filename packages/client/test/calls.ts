import { randomUUID } from 'node:crypto';
import type { ChatEvent } from '@rayni/contract';
import { createRayniClient, emptyDraft, isRayniError, type RayniError, reduceAnswer } from '../src/index.ts';
import type { FakeServer } from './fake-server.ts';

/** Attempts that do not keep a test waiting. */
export const retry = { minMs: 1, maxMs: 5, attempts: 4, reconnects: 5, timeoutMs: 10_000 };
/** An answer, piece by piece. */
export const words = Array.from({ length: 40 }, (_, i) => `word${i} `);
/** The same in one. */
export const whole = words.join('');
/** A question that nobody has asked yet. */
export const question = () => ({ instrumentId: randomUUID(), question: 'What is the limit?' });
/** A client of that server. */
export const connect = (server: FakeServer) => createRayniClient({ url: `${server.url}/`, retry });

/** Every event there is. */
export async function read(events: AsyncIterable<ChatEvent>) {
  const seen: ChatEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}
/** What a reader of these events has before them in the end. */
export const textOf = (events: ChatEvent[]) => events.reduce(reduceAnswer, emptyDraft).text;

/** What a call failed with. */
export async function failure(call: Promise<unknown>): Promise<RayniError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isRayniError(error)) throw new Error('no RayniError', { cause: error });
  return error;
}
