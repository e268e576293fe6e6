import { appRouter } from '@rayni/api';
import type { FastifyRequest } from 'fastify';

// Flat, by path, which its type does not say.
const procedures = Object.entries<object>(appRouter._def.procedures);
const known = new Set(procedures.map(([path]) => path));
const streams = new Set(procedures.filter(([, it]) => isSubscription(it)).map(([path]) => path));

function isSubscription(it: object): boolean {
  const definition = '_def' in it && typeof it._def === 'object' ? it._def : null;
  return definition !== null && 'type' in definition && definition.type === 'subscription';
}

const prefix = '/trpc/';

type Asked = Pick<FastifyRequest, 'method' | 'routeOptions' | 'params'>;

/** Is this answered by a stream that stays open, at whichever door? */
export function isStream(request: Asked): boolean {
  if (request.routeOptions.config.stream) return request.method === 'GET';
  return calls(request).some((path) => streams.has(path));
}

/** The name of what was asked, from a closed list: the pattern of a path, with the procedure's own name where it is one. */
export function routeOf(request: Asked): string {
  const { url } = request.routeOptions;
  const [call, ...others] = calls(request);
  if (call === undefined) return url ?? '(none)';
  if (others.length > 0) return `${prefix}(batch)`;
  return known.has(call) ? prefix + call : `${prefix}(unknown)`;
}

/** The procedures that are called, decoded as the router does it. */
function calls({ routeOptions, params }: Asked): string[] {
  if (!routeOptions.url?.startsWith(prefix)) return [];
  const path = typeof params === 'object' && params !== null && 'path' in params ? params.path : undefined;
  return typeof path === 'string' ? path.split(',') : [];
}
