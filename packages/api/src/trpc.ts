import { type ErrorCode, type ErrorInfo, unread } from '@rayni/contract';
import { getTRPCErrorFromUnknown, initTRPC, type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { ZodError } from 'zod';
import { requireAdmin, requireMember } from './access/require.ts';
import type { Context } from './context.ts';
import { AppError, errorTable } from './errors.ts';
import { requireRate } from './limits.ts';
import { scopeAllows } from './tokens/scope.ts';

const maskedMessage =
  'Something went wrong on our side. Try again; if it stays, tell the operator the request id.';

/** Who may call a procedure at all; absent: everybody. What they may call it about is for the procedure to say. */
type Meta = { callers?: 'members' | 'admins' };

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    // Stacks never leave: the host says so, not NODE_ENV.
    isDev: false,
    sse: {
      ping: { enabled: true, intervalMs: 15_000 },
      client: { reconnectAfterInactivityMs: 40_000 },
    },
    errorFormatter({ shape, error, ctx }) {
      const info = errorOf(error, ctx?.requestId);
      return {
        ...shape,
        message: info.message,
        data: {
          code: shape.data.code,
          httpStatus: shape.data.httpStatus,
          ...(shape.data.path ? { path: shape.data.path } : {}),
          rayni: info.info,
        },
      };
    },
  });

/** Makes a router of procedures. */
export const router = t.router;
/** Makes a router callable in process. */
export const createCallerFactory = t.createCallerFactory;

/** The base of every procedure: holds a token to its scope, a procedure to its callers and a caller to its limits, all before a look at the input, and turns an `AppError` into tRPC's own, so that both doors read one table. */
export const procedure = t.procedure.use(async ({ ctx, type, path, meta, getRawInput, next }) => {
  try {
    if (ctx.token && !scopeAllows(ctx.token, type, path)) {
      throw new AppError('FORBIDDEN', 'This API token is for reading and asking only.');
    }
    if (meta?.callers === 'members') requireMember(ctx.viewer);
    if (meta?.callers === 'admins') requireAdmin(ctx.viewer);
    await requireRate(ctx, path);
    if ((await getRawInput()) === unread) throw new AppError('BAD_REQUEST', 'The request is not valid.');
  } catch (error) {
    throw error instanceof AppError ? asTrpcError(error) : error;
  }
  const result = await next();
  if (!result.ok && result.error.cause instanceof AppError) throw asTrpcError(result.error.cause);
  return result;
});

/** For whoever is signed in: a guest is UNAUTHENTICATED, whatever was sent. */
export const memberProcedure = procedure.meta({ callers: 'members' });
/** For administrators: a guest is UNAUTHENTICATED, any other member FORBIDDEN, whatever was sent. */
export const adminProcedure = procedure.meta({ callers: 'admins' });

/**
 * The events, each as `told` puts it, with an `AppError` among them as tRPC's own too: what is thrown in the middle of a stream passes no middleware,
 * and a client repeats what looks like a fault of the server. Not a generator: one more costs each token of each stream a handful of promises.
 */
export function streamed<T, U>(
  events: AsyncGenerator<T, void>,
  told: (event: T) => U,
): AsyncIterableIterator<U, void> {
  const over = { done: true as const, value: undefined };
  return {
    next: () =>
      events.next().then(
        (next) => (next.done ? over : { done: false, value: told(next.value) }),
        (error: unknown) => {
          throw error instanceof AppError ? asTrpcError(error) : error;
        },
      ),
    return: () => events.return().then(() => over),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const asTrpcError = (cause: AppError) =>
  new TRPCError({ code: errorTable[cause.code].trpc, message: cause.message, cause });

/** What a caller may see of anything thrown: its closed code and message; the unforeseen is masked. Both doors use it. */
export function errorOf(
  thrown: unknown,
  requestId: string | undefined,
): { message: string; info: ErrorInfo } {
  const error = getTRPCErrorFromUnknown(thrown);
  const { cause } = error;
  if (cause instanceof AppError) {
    const own: { http: number; retryAfter?: number } = errorTable[cause.code];
    const retryAfter = cause.retryAfter ?? own.retryAfter;
    return {
      message: cause.message,
      info: {
        code: cause.code,
        fields: cause.fields,
        ...(retryAfter !== undefined && { retryAfter }),
        requestId,
      },
    };
  }
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    const fields: Record<string, string[]> = {};
    for (const issue of cause.issues) (fields[issue.path.join('.') || 'input'] ??= []).push(issue.message);
    const [first] = Object.entries(fields);
    const message = first ? `${first[0]}: ${first[1][0]}` : 'The request is not valid.';
    return { message, info: { code: 'BAD_REQUEST', fields, requestId } };
  }
  const known = transportErrors[error.code];
  if (known) return { message: known.message, info: { code: known.code, requestId } };
  return { message: maskedMessage, info: { code: 'INTERNAL', requestId } };
}

/** What tRPC itself refuses before a procedure runs. */
const transportErrors: Partial<Record<TRPC_ERROR_CODE_KEY, { code: ErrorCode; message: string }>> = {
  NOT_FOUND: { code: 'NOT_FOUND', message: 'No such procedure.' },
  METHOD_NOT_SUPPORTED: { code: 'METHOD_NOT_ALLOWED', message: 'This method is not supported here.' },
  UNSUPPORTED_MEDIA_TYPE: { code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send application/json.' },
  PAYLOAD_TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE', message: 'The request is too large.' },
  PARSE_ERROR: { code: 'BAD_REQUEST', message: 'The request is not valid.' },
  BAD_REQUEST: { code: 'BAD_REQUEST', message: 'The request is not valid.' },
};
