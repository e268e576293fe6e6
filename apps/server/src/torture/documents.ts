import { setTimeout as sleep } from 'node:timers/promises';
import { createRayniClient, type RayniClient, toRayniError } from '@rayni/client';
import { furtherNote, note } from './script.ts';

/** Hands documents in as somebody who is signed in, and waits for their end. */
export type Documents = Awaited<ReturnType<typeof openDocuments>>;

const lookMs = 200;

/** Signs in and hands in the note that questions are about; done when it can be asked. */
export async function openDocuments(
  url: string,
  { email, instrumentId, signal }: { email: string; instrumentId: string; signal: AbortSignal },
) {
  const client = createRayniClient({ url });
  await insist((signal) => client.auth.login(email, { signal }), signal);
  const handedIn: string[] = [];
  async function handIn(note: { title: string; text: string }) {
    // Without an answer nobody knows whether it is there: then it is handed in twice, and both are read.
    const { id } = await insist(
      (signal) => client.trpc.sources.create.mutate({ type: 'note', instrumentId, ...note }, { signal }),
      signal,
    );
    handedIn.push(id);
  }
  await handIn(note);
  await over(client, instrumentId, signal);

  return {
    /** Every document that was acknowledged. */
    handedIn,
    /** Hands in one after the other, never more than are `due()`, until `stop()`. */
    async feed(due: () => number, stop: () => boolean) {
      for (let n = 1; !stop(); ) {
        if (n <= due()) await handIn(furtherNote(n++));
        else await sleep(lookMs);
      }
    },
    /** Resolves when every one of them has been read or refused, or the signal fires. */
    over: () => over(client, instrumentId, signal),
  };
}

/** Also of those that were stored without anybody being told. */
async function over({ trpc }: RayniClient, instrumentId: string, signal: AbortSignal): Promise<void> {
  const few = { instrumentId, pageSize: 1 };
  for (;;) {
    const [all, ...done] = await insist((signal) => {
      const { list } = trpc.sources;
      const count = (of: Parameters<typeof list.query>[0]) => list.query(of, { signal });
      return Promise.all([
        count(few),
        count({ ...few, status: 'approved' }),
        count({ ...few, status: 'rejected' }),
      ]);
    }, signal);
    if (done.reduce((n, { total }) => n + total, 0) === all.total) return;
    await sleep(lookMs);
  }
}

/** Calls until it succeeds or is refused for good. */
export async function insist<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await call(AbortSignal.any([signal, AbortSignal.timeout(5_000)]));
    } catch (error) {
      signal.throwIfAborted();
      const { code } = toRayniError(error);
      if (code !== 'UNAVAILABLE' && code !== 'INTERNAL' && code !== 'TIMEOUT') throw error;
    }
    await sleep(100);
  }
}
