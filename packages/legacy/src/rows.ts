import type { Caller } from '@rayni/api';
import { type AnswerSnapshot, type ChatEvent, type EventsInput, unread } from '@rayni/contract';
import { z } from 'zod';
import { type Ending, finished } from './ending.ts';
import { type ErrorBody, parse, Refused } from './errors.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Path = `/${string}`;

/** What a caller sent: query, body and path parameters in one object. */
export type Raw = Record<string, unknown>;

/** One line of the dialect: how it is called, and what answers. Built by `json`, `redirect` or `sse`, which know the types. */
export type Row = JsonRow | RedirectRow | StreamRow;

type Called = {
  method: Method;
  /** Every spelling in use; parameters as `:name`. Either slash form of each is served. */
  paths: readonly Path[];
  summary: string;
  /** Parses what was sent and transforms it to the procedure's input. */
  input: z.ZodType;
  /** Other accepted names of a field, as `other: field`. */
  aliases: Readonly<Record<string, string>>;
};

/** What becomes of the files of a multipart body: each is begun with what was sent before it, and `field` holds their ids in the end. */
export type FilesOf = { field: string; begin(api: Caller, raw: Raw): Promise<{ uploadId: string }> };

export type JsonRow = Called & {
  kind: 'json';
  /** Absent: no multipart bodies. */
  files?: FilesOf;
  status: number;
  /** The body as it goes out. */
  shape: z.ZodType;
  errorBody: (body: ErrorBody) => object;
  /** `url` is the absolute address that was asked. */
  run(api: Caller, raw: Raw, url: URL): Promise<{ body: unknown; headers: Record<string, string> }>;
};

export type RedirectRow = Called & { kind: 'redirect'; run(api: Caller, raw: Raw): Promise<string> };

export type StreamRow = Called & {
  kind: 'sse';
  start(api: Caller, raw: Raw): Promise<TurnIds>;
  locate(api: Caller): (input: { turnId: string }) => Promise<Located>;
  follow(api: Caller): (input: EventsInput) => Promise<AsyncIterable<unknown>>;
  frame: FrameOf;
};

/** An answer and the question it belongs to. */
export type TurnIds = { turnId: string; userTurnId: string };

/** How far an answer has come; when it is over, up to its last event but one. */
type Located = Pick<AnswerSnapshot, 'userTurnId' | 'status' | 'lastSeq'>;

/** Undefined: the dialect has no word for that event. An answer that failed is told by the door itself. */
type FrameOf = (event: ChatEvent, ids: TurnIds) => Frame | undefined;

/** One event as it stands on the wire. */
export type Frame = { event: string; data: object };

type Spec<In extends z.ZodType> = {
  paths: readonly Path[];
  summary: string;
  input: In;
  aliases?: Readonly<Record<string, string>>;
};

type JsonSpec<In extends z.ZodType, Result, Shape extends z.ZodType> = Spec<In> & {
  method: Method;
  call: (api: Caller) => (input: z.output<In>) => Promise<Result>;
  /** A result that has not these values is not there for this row: 404. */
  only?: Partial<Result>;
  shape: Shape;
  output: (result: Result, input: z.output<In>) => z.input<Shape>;
  /** 200 unless said otherwise. */
  status?: number;
  files?: FilesOf;
  headers?: (result: Result, input: z.output<In>, url: URL) => Record<string, string>;
  /** What callers read from this row's errors beside the usual. */
  errorBody?: (body: ErrorBody) => object;
};

/** JSON in, JSON out: `input` becomes what `call` takes, `output` turns what it gives into `shape`. */
export function json<In extends z.ZodType, Result, Shape extends z.ZodType>(
  row: JsonSpec<In, Result, Shape>,
): JsonRow {
  return {
    ...described(row),
    kind: 'json',
    method: row.method,
    status: row.status ?? 200,
    shape: row.shape,
    ...(row.files && { files: row.files }),
    errorBody: row.errorBody ?? ((body) => body),
    async run(api, raw, url) {
      const { input, result } = await answer(row.input, raw, row.call(api));
      for (const name in row.only) {
        if (result[name] !== row.only[name]) throw new Refused('NOT_FOUND', 'Not found.');
      }
      return { body: row.output(result, input), headers: row.headers?.(result, input, url) ?? {} };
    },
  };
}

/** Files under that name, begun by a procedure: `input` parses the fields that came before one, its `filename` and `content_type`. */
export const files = <In extends z.ZodType>(
  field: string,
  input: In,
  call: (api: Caller) => (input: z.output<In>) => Promise<{ uploadId: string }>,
): FilesOf => ({ field, begin: async (api, raw) => (await answer(input, raw, call(api))).result });

/** `json` for a whole answer: one that could not be finished is an error, never half a text with a 200. */
export const answered = <In extends z.ZodType, Result extends Ending, Shape extends z.ZodType>(
  row: JsonSpec<In, Result, Shape>,
): JsonRow => json({ ...row, call: (api) => async (input) => finished(await row.call(api)(input)) });

/** Acts, and answers 204 without a body. */
export const silent = <In extends z.ZodType, Result>(
  row: Pick<JsonSpec<In, Result, z.ZodUndefined>, keyof Spec<In> | 'method' | 'call'>,
): JsonRow => json({ ...row, status: 204, shape: z.undefined(), output: () => undefined });

/** Answers with the address where the thing itself is. */
export function redirect<In extends z.ZodType, Result>(
  row: Spec<In> & {
    call: (api: Caller) => (input: z.output<In>) => Promise<Result>;
    location: (result: Result) => string;
  },
): RedirectRow {
  return {
    ...described(row),
    kind: 'redirect',
    method: 'GET',
    run: async (api, raw) => row.location((await answer(row.input, raw, row.call(api))).result),
  };
}

/** Asks, then follows the answer: `frame` turns its events into the dialect's, leaving out those it has no word for. */
export function sse<In extends z.ZodType>(
  row: Spec<In> & {
    start: (api: Caller) => (input: z.output<In>) => Promise<TurnIds>;
    locate: StreamRow['locate'];
    follow: (api: Caller) => (input: EventsInput) => Promise<AsyncIterable<unknown>>;
    frame: FrameOf;
  },
): StreamRow {
  return {
    ...described(row),
    kind: 'sse',
    method: 'GET',
    locate: row.locate,
    follow: row.follow,
    frame: row.frame,
    start: async (api, raw) => (await answer(row.input, raw, row.start(api))).result,
  };
}

/** Parses what was sent and calls the procedure with it. Of what does not fit only who may call the procedure at all is told: they hear that first. */
async function answer<In extends z.ZodType, Result>(
  schema: In,
  raw: Raw,
  call: (input: z.output<In>) => Promise<Result>,
): Promise<{ input: z.output<In>; result: Result }> {
  let input: z.output<In>;
  try {
    input = parse(schema, raw);
  } catch (badInput) {
    const said = await call(unread).then(
      () => undefined,
      (error: unknown) => error,
    );
    throw isBadRequest(said) ? badInput : (said ?? badInput);
  }
  return { input, result: await call(input) };
}

const isBadRequest = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'BAD_REQUEST';

const described = <In extends z.ZodType>({ paths, summary, input, aliases = {} }: Spec<In>) => ({
  paths,
  summary,
  input,
  aliases,
});
