import { Worker } from 'node:worker_threads';

/** What the worker is told. */
export type ToVectors =
  | { kind: 'put'; key: string; dimensions: number; data: Float32Array }
  | { kind: 'search'; id: number; key: string; query: Float32Array; k: number }
  | { kind: 'drop'; key: string };
/** `rows` undefined: nothing is held under that key. */
export type FromVectors = { id: number; rows: { row: number; score: number }[] | undefined };

/** Sets of vectors that can be searched, each under a key. */
export type Vectors = {
  /** Holds rows of `dimensions` numbers under a key, in place of what was there. The memory of `data` goes to the worker. */
  put(key: string, dimensions: number, data: Float32Array<ArrayBuffer>): void;
  /** The exact `k` rows with the greatest dot product, best first. Undefined when the key is not held (any more): put it again. */
  search(key: string, query: Float32Array, k: number): Promise<{ row: number; score: number }[] | undefined>;
  drop(key: string): void;
  close(): Promise<void>;
};

/** Vectors in one worker thread, which starts with the first `put`, keeps no process alive, and after a crash begins empty. */
export function createVectors(): Vectors {
  let worker: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, (rows: FromVectors['rows']) => void>();

  function begin(): Worker {
    const begun = new Worker(new URL('./vectors-worker.ts', import.meta.url));
    begun.unref();
    begun.on('message', ({ id, rows }: FromVectors) => {
      waiting.get(id)?.(rows);
      waiting.delete(id);
      if (waiting.size === 0) begun.unref();
    });
    const over = () => {
      if (worker !== begun) return;
      worker = undefined;
      for (const answer of waiting.values()) answer(undefined);
      waiting.clear();
    };
    // Whoever searched gets undefined, and puts its vectors again.
    begun.on('error', over);
    begun.on('exit', over);
    return begun;
  }

  return {
    put(key, dimensions, data) {
      worker ??= begin();
      worker.postMessage({ kind: 'put', key, dimensions, data } satisfies ToVectors, [data.buffer]);
    },
    search(key, query, k) {
      if (!worker) return Promise.resolve(undefined);
      const id = ++lastId;
      const { promise, resolve } = Promise.withResolvers<FromVectors['rows']>();
      waiting.set(id, resolve);
      worker.ref();
      worker.postMessage({ kind: 'search', id, key, query, k } satisfies ToVectors, []);
      return promise;
    },
    drop: (key) => worker?.postMessage({ kind: 'drop', key } satisfies ToVectors, []),
    async close() {
      await worker?.terminate();
    },
  };
}
