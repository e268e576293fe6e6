import type { EndReason, JobState } from '@rayni/contract';
import type { Kysely, Transaction } from 'kysely';
import type { Readable } from 'node:stream';
import type { Tables } from './db/tables.ts';

/** The ports of the product: what the host plugs in. Functions take only those they use, by `Pick<App, …>`. */
export type App = {
  db: Db;
  /** Absent without a key: answers are then made of quoted passages. */
  model: Model | undefined;
  embedder: Embedder | undefined;
  /** Absent: what is spoken is read from captions only. */
  transcriber?: Transcriber | undefined;
  /** Absent: of a recording neither tracks nor pictures are read, and it is not cut. */
  ffmpeg?: FFmpeg | undefined;
  /** Absent: of an image only what is written in it is read. */
  vision?: Vision | undefined;
  /** Absent: web pages are not read. */
  web?: Web | undefined;
  blobs: Blobs;
  jobs: Jobs;
  clock: Clock;
  log: Log;
  /** None: nothing is counted. */
  meter?: Meter | undefined;
};

/** An open transaction: the only thing to run statements on until it ends. */
export type Trx = Transaction<Tables>;
/** The database as the product sees it, whichever engine is behind it. */
export type Db = {
  /** For single statements. Using it inside an open transaction is an error at once, not a deadlock. */
  query: Kysely<Tables>;
  transaction<T>(run: (trx: Trx) => Promise<T>): Promise<T>;
  /** Wakes `on` with every payload notified on the channel by any process; `on(undefined)` after a lost connection: look for yourself. */
  listen(channel: string, on: (payload: string | undefined) => void): Promise<{ close(): Promise<void> }>;
};

/** One message of a prompt. */
export type ChatMessage = { role: 'system' | 'user' | 'assistant'; content: string };
/** A piece of a model's answer, or how it ended. */
export type ModelPart =
  | { type: 'delta'; text: string }
  | { type: 'finish'; reason: 'stop' | 'length' | 'filtered' };
/** A language model that writes answers. */
export type Model = {
  readonly name: string;
  /** Yields deltas, then exactly one `finish`; anything else that ends it is thrown as a `ModelFault`. */
  stream(messages: ChatMessage[], signal: AbortSignal): AsyncIterable<ModelPart>;
};

/** Why a model gave no (whole) answer; `message` is one plain sentence without secrets. */
export class ModelFault extends Error {
  override readonly name = 'ModelFault';
  readonly kind:
    | 'unreachable'
    | 'unauthorized'
    | 'no_model'
    | 'rate_limited'
    | 'timeout'
    | 'cut'
    | 'server'
    | 'aborted';
  constructor(kind: ModelFault['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A model that turns texts into vectors. */
export type Embedder = {
  readonly model: string;
  /** One unit-length vector per text, in order. */
  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
};

/** A model that writes down what is spoken. */
export type Transcriber = {
  readonly model: string;
  /** The largest file it takes. */
  readonly maxBytes: number;
  /** What is spoken in an audio file, in order, with times in seconds. Throws a `ModelFault`. */
  transcribe(audio: { path: string }, signal: AbortSignal): Promise<Cue[]>;
};
/** Where the programs are: paths, or names to look for in the system's own folders. */
export type FFmpeg = { readonly ffmpeg: string; readonly ffprobe: string };
/** Words of a recording with the seconds they are spoken in. */
export type Cue = {
  start: number;
  end: number;
  text: string;
  speaker?: string;
  /** When each word of it is spoken, where that is known. */
  words?: { start: number; end: number; text: string }[];
};

/** A model that sees. */
export type Vision = {
  readonly model: string;
  /** What an image (PNG or JPEG, as shown) holds; boxes in its pixels. Throws a `ModelFault`. */
  describe(
    image: { bytes: Uint8Array; mediaType: 'image/png' | 'image/jpeg'; width: number; height: number },
    signal: AbortSignal,
  ): Promise<{
    description: string;
    regions: { label: string; x: number; y: number; w: number; h: number }[];
  }>;
};

/** The web as far as Rayni goes: public addresses only. */
export type Web = {
  /**
   * The bytes behind a public address, and where it led. Throws `Unreadable` with a reason for what is refused, missing or too large, and
   * `Unreachable` for what another try may reach.
   */
  fetch(
    url: string,
    signal: AbortSignal,
  ): Promise<{ url: string; mediaType: string; charset: string | undefined; bytes: Uint8Array }>;
};

/** A host that gives no answer now; `message` is one plain sentence. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A request anyone may send who holds it, with these headers, until it expires. */
export type SignedRequest = { url: string; headers: Record<string, string>; expiresAt: Date };
/** Where the bytes of documents lie. */
export type Blobs = {
  /** A URL that allows exactly this method on exactly this key until it expires. */
  sign(
    method: 'PUT' | 'GET',
    key: string,
    options: { expiresIn: number; contentType?: string; filename?: string; maxBytes?: number },
  ): Promise<SignedRequest>;
  /** Keeps bytes that came by another way than a signed address. */
  put(key: string, bytes: Readable): Promise<void>;
  /** Undefined when nothing was put. */
  stat(key: string): Promise<{ size: number } | undefined>;
  /** The bytes `[start, end]` (inclusive, as HTTP counts); all of them without a range. Rejects when there are none. */
  open(key: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Copies within the store, whole or not at all, to a key that was never used; false when there is nothing at `from`. */
  copy(from: string, to: string): Promise<boolean>;
  /** What is not there is no error: twice is once. */
  remove(key: string): Promise<void>;
  /** Removes the bytes of a `put`, or of a PUT to a signed address, that began before this and never ended: whoever sent or took them died. */
  sweepUnfinished(before: Date): Promise<void>;
};

/** Every kind of background work with its payload. */
export type JobData = {
  /** Reads a version's bytes and publishes what was read. */
  ingest: { versionId: string };
  /** Removes what a deleted source leaves behind. */
  forget: { sourceId: string };
  /** Fetches a web page anew and makes a version of it if it has changed. */
  fetch: { sourceId: string };
  /** Fetches what a connector's place holds. */
  sync: { syncId: string };
  /** Removes what nobody came back for: uploads, attachments, guests' answers, old events and sessions. */
  sweep: { because: 'start' | 'hour' };
};
/** The name of a kind of background work. */
export type JobName = keyof JobData;
/** A job as the queue knows it. */
export type QueuedJob = { [N in JobName]: { name: N; data: JobData[N] } }[JobName] & {
  id: string;
  state: JobState;
  /** How often it was begun. */
  tries: number;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  /** Not begun before; null unless it waits. */
  nextAt: Date | null;
  /** What went wrong the last time. */
  error: string | null;
};
/** The queue of background work. */
export type Jobs = {
  /** Stored with the transaction, or not at all. */
  enqueue<N extends JobName>(trx: Trx, name: N, data: JobData[N]): Promise<void>;
  /** One page of what is waiting, at work or over, newest first, with the number of all; what is over is kept for days. */
  list(
    which: { id?: string; name?: JobName | undefined; state?: JobState | undefined },
    page: { limit: number; offset: number },
  ): Promise<{ jobs: QueuedJob[]; total: number }>;
  /** Puts a job that failed or was cancelled back to the waiting ones, with the transaction; false when it is neither by now. */
  retry(trx: Trx, job: Pick<QueuedJob, 'id' | 'name'>): Promise<boolean>;
  /** Ends a job that waits or is at work, with the transaction; whoever works on it is stopped at the commit, with `'cancelled'` as the reason. False when it is over by now. */
  cancel(trx: Trx, job: Pick<QueuedJob, 'id' | 'name'>): Promise<boolean>;
};

/** The time as the product sees it; a test sets it. */
export type Clock = { now(): Date };

/** Kinds of acts that are counted by caller. */
export type LimitClass = 'login' | 'questions' | 'feedback' | 'uploads';
/** How often, and how much at once, one caller may do something. */
export type Limits = {
  /** Counts one act: undefined when it may be done, else the seconds after which it may. */
  take(kind: LimitClass, caller: string): Promise<number | undefined>;
  /** Takes one of the caller's places for open streams and returns what gives it back; undefined when all are taken. */
  enterStream(caller: string): (() => void) | undefined;
};

/** Counts what the product does beside requests; what is told is of closed lists, never ids or texts. */
export type Meter = {
  /** An answer ended for good in this process. */
  answered(reason: EndReason): void;
  /** From taking an answer up to its first text in the log. */
  firstText(ms: number): void;
  /** A document was read and published with so many units: the pages of a PDF. */
  ingested(type: string, units: number): void;
};

/** Structured log; `fields` never hold question text, document text, cookies or tokens. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
