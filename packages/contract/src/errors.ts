import { z } from 'zod';

/** Every error a caller can meet, at either door. Closed: a new code is a change of the contract. */
export const errorCodes = [
  'BAD_REQUEST',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'FORBIDDEN_ORIGIN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'TIMEOUT',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;

export const errorCode = z.enum(errorCodes);
export type ErrorCode = z.infer<typeof errorCode>;

/** What an error carries beside its message: the closed code, bad fields by name, and a request id to quote to an operator. */
export type ErrorInfo = {
  code: ErrorCode;
  fields?: Record<string, string[]> | undefined;
  requestId?: string | undefined;
};
