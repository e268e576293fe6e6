import { AppError, errorOf, errorTable } from '@rayni/api';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

const fastifyCodes: Record<string, AppError['code']> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
};

/** Any error as a plain JSON body, for every route that is not tRPC's own; the unforeseen is masked and logged with its request id. */
export function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) {
  const known = toAppError(error);
  const requestId = request.id;
  if (!known || errorTable[known.code].http >= 500)
    request.log.error({ err: error, requestId }, 'A request failed');
  const { message, info } = errorOf(known ?? error, requestId);
  const { http } = errorTable[info.code];
  return reply
    .code(isBeyondEnd(error) ? 416 : http)
    .header('cache-control', 'no-store')
    .removeHeader('content-disposition')
    .type('application/json; charset=utf-8')
    .send({
      detail: message,
      code: info.code,
      ...(info.fields ? { errors: info.fields } : {}),
      ...(http >= 500 ? { request_id: requestId } : {}),
    });
}

/** The one status of a file's answer that the table has no code for: clients of ranges need the number itself. */
const isBeyondEnd = (error: FastifyError | Error) => 'statusCode' in error && error.statusCode === 416;

function toAppError(error: FastifyError | Error): AppError | undefined {
  if (error instanceof AppError) return error;
  if (!('statusCode' in error) || typeof error.statusCode !== 'number' || error.statusCode >= 500)
    return undefined;
  if (error.statusCode === 429)
    return new AppError('RATE_LIMITED', 'Too many requests. Wait a moment and try again.');
  return new AppError(fastifyCodes[error.code] ?? 'BAD_REQUEST', 'The request could not be read.');
}
