import type { SourceProgress } from '@rayni/contract';
import { mayFollow, type Viewer } from '../../access/policy.ts';
import { currentFacts } from '../../access/store.ts';
import type { App } from '../../app.ts';
import { progressForAll } from './store.ts';

/** The channel on which the database tells of every source that is new, or further, or gone: its id and its instrument's. */
const channel = 'sources';
/** What is heard within so long is looked up at once. */
const gatherMs = 50;
const retryMs = 1_000;

/** What one reader is to be told: sources as they are now, null for those that are not to be seen (any more). */
export type News = Map<string, SourceProgress | null>;
type Of = { ids: readonly string[] } | { instrumentId: string };
type Follower = {
  viewer: Viewer;
  wants: (sourceId: string, instrumentId: string) => boolean;
  news: News;
  /** Something may have been missed: everything is to be read again. */
  stale: boolean;
  signedOut: boolean;
  wake: PromiseWithResolvers<void>;
};

/**
 * Who follows sources in this process. Nothing is asked while nothing changes; what changes is looked up once for all its readers, and
 * what decides about each of them once more, in two queries however many they are.
 */
export type Followers = ReturnType<typeof createFollowers>;

export function createFollowers(app: Pick<App, 'db' | 'log'>) {
  const followers = new Set<Follower>();
  /** By source what was heard of, with its instrument where that was said. */
  let heard = new Map<string, string>();
  let listener: { close(): Promise<void> } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  function wake(follower: Follower) {
    const { resolve } = follower.wake;
    follower.wake = Promise.withResolvers();
    resolve();
  }

  function hear(sourceId: string, instrumentId: string) {
    if (![...followers].some(({ wants }) => wants(sourceId, instrumentId))) return;
    note(sourceId, instrumentId);
    plan(gatherMs);
  }

  function note(sourceId: string, instrumentId: string) {
    if (!heard.get(sourceId)) heard.set(sourceId, instrumentId);
  }

  function plan(ms: number) {
    if (looking || timer) return;
    timer = setTimeout(() => void run(), ms).unref();
  }

  async function run() {
    timer = undefined;
    looking = true;
    let pause = gatherMs;
    try {
      await look();
    } catch (error) {
      app.log.warn({ err: error }, 'Sources that changed could not be looked at; next try in a second');
      pause = retryMs;
    }
    looking = false;
    if (heard.size > 0) plan(pause);
  }

  async function look() {
    const changed = heard;
    heard = new Map();
    try {
      await tell(changed);
    } catch (error) {
      for (const [id, instrument] of changed) note(id, instrument);
      throw error;
    }
  }

  async function tell(changed: ReadonlyMap<string, string>) {
    const wanted = [...followers]
      .map((follower) => ({
        follower,
        ids: [...changed].filter(([id, instrument]) => follower.wants(id, instrument)).map(([id]) => id),
      }))
      .filter(({ ids }) => ids.length > 0);
    if (wanted.length === 0) return;
    const rows = await progressForAll(app.db.query, [...new Set(wanted.flatMap(({ ids }) => ids))]);
    const asked = wanted.flatMap(({ follower, ids }) =>
      [...new Set(ids.flatMap((id) => rows.get(id)?.instrumentId ?? []))].map((instrumentId) => ({
        follower,
        viewer: follower.viewer,
        instrumentId,
      })),
    );
    const facts = await currentFacts(app.db.query, asked);
    const factsOf = (of: Follower, instrumentId: string) =>
      facts.get(asked.findIndex((one) => one.follower === of && one.instrumentId === instrumentId));
    for (const { follower, ids } of wanted) {
      for (const id of ids) {
        const row = rows.get(id);
        const now = row && factsOf(follower, row.instrumentId);
        if (now && !now.entered) follower.signedOut = true;
        const seen = row && now?.entered && !row.attached && mayFollow(now.viewer, now, row);
        follower.news.set(id, seen ? row.progress : null);
      }
      wake(follower);
    }
  }

  return {
    /** Follows from now on, until it leaves; read the present state after this. */
    join(viewer: Viewer, of: Of) {
      const ids = 'ids' in of ? new Set(of.ids) : undefined;
      const follower: Follower = {
        viewer,
        wants: (id, instrumentId) =>
          ids?.has(id) ?? ('instrumentId' in of && of.instrumentId === instrumentId),
        news: new Map(),
        stale: false,
        signedOut: false,
        wake: Promise.withResolvers(),
      };
      followers.add(follower);
      return {
        /** What was heard before is older than what was just read: it is looked up again. */
        restart() {
          for (const id of follower.news.keys()) note(id, 'instrumentId' in of ? of.instrumentId : '');
          if (follower.news.size > 0) plan(gatherMs);
          follower.news = new Map();
          follower.stale = false;
        },
        /** Looks at these again, for instance after a right was lost. */
        again(some: Iterable<string>) {
          for (const id of some) note(id, 'instrumentId' in of ? of.instrumentId : '');
          plan(gatherMs);
        },
        /** What there is to tell, when there is something; nothing once the signal is aborted. */
        async next(signal: AbortSignal): Promise<News | 'stale' | 'signed-out' | undefined> {
          const stopped = Promise.withResolvers<void>();
          const stop = () => stopped.resolve();
          signal.addEventListener('abort', stop, { once: true });
          try {
            while (!signal.aborted) {
              if (follower.signedOut) return 'signed-out';
              if (follower.stale) return 'stale';
              if (follower.news.size > 0) {
                const { news } = follower;
                follower.news = new Map();
                return news;
              }
              await Promise.race([follower.wake.promise, stopped.promise]);
            }
            return undefined;
          } finally {
            signal.removeEventListener('abort', stop);
          }
        },
        leave: () => void followers.delete(follower),
      };
    },

    /** Hears of changed sources from now on. */
    async listen(): Promise<void> {
      listener = await app.db.listen(channel, (payload) => {
        const [sourceId, instrumentId] = payload?.split(' ') ?? [];
        if (sourceId && instrumentId) return hear(sourceId, instrumentId);
        for (const follower of followers) {
          follower.stale = true;
          wake(follower);
        }
      });
    },

    /** How many follow here now. */
    open: () => followers.size,

    async stop(): Promise<void> {
      clearTimeout(timer);
      await listener?.close();
    },
  };
}
