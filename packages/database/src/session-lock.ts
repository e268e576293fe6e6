/** A lock that belongs to a session until it gives it back, handed on in order of arrival. */
export type SessionLock<S> = {
  owner(): S | undefined;
  /** True when the lock is ours (or already was); false after `waitMs` milliseconds, or when given up. */
  take(session: S, waitMs?: number): Promise<boolean>;
  /** Stops waiting for it. */
  giveUp(session: S): void;
  release(session: S): void;
};

type Waiting<S> = { session: S; settle: (owned: boolean) => void };

export function sessionLock<S>(): SessionLock<S> {
  let owner: S | undefined;
  const queue: Waiting<S>[] = [];

  const drop = (session: S) => {
    const at = queue.findIndex((waiting) => waiting.session === session);
    if (at >= 0) queue.splice(at, 1)[0]?.settle(false);
  };

  return {
    owner: () => owner,
    take(session, waitMs) {
      if (owner === undefined) owner = session;
      if (owner === session) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = waitMs === undefined ? undefined : setTimeout(() => drop(session), waitMs);
        queue.push({
          session,
          settle: (owned) => {
            clearTimeout(timer);
            resolve(owned);
          },
        });
      });
    },
    giveUp: drop,
    release(session) {
      if (owner !== session) return;
      const next = queue.shift();
      owner = next?.session;
      next?.settle(true);
    },
  };
}
