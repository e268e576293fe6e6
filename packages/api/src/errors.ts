import type { ErrorCode } from '@rayni/contract';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server';

/** How each code shows at the two doors. Total: a new code does not compile until both doors know it. */
export const errorTable: Record<ErrorCode, { trpc: TRPC_ERROR_CODE_KEY; http: number }> = {
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
  RATE_LIMITED: { trpc: 'TOO_MANY_REQUESTS', http: 429 },
  UNAVAILABLE: { trpc: 'SERVICE_UNAVAILABLE', http: 503 },
  INTERNAL: { trpc: 'INTERNAL_SERVER_ERROR', http: 500 },
};

/** An error meant for the caller: its message is shown as it is, so it never holds SQL, paths or secrets. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** What is wrong with which input field. */
  readonly fields: Record<string, string[]> | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; fields?: Record<string, string[]> },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options?.fields;
  }
}

/** The one sentence for what does not exist and for what may not be known to exist. */
export const notFound = () => new AppError('NOT_FOUND', 'Not found.');
export const unauthenticated = () => new AppError('UNAUTHENTICATED', 'Sign in first.');
