import { errorOf } from '@rayni/api';
import { problemOf } from '@rayni/legacy';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Any error as a plain JSON body, for every route that is not tRPC's own; the unforeseen is masked and logged with its request id. */
export function sendError(error: Error, request: FastifyRequest, reply: FastifyReply) {
  const requestId = request.id;
  const { status, headers, body } = problemOf(error, errorOf, requestId);
  if (status >= 500) request.log.error({ err: error, requestId }, 'A request failed');
  return reply
    .code(isBeyondEnd(error) ? 416 : status)
    .headers(headers)
    .removeHeader('content-disposition')
    .type('application/json; charset=utf-8')
    .send(body);
}

/** The one status of a file's answer that the table has no code for: clients of ranges need the number itself. */
const isBeyondEnd = (error: Error) => 'statusCode' in error && error.statusCode === 416;
