/** Lets so many in at once; the others wait in the order in which they came. A turn ends when what was given is disposed of. */
export function turns(places: number): (signal?: AbortSignal) => Promise<Disposable> {
  let free = places;
  const waiting = new Set<() => void>();
  const leave = () => {
    const [next] = waiting;
    if (next) next();
    else free++;
  };
  return async (signal) => {
    signal?.throwIfAborted();
    if (free > 0) free--;
    else {
      const { promise: called, resolve, reject } = Promise.withResolvers<void>();
      const call = () => {
        waiting.delete(call);
        resolve();
      };
      const give = () => {
        waiting.delete(call);
        reject(signal?.reason);
      };
      waiting.add(call);
      signal?.addEventListener('abort', give, { once: true });
      await called.finally(() => signal?.removeEventListener('abort', give));
    }
    let left = false;
    return {
      [Symbol.dispose]() {
        if (!left) leave();
        left = true;
      },
    };
  };
}
