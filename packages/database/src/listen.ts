import { Client, type ClientConfig, escapeIdentifier } from 'pg';

type LogLine = (fields: object, message: string) => void;

const RECONNECT_MS = { first: 100, longest: 5_000 };

// A connection can die without a word (a firewall that forgets it); a question in between finds out.
const HEARTBEAT_MS = 30_000;
const HEARTBEAT_ANSWER_MS = 10_000;

/** Listens on a channel with a client of its own until closed; rejects only when the first connection fails. */
export async function listen(
  config: ClientConfig,
  channel: string,
  on: (payload: string | undefined) => void,
  log: LogLine,
): Promise<{ close(): Promise<void> }> {
  let closed = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new Client(config);
    client = next;
    let listening = false;
    next.on('error', () => {});
    next.on('notification', (notification) => {
      // The embedded engine tells every session of every channel.
      if (notification.channel === channel) on(notification.payload ?? '');
    });
    next.on('end', () => {
      if (listening && !closed) reconnect(RECONNECT_MS.first);
    });
    try {
      await next.connect();
      await next.query(`listen ${escapeIdentifier(channel)}`);
    } catch (error) {
      await next.end().catch(() => {});
      throw error;
    }
    listening = true;
    if (config.stream === undefined) heartbeat(next);
  }

  function heartbeat(beating: Client): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const question = { text: 'select 1', query_timeout: HEARTBEAT_ANSWER_MS };
      beating.query(question).then(
        () => beating === client && !closed && heartbeat(beating),
        () => beating.end().catch(() => {}),
      );
    }, HEARTBEAT_MS);
    timer.unref();
  }

  function reconnect(wait: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      connect().then(
        () => closed || on(undefined),
        (error: unknown) => {
          if (closed) return;
          log({ err: error, channel }, 'listening for notifications is not possible yet');
          reconnect(Math.min(wait * 2, RECONNECT_MS.longest));
        },
      );
    }, wait);
  }

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
