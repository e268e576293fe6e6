import type { App } from '../app.ts';
import { notify } from './store.ts';

/** What another process says of an answer: how far its log has grown, or that it is to be stopped. */
type WakeUp = { turnId: string; what: number | 'cancel' };

/** The channel of this; a payload is any number of `<turn>:<seq>` and `<turn>:cancel` with spaces between. */
const channel = 'turns';
/** A commit that notifies waits for all others that do, so a process tells of everything at once, and not for every commit. */
const tellEveryMs = 50;
/** Of at most 47 bytes each: PostgreSQL takes less than 8,000 in one. */
const mostPerPayload = 150;

/** Tells other processes what happened to answers here, and hears it from them; a hint only, since whoever waits also looks by itself. */
export type WakeUps = ReturnType<typeof createWakeUps>;

export function createWakeUps(app: Pick<App, 'db' | 'log'>) {
  const untold = new Map<string, number>();
  let listener: { close(): Promise<void> } | undefined;
  let telling = false;
  let pause: NodeJS.Timeout | undefined;

  async function tell() {
    telling = true;
    const all = Array.from(untold, ([turnId, seq]) => `${turnId}:${seq}`);
    untold.clear();
    const payloads: string[] = [];
    for (let i = 0; i < all.length; i += mostPerPayload)
      payloads.push(all.slice(i, i + mostPerPayload).join(' '));
    try {
      await notify(app.db.query, channel, payloads);
    } catch (error) {
      app.log.warn(
        { err: error },
        'Other processes could not be told of new events; they look by themselves',
      );
    }
    pause = setTimeout(() => {
      telling = false;
      if (untold.size > 0) void tell();
    }, tellEveryMs).unref();
  }

  return {
    /** Says soon how far that log has grown; nothing while this process is the only one. */
    grown(turnId: string, seq: number) {
      if (!listener) return;
      untold.set(turnId, seq);
      if (!telling) void tell();
    },

    /** Asks whoever produces that answer to stop. */
    cancel: (turnId: string) => notify(app.db.query, channel, [`${turnId}:cancel`]),

    /** Tells and hears from now on; `on(undefined)`: something may have been missed. */
    async listen(on: (wakeUp: WakeUp | undefined) => void): Promise<void> {
      listener = await app.db.listen(channel, (payload) => {
        if (payload === undefined) return on(undefined);
        for (const one of payload.split(' ')) {
          const [turnId = '', what] = one.split(':');
          on({ turnId, what: what === 'cancel' ? what : Number(what) });
        }
      });
    },

    async stop(): Promise<void> {
      clearTimeout(pause);
      await listener?.close();
      listener = undefined;
    },
  };
}
