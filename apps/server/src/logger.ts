import pino, { type DestinationStream, type Logger } from 'pino';

/** Of an error, beside its type, message and stack: what says what failed and never holds what somebody sent. */
const safe = ['code', 'kind', 'status', 'statusCode', 'syscall', 'constraint', 'table', 'column', 'routine'];

/** The server's log: structured, without question text, document text, cookies or tokens, at any level. */
export const createLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      redact: ['req.headers.cookie', 'req.headers.authorization'],
      serializers: { err: (error: unknown) => loggable(error) },
    },
    ...(destination ? [destination] : []),
  );

/**
 * An error as it may be logged. The ordinary way keeps every field: a database's `detail`, `query` and `params` are the row that failed, an
 * HTTP client's `headers` and `request` what was sent.
 */
function loggable(error: unknown, depth = 0): object | string | undefined {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : undefined;
  const more = Object.fromEntries(Object.entries(error).filter(([name]) => safe.includes(name)));
  const { name: type, message, stack, cause } = error;
  const errors =
    error instanceof AggregateError && depth < 3
      ? { errors: error.errors.map((one) => loggable(one, depth + 1)) }
      : {};
  return {
    type,
    message,
    stack,
    ...more,
    ...(cause !== undefined && depth < 3 && { cause: loggable(cause, depth + 1) }),
    ...errors,
  };
}
