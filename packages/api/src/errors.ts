import type { ErrorCode } from '@rayni/contract';

export { errorTable } from '@rayni/contract';

/** An error meant for the caller: its message is shown as it is, so it never holds SQL, paths or secrets. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** What is wrong with which input field. */
  readonly fields: Record<string, string[]> | undefined;
  /** Seconds after which it is worth trying again; the code's own where there is none. */
  readonly retryAfter: number | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; fields?: Record<string, string[]>; retryAfter?: number },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options?.fields;
    this.retryAfter = options?.retryAfter;
  }
}

/** The one sentence for what does not exist and for what may not be known to exist. */
export const notFound = () => new AppError('NOT_FOUND', 'Not found.');
/** The refusal of a guest where only members may act. */
export const unauthenticated = () => new AppError('UNAUTHENTICATED', 'Sign in first.');
