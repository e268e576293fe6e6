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

/** How each code shows at the two doors: tRPC's own name for it, the HTTP status, and seconds for `Retry-After` where waiting helps. Total: a new code does not compile without the first two. */
export const errorTable = {
  BAD_REQUEST: { trpc: 'BAD_REQUEST', http: 400 },
  UNAUTHENTICATED: { trpc: 'UNAUTHORIZED', http: 401 },
  FORBIDDEN: { trpc: 'FORBIDDEN', http: 403 },
  FORBIDDEN_ORIGIN: { trpc: 'FORBIDDEN', http: 403 },
  NOT_FOUND: { trpc: 'NOT_FOUND', http: 404 },
  METHOD_NOT_ALLOWED: { trpc: 'METHOD_NOT_SUPPORTED', http: 405 },
  TIMEOUT: { trpc: 'GATEWAY_TIMEOUT', http: 504 },
  CONFLICT: { trpc: 'CONFLICT', http: 409 },
  PAYLOAD_TOO_LARGE: { trpc: 'PAYLOAD_TOO_LARGE', http: 413 },
  UNSUPPORTED_MEDIA_TYPE: { trpc: 'UNSUPPORTED_MEDIA_TYPE', http: 415 },
  RATE_LIMITED: { trpc: 'TOO_MANY_REQUESTS', http: 429, retryAfter: 5 },
  UNAVAILABLE: { trpc: 'SERVICE_UNAVAILABLE', http: 503 },
  INTERNAL: { trpc: 'INTERNAL_SERVER_ERROR', http: 500 },
} as const satisfies Record<ErrorCode, { trpc: string; http: number; retryAfter?: number }>;

/** What an error carries beside its message: the closed code, bad fields by name, seconds after which to try again, and a request id to quote to an operator. */
export type ErrorInfo = {
  code: ErrorCode;
  retryAfter?: number | undefined;
  fields?: Record<string, string[]> | undefined;
  requestId?: string | undefined;
};

/** What a door in process hands over in place of an input that it could not read: the procedure refuses its caller, or else the input, as it would any other. Never on a wire. */
export const unread = Symbol('unread input') as never;
