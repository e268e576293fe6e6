import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { isStream } from './drain.ts';

/** For so long a reader of a stream may take nothing of what waits for it. */
export const stalledMs = 30_000;

/**
 * Cuts streams whose reader takes nothing for `ms`, at every door: it may come back and go on. Until then it costs its socket and what is
 * written ahead, since events are only fetched when the last ones are gone.
 */
export function dropStalled(host: FastifyInstance, ms = stalledMs): void {
  const open = new Map<ServerResponse, FastifyReply>();
  const waitingSince = new WeakMap<ServerResponse, number>();
  host.addHook('onRequest', async (_request, reply) => {
    const { raw } = reply;
    open.set(raw, reply);
    raw.on('drain', () => waitingSince.delete(raw));
    raw.once('close', () => open.delete(raw));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [raw, reply] of open) {
      if (!raw.writableNeedDrain || !isStream(raw, reply)) continue;
      const since = waitingSince.get(raw);
      if (since === undefined) waitingSince.set(raw, now);
      else if (now - since >= ms) raw.destroy();
    }
  }, ms / 10).unref();
  host.addHook('onClose', async () => clearInterval(timer));
}
