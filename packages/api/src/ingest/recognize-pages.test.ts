import { once } from 'node:events';
import { Readable } from 'node:stream';
import { PDFDocument } from 'pdf-lib';
import { afterEach, expect, test, vi } from 'vitest';
import { drawPicture } from '../testing/draw-picture.ts';
import { readDocument } from './readers.ts';
import { Unreadable } from './reading.ts';
import { pageRecognizer } from './recognize-pages.ts';
import { tethered } from './tethered.ts';

vi.mock(import('./tethered.ts'), { spy: true });

const away = new Error('The store is away.');
const closing: { close(): void }[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  vi.mocked(tethered).mockReset();
  for (const one of closing.splice(0)) one.close();
  return noProcessIsLeft();
});

function recognizer(open: () => Promise<Readable>, signal?: AbortSignal) {
  const made = pageRecognizer(open, signal);
  closing.push(made);
  return made;
}

/** What was killed is gone a moment later. */
const noProcessIsLeft = () =>
  vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap'));

async function scan() {
  const document = await PDFDocument.create();
  const words = 'The pump runs at 1450 rpm';
  const picture = drawPicture(900, 120, [{ text: words, x: 40, y: 80, size: 32 }]);
  document
    .addPage([595, 842])
    .drawImage(await document.embedPng(picture), { x: 60, y: 400, width: 450, height: 60 });
  return { bytes: await document.save(), words };
}

test('a store that is away is no fault of the page: it rejects as often as it is met, starts no process, and is tried again', async () => {
  const { bytes, words } = await scan();
  const open = vi.fn(async () => Readable.from([bytes]));
  for (let i = 0; i < 4; i++) open.mockRejectedValueOnce(away);
  const { recognize } = recognizer(open);
  for (let i = 0; i < 4; i++) await expect(recognize(1)).rejects.toBe(away);
  expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
  const found = await recognize(1);
  expect(found?.words.map(({ text }) => text).join(' ')).toBe(words);
});

test('a document whose scans cannot be opened again fails for now, not for good', async () => {
  const { bytes } = await scan();
  const reading = readDocument({
    bytes: Readable.from([bytes]),
    again: () => Promise.reject(away),
    type: 'pdf',
    filename: 'scan.pdf',
  });
  const error: unknown = await reading.next().catch((thrown: unknown) => thrown);
  expect(error).toBe(away);
  expect(error).not.toBeInstanceOf(Unreadable);
});

test('a store that breaks off is no fault of the page either, and leaves no process', async () => {
  const { bytes } = await scan();
  const open = async () =>
    Readable.from(
      (async function* () {
        yield bytes.subarray(0, 100);
        throw away;
      })(),
    );
  const { recognize } = recognizer(open);
  for (let i = 0; i < 4; i++) await expect(recognize(1)).rejects.toBe(away);
  await noProcessIsLeft();
});

test('a store that falls silent is given up, and the process with it', async () => {
  const silence = new Readable({ read() {} });
  const late = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(late.signal);
  const found = recognizer(async () => silence).recognize(1);
  const rejected = expect(found).rejects.toThrow(/abort/);
  await vi.waitFor(() => expect(process.getActiveResourcesInfo()).toContain('ProcessWrap'));
  late.abort();
  await rejected;
  await noProcessIsLeft();
});

test('a process that cannot be started is no fault of the page, and does not end this one', async () => {
  const sources: Readable[] = [];
  const open = async () => {
    const source = Readable.from(['%PDF']);
    sources.push(source);
    return source;
  };
  vi.mocked(tethered).mockReturnValue(['/nowhere/node', []]);
  const { recognize } = recognizer(open);
  for (let i = 0; i < 4; i++) await expect(recognize(1)).rejects.toThrow(/ENOENT/);
  expect(sources.map(({ destroyed }) => destroyed)).toEqual([true, true, true, true]);
});

test.each([
  ['cannot be read', undefined],
  ['end the process', 'exit 7'],
  ['end the process while the document arrives', 'sleep 0.02; exit 7'],
])('pages that %s are given up, and after three the rest of the document', async (_, script) => {
  if (script) vi.mocked(tethered).mockReturnValue(['/bin/sh', ['-c', script]]);
  const open = vi.fn(async () => Readable.from([Buffer.alloc(2_000_000)]));
  const { recognize } = recognizer(open);
  for (let page = 1; page <= 5; page++) expect(await recognize(page)).toBeUndefined();
  expect(open).toHaveBeenCalledTimes(3);
});

test('a recognizer that is closed while the document is opened starts no process and lets go of the document', async () => {
  const { promise, resolve } = Promise.withResolvers<Readable>();
  const closed = recognizer(() => promise);
  const found = closed.recognize(1);
  closed.close();
  const source = Readable.from(['%PDF']);
  resolve(source);
  expect(await found).toBeUndefined();
  if (!source.closed) await once(source, 'close');
  expect(tethered).not.toHaveBeenCalled();
});
