import { errorOf } from '@rayni/api';
import { errorTable } from '@rayni/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from './errors.ts';
import { isGuess } from './origin-guard.ts';

/** A plain page of fixed sentences: nothing that was sent comes back. */
export const showPage = (reply: FastifyReply, status: number, title: string, text: string, more = '') =>
  reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>${title} · Rayni</title></head>` +
        `<body><h1>${title}</h1><p>${text}</p>${more}</body></html>\n`,
    );

/** The address of such a page is a secret or holds one: it stays out of caches, and of what other sites learn. */
export const keepAddress = (reply: FastifyReply) =>
  reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });

/** Did somebody open this address in a window of its own? A prefetch, a preview, an image or a frame did not. */
export function isOpened({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const into = headers['sec-fetch-dest'];
  return !isGuess(headers) && (into === undefined || into === 'document');
}

/** An error as a page for who reads pages, as JSON for everybody else. */
export function showError(error: Error, request: FastifyRequest, reply: FastifyReply) {
  if (!request.headers.accept?.includes('text/html')) return sendError(error, request, reply);
  const { message, info } = errorOf(error, request.id);
  const status = errorTable[info.code].http;
  if (status >= 500) request.log.error({ err: error, requestId: request.id }, 'A request failed');
  const again = '<p><a href="/auth/oidc/login">Sign in</a></p>';
  return showPage(reply, status, 'Not signed in', message, again);
}
