import type { App } from '../app.ts';
import { may, type Viewer } from './policy.ts';
import { type CurrentFacts, currentFacts } from './store.ts';

/** What a reader has lost: the right to the instrument, or the session or token by which they came. */
export type Lost = 'right' | 'entry';
type Watched = { viewer: Viewer; instrumentId: string; end: (lost: Lost) => void };

/** The channel on which the database tells of every right that may have been lost. */
const channel = 'rights';
const retryMs = 1_000;

/**
 * Who is reading or being answered in this process, so that a lost right ends it at once: a notification names whom or what it is
 * about, and one query asks again for those alone. Nothing is asked while nothing changes.
 */
export type Rights = ReturnType<typeof createRights>;

export function createRights(app: Pick<App, 'db' | 'log'>) {
  const watched = new Set<Watched>();
  let listener: { close(): Promise<void> } | undefined;
  let retry: NodeJS.Timeout | undefined;

  /** Ends what is watched of that account and instrument (`*`: any) and may no longer be read. */
  async function check(account: string, instrument: string): Promise<void> {
    const asked = [...watched].filter(
      ({ viewer, instrumentId }) =>
        (instrument === '*' || instrumentId === instrument) &&
        (account === '*' || (viewer.kind === 'member' && viewer.userId === account)),
    );
    if (asked.length === 0) return;
    const facts = await currentFacts(app.db.query, asked);
    for (const [i, one] of asked.entries()) {
      const lost = lostOf(facts.get(i));
      if (!lost) continue;
      watched.delete(one);
      one.end(lost);
    }
  }

  function recheck(account: string, instrument: string) {
    check(account, instrument).catch((error: unknown) => {
      app.log.warn({ err: error }, 'Rights could not be looked at again; next try in a second');
      clearTimeout(retry);
      retry = setTimeout(() => recheck('*', '*'), retryMs).unref();
    });
  }

  return {
    /** Calls `end` once when this viewer may no longer read that instrument, until the returned function is called. Begin to watch, then look at the right: what comes in between is then not missed. */
    watch(viewer: Viewer, instrumentId: string, end: Watched['end']): () => void {
      const one = { viewer, instrumentId, end };
      watched.add(one);
      return () => void watched.delete(one);
    },

    /** What this viewer lacks to read that instrument now, whatever was known when they came. */
    async lacks(viewer: Viewer, instrumentId: string): Promise<Lost | undefined> {
      return lostOf((await currentFacts(app.db.query, [{ viewer, instrumentId }])).get(0));
    },

    /** Hears of changed rights from now on. */
    async listen(): Promise<void> {
      listener = await app.db.listen(channel, (payload) => {
        const [account = '*', instrument = '*'] = payload?.split(' ') ?? [];
        recheck(account, instrument);
      });
    },

    async stop(): Promise<void> {
      clearTimeout(retry);
      await listener?.close();
    },
  };
}

function lostOf(now: CurrentFacts | undefined): Lost | undefined {
  if (!now || !may(now.viewer, 'read', now)) return 'right';
  return now.entered ? undefined : 'entry';
}
