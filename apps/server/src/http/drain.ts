import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** What a request under way may still take once its process is about to end. */
export const drainMs = 5_000;

/**
 * Makes `host.close()` end in time and in order: streams are destroyed at once (ended cleanly, one would tell its reader that the answer is
 * complete), other requests may finish within `ms`, new ones are refused. The host needs `forceCloseConnections: 'idle'`.
 */
export function drainOnClose(host: FastifyInstance, ms = drainMs): void {
  const open = new Map<ServerResponse, FastifyReply>();
  let draining = false;
  host.addHook('onRequest', async (_request, reply) => {
    open.set(reply.raw, reply);
    reply.raw.once('close', () => {
      open.delete(reply.raw);
      // A kept-alive connection would be waited for until its client lets go.
      if (draining) setImmediate(() => host.server.closeIdleConnections());
    });
  });
  host.addHook('preClose', async () => {
    draining = true;
    for (const [raw, reply] of open) if (isStream(raw, reply)) raw.destroy();
    const late = setTimeout(() => host.server.closeAllConnections(), ms);
    host.server.once('close', () => clearTimeout(late));
  });
}

/** Both doors: the older one writes past Fastify, whose own headers are not on the raw response before they are sent. */
export function isStream(raw: ServerResponse, reply: FastifyReply): boolean {
  const type = raw.getHeader('content-type') ?? reply.getHeader('content-type');
  return String(type).startsWith('text/event-stream');
}
