import type { FastifyRequest } from 'fastify';

/** The one route that acts by `GET`. */
const streamRoute = '/stream/chat';
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** What browsers old and new send when nobody has asked yet: prefetch, prerender, preview. */
const guesses = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/**
 * Does a request that acts come from where it may? Undefined when it does, else why not. A request with neither `Sec-Fetch-Site` nor
 * `Origin` passes with its cookie: browsers send `Origin` with everything that acts, SameSite=Lax keeps the cookie off other sites'
 * subresources, and scripts send neither. `route` is the pattern that was matched, not what was sent: `/%73tream/chat` is the stream too.
 */
export function foreignRequest(
  request: Pick<FastifyRequest, 'method' | 'headers'>,
  route: string | undefined,
  allowed: { own: string; others: readonly string[] },
): string | undefined {
  const isStream = route === streamRoute;
  if (safeMethods.has(request.method) && !isStream) return undefined;
  if (isStream) {
    if (isGuess(request.headers)) return 'A question is not asked by a prefetch.';
    if (request.headers['sec-fetch-mode'] === 'navigate')
      return 'A question is not asked by opening its address.';
  }
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && (origin === allowed.own || allowed.others.includes(origin))) return undefined;
  if (site === 'same-origin') return undefined;
  if (site === undefined && origin === undefined) return undefined;
  return 'This origin may not act here. Add it to CORS_ORIGINS if it is yours.';
}

/** Was this sent before anybody asked for it: a prefetch, a prerendering, a preview? */
export const isGuess = (headers: FastifyRequest['headers']): boolean =>
  guesses.some((name) => headers[name] !== undefined);

/** Is this a body that tRPC must not be given? Its adapter takes forms too, which any web page can send without asking first. */
export function isForeignBody({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  if (safeMethods.has(method)) return false;
  const type = headers['content-type'];
  // A Blob without a type is sent without this header, and without a preflight.
  if (type === undefined)
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return type.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json';
}
