import { type ErrorCode, type ErrorInfo, errorTable } from '@rayni/contract';
import type { z } from 'zod';

/** A refusal the dialect itself decides on: its detail is shown as it is. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: ErrorCode;
  /** What is wrong with which field, by the dialect's own field names. */
  readonly errors: Record<string, string[]> | undefined;
  constructor(code: ErrorCode, detail: string, errors?: Record<string, string[]>) {
    super(detail);
    this.code = code;
    this.errors = errors;
  }
}

/** What the product says about anything thrown: the host passes the very function its other door uses. */
export type ErrorOf = (thrown: unknown, requestId: string) => { message: string; info: ErrorInfo };

/** Every error body of the dialect. `request_id` only with a 5xx, to quote to an operator. */
export type ErrorBody = {
  detail: string;
  code: ErrorCode;
  errors?: Record<string, string[]>;
  request_id?: string;
};

/** Any error as this dialect shows it, and as every plain HTTP answer of the host does. A field the procedure found bad goes by the row's own name, which `aliases` lead to. */
export function problemOf(
  thrown: unknown,
  errorOf: ErrorOf,
  requestId: string,
  aliases: Readonly<Record<string, string>> = {},
): { status: number; headers: Record<string, string>; body: ErrorBody } {
  const { detail, code, errors, ...said } = explain(thrown, errorOf, requestId, aliases);
  const known: { http: number; retryAfter?: number } = errorTable[code];
  const { http: status } = known;
  const retryAfter = said.retryAfter ?? known.retryAfter;
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
    body: {
      detail,
      code,
      ...(errors ? { errors } : {}),
      ...(status >= 500 ? { request_id: requestId } : {}),
    },
  };
}

type Explained = {
  detail: string;
  code: ErrorCode;
  errors: Record<string, string[]> | undefined;
  retryAfter?: number | undefined;
};

function explain(
  thrown: unknown,
  errorOf: ErrorOf,
  requestId: string,
  aliases: Readonly<Record<string, string>>,
): Explained {
  if (thrown instanceof Refused) return { detail: thrown.message, code: thrown.code, errors: thrown.errors };
  const framework = ofFramework(thrown);
  if (framework) return framework;
  const { message, info } = errorOf(thrown, requestId);
  const { code, fields, retryAfter } = info;
  return { detail: message, code, errors: fields && ownNames(fields, aliases), retryAfter };
}

const unreadable = { code: 'BAD_REQUEST', detail: 'The request could not be read.' } as const;
const frameworkErrors: Record<number, { code: ErrorCode; detail: string }> = {
  413: { code: 'PAYLOAD_TOO_LARGE', detail: 'The request is too large.' },
  415: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    detail: 'Send application/json or application/x-www-form-urlencoded.',
  },
  429: { code: 'RATE_LIMITED', detail: 'Too many requests. Wait a moment and try again.' },
  503: { code: 'UNAVAILABLE', detail: 'The server is too busy. Try again in a moment.' },
};

/** Fastify and its plugins put the status on the error; their messages are not for callers. */
function ofFramework(thrown: unknown): Explained | undefined {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return undefined;
  const status = Number(thrown.statusCode);
  const known = frameworkErrors[status] ?? (status >= 400 && status < 500 ? unreadable : undefined);
  return known && { ...known, errors: undefined };
}

/** The dialect's habit where a required field is missing, null or empty. */
const required = 'This field is required.';

/** Parses with the dialect's messages; what does not fit is a BAD_REQUEST that names each bad field. */
export function parse<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const result = schema.safeParse(raw, {
    error: ({ input }) => (input === undefined || input === null || input === '' ? required : undefined),
  });
  if (result.success) return result.data;
  throw badInput(result.error);
}

function badInput(error: z.ZodError): Refused {
  const errors: Record<string, string[]> = {};
  for (const issue of error.issues) {
    (errors[issue.path.join('.') || 'non_field_errors'] ??= []).push(issue.message);
  }
  const [field, [message] = []] = Object.entries(errors)[0] ?? ['non_field_errors'];
  const detail = message === required ? `${field} is required` : `${field}: ${message}`;
  return new Refused('BAD_REQUEST', detail, errors);
}

function ownNames(fields: Record<string, string[]>, aliases: Readonly<Record<string, string>>) {
  const own = (name: string) => {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return aliases[snake] ?? snake;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, messages]) => [own(name), messages]));
}
