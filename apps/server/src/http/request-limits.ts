import type { Server } from 'node:http';
import type { FastifyInstance, FastifyHttpOptions } from 'fastify';

/** Milliseconds. */
const headersMs = 20_000;
const bodyMs = 60_000;
/** Longer than the longest answer somebody waits for in silence; an open stream says something every 15 s. */
const silenceMs = 6 * 60_000;

/** What a request may weigh and how long it may take to arrive; what is beyond is answered in the words of every other error. */
export const requestLimits = {
  bodyLimit: 1024 * 1024,
  http: {
    // A question of 4,000 characters in the address of the stream, each percent-encoded from three bytes, and a cookie.
    maxHeaderSize: 48 * 1024,
    headersTimeout: headersMs,
    connectionsCheckingInterval: 5_000,
  },
  // Of a whole request with its body, whatever it is: an upload of some gigabytes may take hours. `cutSlowBodies` looks after the others.
  requestTimeout: 0,
  connectionTimeout: silenceMs,
  clientErrorHandler(error, socket) {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const [status, body] = unreadable(error.code);
    if (socket.writable) {
      const text = JSON.stringify(body);
      socket.write(
        `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${text.length}\r\n` +
          `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${text}`,
      );
    }
    socket.destroySoon();
  },
} satisfies FastifyHttpOptions<Server>;

function unreadable(code: string) {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        { detail: 'Address and headers are too long.', code: 'PAYLOAD_TOO_LARGE' },
      ] as const;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [
        '408 Request Timeout',
        { detail: 'The request took too long to arrive.', code: 'TIMEOUT' },
      ] as const;
    default:
      return ['400 Bad Request', { detail: 'The request could not be read.', code: 'BAD_REQUEST' }] as const;
  }
}

/** Cuts the connection of whoever takes longer than `ms` to send a body that is not a file. */
export function cutSlowBodies(host: FastifyInstance, ms = bodyMs): void {
  host.addHook('onRequest', async (request, reply) => {
    const { headers, raw } = request;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
    if (request.routeOptions.url === '/files/*') return;
    if (headers['content-type']?.toLowerCase().startsWith('multipart/')) return;
    const late = setTimeout(() => raw.destroy(), ms);
    const stop = () => clearTimeout(late);
    raw.once('end', stop);
    reply.raw.once('close', stop);
  });
}
