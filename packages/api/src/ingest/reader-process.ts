import { buffer } from 'node:stream/consumers';
import { buildSegment } from '../retrieval/segment.ts';
import { giveWay } from './give-way.ts';
import { encodePlaceMap } from './place-map-bytes.ts';
import type { Recognized } from './ocr-engine.ts';
import {
  type FragmentDraft,
  partsAhead,
  type Picture,
  type PictureDescription,
  type ReadBytes,
  Unreadable,
} from './reading.ts';
import type { BackToReader, FromReader, ReaderType, ReadingPart, StoredUnit, ToReader } from './readers.ts';

// The entry of a reader's own process: takes one order and the document's bytes on standard input, answers in small messages.

/** How much text goes into one message: the receiver, a server, must not be busy with any of them for long. */
const batchLength = 32_000;

function send(message: FromReader): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!process.send) throw new Error('A reader needs a process to report to.');
    process.send(message, undefined, {}, (error) => (error ? reject(error) : resolve()));
  });
}

let ahead = 0;
let taken = Promise.withResolvers<void>();

/** Sends a part once few enough of those before it wait to be stored. */
async function sendPart(part: ReadingPart): Promise<void> {
  while (ahead >= partsAhead) await taken.promise;
  ahead++;
  await send(part);
}

type Answer<K extends BackToReader['kind']> = Extract<BackToReader, { kind: K }>;
const asked: { [K in 'recognized' | 'described']?: (answer: Answer<K>) => void } = {};

/** What stands on a page, recognised by another process. One page at a time. */
async function recognize(page: number): Promise<Recognized | undefined> {
  const answer = new Promise<Answer<'recognized'>>((resolve) => (asked.recognized = resolve));
  await send({ kind: 'recognize', page });
  return (await answer).found;
}

async function describe(picture: Picture): Promise<PictureDescription | undefined> {
  const answer = new Promise<Answer<'described'>>((resolve) => (asked.described = resolve));
  await send({ kind: 'describe', picture });
  return (await answer).found;
}

/** Sends items in batches, each once its text has grown large enough. */
function batches<T extends { text: string }>(wrap: (items: T[]) => ReadingPart) {
  let held: T[] = [];
  let length = 0;
  const flush = async () => {
    if (held.length > 0) await sendPart(wrap(held));
    held = [];
    length = 0;
  };
  const add = async (item: T) => {
    held.push(item);
    length += item.text.length;
    if (length >= batchLength || held.length >= 50) await flush();
  };
  return { add, flush };
}

/** Each is loaded only when it is wanted: pdf.js alone takes a third of a second. */
const readers: Record<ReaderType, () => Promise<ReadBytes>> = {
  pdf: async () => (await import('./read-pdf.ts')).readPages,
  note: async () => (await import('./read-note.ts')).readNoteBytes,
  video: async () => (await import('./read-video.ts')).readVideo,
  image: async () => (await import('./read-image.ts')).readImage,
  url: async () => (await import('./read-url.ts')).readUrl,
  office: async () => (await import('./read-office.ts')).readOffice,
};

async function read(order: ToReader): Promise<void> {
  const bytes = await buffer(process.stdin);
  await send({ kind: 'began' });
  if (bytes.length === 0 && !order.recording) throw new Unreadable('This file is empty.');
  const units = batches<StoredUnit>((items) => ({ kind: 'units', units: items }));
  const fragments = batches<FragmentDraft>((items) => ({ kind: 'fragments', fragments: items }));
  let reported = 0;
  const readBytes = await readers[order.type]();
  const found = await readBytes(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), {
    filename: order.filename,
    mediaType: order.mediaType,
    url: order.url,
    recording: order.recording,
    limits: order.limits,
    onUnit: (unit) => units.add({ ...unit, places: encodePlaceMap(unit.places) }),
    onProgress(done, total) {
      if (done > 0 && done < total && performance.now() - reported < 100) return;
      reported = performance.now();
      void send({ kind: 'progress', done, total });
    },
    onFacts: (facts) => sendPart({ kind: 'facts', facts }),
    ...(order.recognizes && { recognize }),
    ...(order.describes && { describe }),
  });
  await units.flush();
  for (const fragment of found) await fragments.add(fragment);
  await fragments.flush();
  const indexed = found.map(({ ordinal, heading, text }) => ({ ordinal, title: order.title, heading, text }));
  await sendPart({ kind: 'segment', bytes: buildSegment(indexed) });
  await send({ kind: 'done' });
}

// Whoever wanted it read has gone.
process.on('disconnect', () => process.exit(0));

process.once('message', (order: ToReader) => {
  process.on('message', (message: BackToReader) => {
    if (message.kind === 'recognized') return asked.recognized?.(message);
    if (message.kind === 'described') return asked.described?.(message);
    ahead--;
    taken.resolve();
    taken = Promise.withResolvers();
  });
  giveWay();
  // Where the parent cannot see this process's memory, this is the only watch; it cannot run while a page is being inflated.
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > order.limits.memoryBytes) void send({ kind: 'memory' });
  }, 100);
  read(order)
    .catch((error: unknown) =>
      error instanceof Unreadable
        ? send({ kind: 'unreadable', message: error.message })
        : send({
            kind: 'failed',
            message: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
    )
    .finally(() => {
      clearInterval(watch);
      process.disconnect();
    });
});
