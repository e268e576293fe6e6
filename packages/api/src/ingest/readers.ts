import { fork, type ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Recognized } from './ocr-engine.ts';
import {
  readerVersions,
  Unreadable,
  type FragmentDraft,
  type Picture,
  type PictureDescription,
  type ReadingFacts,
  type Recording,
} from './reading.ts';
import { pageRecognizer } from './recognize-pages.ts';
import { tethered } from './tethered.ts';
import { turns } from './turns.ts';
import { feed, processorMilliseconds, residentBytes } from './watched-process.ts';

export type ReaderType = keyof typeof readerVersions;
export type Reader = { name: string; version: number };

/** The reader of a type of document; a higher version reads better and makes new readings worth while. */
export function readerOf(type: ReaderType): Reader {
  return { name: type, version: readerVersions[type] };
}

export type ReadLimits = {
  /** Resident memory of the reader's process. */
  memoryBytes: number;
  /** Wall clock from the last byte received, plus so much a page; what storing takes does not count. */
  milliseconds: number;
  millisecondsPerPage: number;
  /** Of processor time, plus as much a page: what spins is given up long before, and what waits on a busy machine is not. */
  processorMilliseconds: number;
  pages: number;
  textBytes: number;
};

const defaults: ReadLimits = {
  memoryBytes: 600 * 2 ** 20,
  milliseconds: 60_000,
  millisecondsPerPage: 500,
  processorMilliseconds: 20_000,
  pages: 10_000,
  textBytes: 50 * 2 ** 20,
};

/** What a kind of document needs beyond the defaults, by measurement. */
const limitsOfKind: Partial<Record<ReaderType, Partial<ReadLimits>>> = {
  // A page of print is recognised in 2 to 5 s, in four directions on an old machine in a minute; the recogniser takes 250 MB, a decoded picture
  // of 100 megapixels as many.
  image: {
    memoryBytes: 1_000 * 2 ** 20,
    millisecondsPerPage: 90_000,
    processorMilliseconds: 60_000,
    pages: 500,
  },
};

export type ReadOrder = {
  /** Where the bytes are: a file's path, a stream (of an object store), or the bytes themselves. */
  bytes: { path: string } | Readable | Uint8Array;
  /** Opens the bytes once more where they are a stream: without it no scanned page of a PDF is recognised. */
  again?: () => Promise<Readable>;
  /** What a model sees in a picture; undefined when it fails. Absent: no picture is described. */
  describe?: (picture: Picture, signal: AbortSignal | undefined) => Promise<PictureDescription | undefined>;
  type: ReaderType;
  /** Tells Markdown from plain text. */
  filename: string;
  mediaType?: string;
  /** The address the bytes came from. */
  url?: string | undefined;
  /** Of a recording; the bytes are its captions then, if there are any. */
  recording?: Recording;
  /** Is searched with every fragment. */
  title?: string;
  limits?: Partial<ReadLimits>;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
};

/** A unit with its place map as the bytes that are kept of it (`encodePlaceMap`), made by the reader's process: the server has others to serve. */
export type StoredUnit = { ordinal: number; text: string; places: Uint8Array };

/**
 * A piece of a reading: first all units in order, then all fragments, at last the prepared postings of the fragments
 * (`retrieval/segment.ts`), which are made there because a server must not spend time on it. Facts come when they are known.
 */
export type ReadingPart =
  | { kind: 'units'; units: StoredUnit[] }
  | { kind: 'fragments'; fragments: FragmentDraft[] }
  | { kind: 'segment'; bytes: Uint8Array }
  | { kind: 'facts'; facts: ReadingFacts };
export type ReadDocument = (order: ReadOrder) => AsyncGenerator<ReadingPart, void>;

/** What the reader's process is told, and what it tells. */
export type ToReader = {
  type: ReaderType;
  filename: string;
  mediaType: string;
  url: string | undefined;
  recording: Recording | undefined;
  title: string;
  limits: ReadLimits;
  recognizes: boolean;
  describes: boolean;
};
/** What a reader's process is told later: that a part was taken, or what it asked for. */
export type BackToReader =
  | { kind: 'taken' }
  | { kind: 'recognized'; found: Recognized | undefined }
  | { kind: 'described'; found: PictureDescription | undefined };
export type FromReader =
  | { kind: 'began' }
  | { kind: 'progress'; done: number; total: number }
  | ReadingPart
  | { kind: 'recognize'; page: number }
  | { kind: 'describe'; picture: Picture }
  | { kind: 'done' }
  | { kind: 'memory' }
  | { kind: 'unreadable'; message: string }
  | { kind: 'failed'; message: string };

/** What a kind of reader needs beyond reading files; said with the reason. */
const permissions: Partial<Record<ReaderType, string[]>> = {
  // Pictures are decoded by sharp, an addon; words are recognised by WebAssembly in a worker.
  image: ['--allow-addons', '--allow-worker'],
};

/** For the bytes to arrive at the reader; a store slower than this is a fault of ours, not of the document. */
const transferMilliseconds = 10 * 60_000;

/** So many documents are read at once in this process: one core is left to those who ask. */
export const readersAtOnce = Math.max(1, availableParallelism() - 1);
/** One more beside those that take long, and one for a page that is fetched again: neither waits an hour for a thousand scanned pages. */
const turn = turns(readersAtOnce + 2);

/**
 * Reads a document in a process of its own, within limits of time and memory, and hands on what is read while the rest still is. Throws
 * `Unreadable` with a reason for the person who brought the document, and a plain error for faults that another try may not meet.
 */
export const readDocument: ReadDocument = async function* (order) {
  // Not only jobs that read documents come here: a page that is fetched again is read too.
  using _ = await turn(order.signal).catch((error: unknown) => {
    if (order.bytes instanceof Readable) order.bytes.destroy();
    throw error;
  });
  order.signal?.throwIfAborted();
  const limits = { ...defaults, ...limitsOfKind[order.type], ...order.limits };
  // The document's process may read files (fonts, its own modules) and nothing else: no writing, no processes, no addons.
  const [execPath, execArgv] = tethered(process.execPath, [
    '--permission',
    '--allow-fs-read=*',
    '--no-warnings',
    // A small young generation: 64 MB would take 90 MB more and be no faster.
    '--max-semi-space-size=16',
    // Below this V8 collects so eagerly that reading takes a quarter longer; what holds is the watch over resident memory.
    '--max-old-space-size=2048',
    ...(permissions[order.type] ?? []),
  ]);
  const child = fork(fileURLToPath(new URL('./reader-process.ts', import.meta.url)), [], {
    serialization: 'advanced',
    // Empty but for glibc's: one arena gives memory back that four would keep (after 1,500 pages 277 MB instead of 343).
    env: { MALLOC_ARENA_MAX: '1' },
    execPath,
    execArgv,
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
  try {
    yield* conversation(child, order, limits);
  } finally {
    child.kill('SIGKILL');
  }
};

async function* conversation(
  child: ChildProcess,
  order: ReadOrder,
  limits: ReadLimits,
): AsyncGenerator<ReadingPart, void> {
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  // A reader that does harm ends at once, also while a part is being stored and nobody waits for the next.
  over.catch(() => child.kill('SIGKILL'));
  let parts: ReadingPart[] = [];
  let arrived = Promise.withResolvers<void>();
  const tooMuchMemory = () =>
    reject(new Unreadable('This file needed too much memory to read. It may be damaged or made to do harm.'));
  const tooLong = () => reject(new Unreadable('This file took too long to read and was given up.'));

  let late = () => reject(new Error('The document did not reach its reader in time.'));
  let deadline = performance.now() + transferMilliseconds;
  let storing = false;
  let aside = 0;
  let timer: NodeJS.Timeout | undefined;
  const watchTime = () => {
    clearTimeout(timer);
    const left = deadline - performance.now();
    if (left <= 0 && !storing && aside === 0) late();
    else timer = setTimeout(watchTime, Math.max(left, 100));
  };
  watchTime();
  let processorLimit = limits.processorMilliseconds;
  const watch = setInterval(() => {
    if (child.pid === undefined) return;
    residentBytes(child.pid).then(
      (bytes) => bytes > limits.memoryBytes && tooMuchMemory(),
      // No /proc on this system: the child's own report has to do.
      () => {},
    );
    processorMilliseconds(child.pid).then(
      (spent) => spent > processorLimit && tooLong(),
      () => {},
    );
  }, 100);
  const abort = () => reject(order.signal?.reason);
  order.signal?.addEventListener('abort', abort, { once: true });

  let complaint = '';
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  child.on('error', (error) =>
    reject(new Error('The reader of documents could not be started.', { cause: error })),
  );
  const back = (message: BackToReader) => void (child.connected && child.send(message, () => {}));
  const bytesAgain = reopened(order);
  const recognizer =
    order.type === 'pdf' && bytesAgain ? pageRecognizer(bytesAgain, order.signal) : undefined;
  /** Does what the reader asked for; the time that takes is not the reader's. */
  const serve = (work: () => Promise<BackToReader>) => {
    const began = performance.now();
    aside++;
    work()
      .then(back, reject)
      .finally(() => {
        aside--;
        deadline += performance.now() - began;
      });
  };
  child.on('message', (message: FromReader) => {
    switch (message.kind) {
      case 'began':
        late = tooLong;
        deadline = performance.now() + limits.milliseconds;
        watchTime();
        break;
      case 'progress':
        if (message.done === 0) {
          deadline += message.total * limits.millisecondsPerPage;
          processorLimit += message.total * limits.millisecondsPerPage;
        }
        order.onProgress?.(message.done, message.total);
        break;
      case 'units':
      case 'fragments':
      case 'segment':
      case 'facts':
        parts.push(message);
        arrived.resolve();
        break;
      case 'recognize':
        serve(async () => ({ kind: 'recognized', found: await recognizer?.recognize(message.page) }));
        break;
      case 'describe':
        serve(async () => ({
          kind: 'described',
          found: await order.describe?.(message.picture, order.signal),
        }));
        break;
      case 'done':
        resolve();
        break;
      case 'memory':
        tooMuchMemory();
        break;
      case 'unreadable':
        reject(new Unreadable(message.message));
        break;
      case 'failed':
        // The same bytes would fail the same way again.
        reject(
          new Unreadable('This file is damaged or of a kind that cannot be read.', {
            cause: new Error(message.message),
          }),
        );
        break;
    }
  });
  const ended = () => {
    if (child.connected || (child.exitCode === null && child.signalCode === null)) return;
    if (/heap out of memory|Array buffer allocation failed/.test(complaint)) tooMuchMemory();
    reject(
      new Error(`The reader of documents ended early (${child.signalCode ?? child.exitCode}). ${complaint}`),
    );
  };
  child.on('exit', ended);
  child.on('disconnect', ended);

  const told: ToReader = {
    type: order.type,
    filename: order.filename,
    mediaType: order.mediaType ?? '',
    url: order.url,
    recording: order.recording,
    title: order.title ?? '',
    limits,
    recognizes: recognizer !== undefined,
    describes: order.describe !== undefined,
  };
  child.send(
    told,
    (error) => error && reject(new Error('The reader of documents went away.', { cause: error })),
  );
  feed(child, opened(order)).catch(reject);

  try {
    for (let ended = false; !ended; ) {
      ended = await Promise.race([over.then(() => true), arrived.promise.then(() => false)]);
      const some = parts;
      parts = [];
      arrived = Promise.withResolvers();
      const began = performance.now();
      storing = true;
      for (const part of some) {
        yield part;
        // A reader that has gone has said why.
        back({ kind: 'taken' });
      }
      storing = false;
      deadline += performance.now() - began;
    }
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    order.signal?.removeEventListener('abort', abort);
    recognizer?.close();
  }
}

/** Opens the bytes of an order as often as wanted, if that is possible. */
function reopened({ bytes, again }: ReadOrder): (() => Promise<Readable>) | undefined {
  if (bytes instanceof Uint8Array) return async () => Readable.from([bytes]);
  if (bytes instanceof Readable) return again;
  return async () => createReadStream(bytes.path);
}

function opened({ bytes }: ReadOrder): Readable {
  if (bytes instanceof Readable) return bytes;
  return bytes instanceof Uint8Array ? Readable.from([bytes]) : createReadStream(bytes.path);
}
