import { setPriority } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { buildSegment } from '../retrieval/segment.ts';
import { encodePlaceMap } from './place-map-bytes.ts';
import { partsAhead, Unreadable, type FragmentDraft, type ReadBytes } from './reading.ts';
import type { FromReader, ReaderType, ReadingPart, StoredUnit, ToReader } from './readers.ts';

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
  });
  await units.flush();
  for (const fragment of found) await fragments.add(fragment);
  await fragments.flush();
  const indexed = found.map(({ ordinal, heading, text }) => ({ ordinal, title: order.title, heading, text }));
  await sendPart({ kind: 'segment', bytes: buildSegment(indexed) });
  await send({ kind: 'done' });
}

process.once('message', (order: ToReader) => {
  // Whatever else is said: a part was taken.
  process.on('message', () => {
    ahead--;
    taken.resolve();
    taken = Promise.withResolvers();
  });
  setPriority(10);
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
