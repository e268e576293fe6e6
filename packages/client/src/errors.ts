import type { ErrorCode, errorTable } from '@rayni/contract';

// From the global registry, so that errors of two copies of this package know each other.
const brand = Symbol.for('rayni.error');

export type RayniErrorOptions = {
  cause?: unknown;
  fields?: Record<string, string[]> | undefined;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
};

/** Why a call failed: a code of the closed list, a message for people, bad input by field, and a request id to quote to an operator. */
export class RayniError extends Error {
  override readonly name = 'RayniError';
  readonly code: ErrorCode;
  readonly fields: Record<string, string[]> | undefined;
  readonly requestId: string | undefined;
  /** With `RATE_LIMITED`: seconds after which to try again, where the server said so. */
  readonly retryAfter: number | undefined;
  constructor(code: ErrorCode, message: string, options: RayniErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields;
    this.requestId = options.requestId;
    this.retryAfter = options.retryAfter;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Is this a `RayniError`, also one of another copy of this package? */
export function isRayniError(error: unknown): error is RayniError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** Whatever a call threw, as a `RayniError`. What never reached a server, or got no answer it understood, is `UNAVAILABLE`. */
export function toRayniError(error: unknown): RayniError {
  if (isRayniError(error)) return error;
  const cause = field(error, 'cause');
  if (isRayniError(cause)) return cause;
  const message = text(field(error, 'message')) ?? String(error);
  const info = field(field(error, 'data'), 'rayni');
  const code = errorCodeOf(field(info, 'code'));
  if (code) {
    return new RayniError(code, message, {
      cause: error,
      fields: fieldsOf(field(info, 'fields')),
      requestId: text(field(info, 'requestId')),
      retryAfter: secondsOf(field(info, 'retryAfter')),
    });
  }
  const meta = field(error, 'meta');
  const status = field(field(meta, 'response'), 'status');
  if (typeof status === 'number') return refused(status, field(meta, 'responseJSON'), '', { cause: error });
  return new RayniError('UNAVAILABLE', `The server cannot be reached (${deepest(error) ?? message}).`, {
    cause: error,
  });
}

/** A refusal that is not tRPC's: the body's own code and words where it has them, else what the HTTP status means. */
export function refused(
  status: number,
  body: unknown,
  url: string,
  options: { cause?: unknown } = {},
): RayniError {
  const code = errorCodeOf(field(body, 'code')) ?? codeOfStatus(status);
  const said = text(field(body, 'detail'));
  const where = url ? `${url} answered` : 'The server answered';
  return new RayniError(code, said ?? `${where} with HTTP ${status} and no explanation.`, {
    ...options,
    fields: fieldsOf(field(body, 'errors')),
    requestId: text(field(body, 'request_id')),
  });
}

/** May the same call succeed in a moment? Anything the caller would have to change is not temporary. */
export const isTemporary = (error: RayniError): boolean =>
  error.code === 'UNAVAILABLE' || error.code === 'INTERNAL' || error.code === 'TIMEOUT';

// The contract's table again, since importing it would bring zod along; a difference does not compile.
const statuses: { [Code in ErrorCode]: (typeof errorTable)[Code]['http'] } = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  FORBIDDEN_ORIGIN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TIMEOUT: 504,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};

function codeOfStatus(status: number): ErrorCode {
  const exact = Object.entries(statuses).find(([, known]) => known === status);
  if (exact) return errorCodeOf(exact[0]) ?? 'UNAVAILABLE';
  return status >= 400 && status < 500 ? 'BAD_REQUEST' : 'UNAVAILABLE';
}

const isErrorCode = (value: string): value is ErrorCode => Object.hasOwn(statuses, value);

/** A code this version does not know is no code: the status then says what kind of failure it is. */
const errorCodeOf = (value: unknown): ErrorCode | undefined =>
  typeof value === 'string' && isErrorCode(value) ? value : undefined;

const secondsOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

/** Platforms wrap what happened in "fetch failed": the innermost cause says it. */
function deepest(error: unknown): string | undefined {
  const cause = field(error, 'cause');
  return (cause ? deepest(cause) : undefined) || text(field(error, 'message')) || text(field(error, 'code'));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}

function fieldsOf(value: unknown): Record<string, string[]> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = Object.entries(value).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  return fields.length > 0 ? Object.fromEntries(fields) : undefined;
}
