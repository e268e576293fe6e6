import { errorOf } from '@rayni/api';
import { problemOf } from '@rayni/legacy';
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

/** Errors as a page, with a way on, for who reads pages; as JSON for everybody else. */
export const errorPage = (more: string) => (error: Error, request: FastifyRequest, reply: FastifyReply) => {
  if (!request.headers.accept?.includes('text/html')) return sendError(error, request, reply);
  const { status, headers, body } = problemOf(error, errorOf, request.id);
  if (status >= 500) request.log.error({ err: error, requestId: request.id }, 'A request failed');
  return showPage(reply.headers(headers), status, 'Not signed in', body.detail, more);
};
