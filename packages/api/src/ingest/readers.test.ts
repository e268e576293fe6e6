import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { deflateSync, constants, createDeflate } from 'node:zlib';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { decodeSegment } from '../retrieval/segment.ts';
import { drawPdf } from '../testing/draw-pdf.ts';
import { decodePlaceMap, encodePlaceMap } from './place-map-bytes.ts';
import { readPdf } from './read-pdf.ts';
import { readDocument, type ReadingPart, type ReadOrder } from './readers.ts';
import {
  type FragmentDraft,
  partsAhead,
  readerVersions,
  type Reading,
  type Unit,
  Unreadable,
} from './reading.ts';

const sample = () =>
  drawPdf(
    [1, 2, 3].map((n) => ({
      width: 300,
      height: 200,
      texts: [{ text: `Valve ${n} opens at ${n}0 bar.`, x: 30, y: 60, size: 11 }],
    })),
  );
/** All parts of a reading together. */
async function whole(order: ReadOrder): Promise<Reading & { segment: Uint8Array }> {
  const units: Unit[] = [];
  const fragments: FragmentDraft[] = [];
  let segment = new Uint8Array();
  for await (const part of readDocument(order)) {
    if (part.kind === 'units')
      units.push(...part.units.map((unit) => ({ ...unit, places: decodePlaceMap(unit.places) })));
    else if (part.kind === 'fragments') fragments.push(...part.fragments);
    else if (part.kind === 'segment') segment = new Uint8Array(part.bytes);
  }
  return { reader: order.type, readerVersion: readerVersions[order.type], units, fragments, segment };
}
const pdf = (bytes: ReadOrder['bytes'], more: Partial<ReadOrder> = {}) =>
  whole({ bytes, type: 'pdf', filename: 'a.pdf', title: 'Valves', ...more });

/** A PDF of these objects, the first its catalogue. */
function pdfOf(objects: (string | Buffer)[], trailer = ''): Buffer {
  const parts = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  for (const [i, object] of objects.entries()) {
    offsets.push(length);
    const part = Buffer.concat([
      Buffer.from(`${i + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from('\nendobj\n'),
    ]);
    parts.push(part);
    length += part.length;
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

const catalogue = '<< /Type /Catalog /Pages 2 0 R >>';
const onePage = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>';
const page =
  '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>';
const streamOf = (data: Buffer, dictionary = '') =>
  Buffer.concat([
    Buffer.from(`<< /Length ${data.length} ${dictionary} >>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ]);
const content = streamOf(Buffer.from('BT /F1 12 Tf 72 700 Td (Some words) Tj ET'));

test('a document is read in another process as it is in this one, from bytes, a stream or a path', async () => {
  const bytes = await sample();
  const read = await readPdf(bytes.slice());
  const asStored = (unit: Unit) => ({ ...unit, places: decodePlaceMap(encodePlaceMap(unit.places)) });
  const here = { ...read, units: read.units.map(asStored) };
  const folder = await mkdtemp(join(tmpdir(), 'rayni-reader-'));
  try {
    const path = join(folder, 'valves.pdf');
    await writeFile(path, bytes);
    const progress: [number, number][] = [];
    const half = Math.floor(bytes.length / 2);
    const stream = Readable.from([Buffer.from(bytes.subarray(0, half)), Buffer.from(bytes.subarray(half))]);
    const readings = [
      await pdf(bytes, { onProgress: (done, total) => void progress.push([done, total]) }),
      await pdf(stream),
      await pdf({ path }),
    ];
    for (const { segment, ...reading } of readings) {
      expect(reading).toEqual(here);
      expect(decodeSegment(segment).dictionary).toContain('valv');
    }
    expect(progress.at(0)).toEqual([0, 3]);
    expect(progress.at(-1)).toEqual([3, 3]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a Markdown note is told by its name', async () => {
  const bytes = Buffer.from('# Pump\n\nDo not run it dry.\n');
  const read = (filename: string) => whole({ bytes, type: 'note', filename });
  expect((await read('pump.md')).fragments[0]!.heading).toBe('Pump');
  expect((await read('pump.txt')).fragments[0]!.heading).toBe('');
});

test.each<[string, Buffer, RegExp]>([
  ['an empty file', Buffer.alloc(0), /empty/],
  ['what is no PDF', Buffer.from(`%PDF-1.4\n${'garbage '.repeat(100)}`), /damaged/],
  [
    'a list of pages that runs in a circle',
    pdfOf([catalogue, '<< /Type /Pages /Kids [2 0 R] /Count 1 >>', page, content]),
    /circle/,
  ],
  [
    'a page without text',
    pdfOf([catalogue, onePage, page, streamOf(Buffer.from('0 0 100 100 re f'))]),
    /No text was found/,
  ],
])('%s is refused with a reason', async (_, bytes, reason) => {
  const refused = pdf(bytes);
  await expect(refused).rejects.toBeInstanceOf(Unreadable);
  await expect(refused).rejects.toThrow(reason);
});

test('a truncated file is refused with a reason', async () => {
  const bytes = await sample();
  await expect(pdf(bytes.subarray(0, bytes.length / 2))).rejects.toThrow(/damaged/);
});

test('a file with a password is refused with a reason', async () => {
  // The smallest encryption dictionary that asks for one: the user key below is not that of the empty password.
  const key = '00'.repeat(32);
  const encrypt = `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${key}> /U <${key}> /P -4 >> /ID [<00><00>]`;
  await expect(pdf(pdfOf([catalogue, onePage, page, content], encrypt))).rejects.toThrow(/password/);
});

test('too many pages and too much text are refused with a reason', async () => {
  const bytes = await sample();
  await expect(pdf(bytes, { limits: { pages: 2 } })).rejects.toThrow('has 3 pages; at most 2');
  await expect(pdf(bytes, { limits: { textBytes: 30 } })).rejects.toThrow(/text/);
});

test('two kilobytes that inflate to a gigabyte are stopped by the memory they take', async () => {
  const deflate = createDeflate({ level: constants.Z_BEST_COMPRESSION });
  const block = Buffer.alloc(2 ** 20, ' ');
  Readable.from(Array.from({ length: 1024 }, () => block)).pipe(deflate);
  const bomb = deflateSync(await buffer(deflate), { level: 9 });
  expect(bomb.length).toBeLessThan(4096);
  const bytes = pdfOf([catalogue, onePage, page, streamOf(bomb, '/Filter [/FlateDecode /FlateDecode]')]);
  const refused = pdf(bytes);
  await expect(refused).rejects.toBeInstanceOf(Unreadable);
  await expect(refused).rejects.toThrow(/too much memory/);
}, 60_000);

test.skipIf(!existsSync('/proc/self/stat'))('what takes too much of a processor is given up', async () => {
  await expect(
    pdf(await sample(), { limits: { processorMilliseconds: 1, millisecondsPerPage: 0 } }),
  ).rejects.toThrow(/too long/);
});

test('what takes too long is given up', async () => {
  const refused = pdf(await sample(), { limits: { milliseconds: 1, millisecondsPerPage: 0 } });
  await expect(refused).rejects.toBeInstanceOf(Unreadable);
  await expect(refused).rejects.toThrow(/too long/);
});

/** Whether a part comes without a turn of the event loop, hence without the other process. */
async function isHere(next: Promise<IteratorResult<ReadingPart, void>>): Promise<boolean> {
  let here = false;
  void next.then(({ done }) => (here = done !== true));
  for (let turn = 0; turn < 50 && !here; turn++) await Promise.resolve();
  return here;
}

test('a reader whose parts are stored slowly is held back, and that is not its time', async () => {
  // Each table is a fragment, and fifty of them a part.
  const text = '| code | lamp |\n|---|---|\n| E1 | cold |\n\n'.repeat(50 * 3 * partsAhead);
  const limits = { milliseconds: 6_000 };
  const parts = readDocument({ bytes: Buffer.from(text), type: 'note', filename: 'a.md', limits });
  await parts.next();
  // Long enough for all of it, were nobody to hold it back, and longer than it may take.
  await sleep(6_500);
  let waiting = 0;
  let next = parts.next();
  while (await isHere(next)) {
    waiting++;
    next = parts.next();
  }
  expect(waiting).toBeLessThanOrEqual(partsAhead);
  let rest = 0;
  for (let part = await next; !part.done; part = await parts.next()) rest++;
  expect(rest).toBeGreaterThan(partsAhead);
});

test('a caller who stops waiting, and a store that fails, are faults and no verdict on the document', async () => {
  const bytes = await sample();
  await expect(pdf(bytes, { signal: AbortSignal.abort(new Error('shut down')) })).rejects.toThrow(
    'shut down',
  );
  const stop = new AbortController();
  const stopped = pdf(new Readable({ read() {} }), { signal: stop.signal });
  stop.abort(new Error('stopped later'));
  await expect(stopped).rejects.toThrow('stopped later');
  const broken = new Readable({
    read() {
      this.destroy(new Error('store is down'));
    },
  });
  const failed = pdf(broken);
  await expect(failed).rejects.toThrow('store is down');
  await expect(failed).rejects.not.toBeInstanceOf(Unreadable);
});

const states = () => pdfOf([catalogue, onePage, page, streamOf(Buffer.from('q '.repeat(1_000_000)))]);
const tethers = existsSync('/usr/bin/setpriv') && existsSync('/proc/self/stat');

test.skipIf(!tethers)(
  'a reader that is busy ends with the process that began it, however that ends',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rayni-reader-'));
    try {
      const path = join(folder, 'states.pdf');
      await writeFile(path, states());
      const order = { bytes: { path }, type: 'pdf', filename: 'states.pdf' };
      const code = `import { readDocument } from ${JSON.stringify(new URL('readers.ts', import.meta.url).href)};
      const onProgress = () => console.log('busy');
      for await (const _ of readDocument({ ...${JSON.stringify(order)}, onProgress }));`;
      const worker = spawn(process.execPath, ['--input-type=module', '-e', code]);
      await once(worker.stdout, 'data');
      const readers = await readFile(`/proc/${worker.pid}/task/${worker.pid}/children`, 'latin1');
      const [reader] = readers.trim().split(' ').map(Number);
      expect(reader).toBeGreaterThan(0);
      const stateOf = async () => {
        const stat = await readFile(`/proc/${reader}/stat`, 'latin1').catch(() => '');
        return /\) (\S)/.exec(stat)?.[1];
      };
      expect(['R', 'S', 'D']).toContain(await stateOf());
      worker.kill('SIGKILL');
      // It may stay as an entry that nobody has asked about.
      await expect
        .poll(async () => [undefined, 'Z', 'X'].includes(await stateOf()), { timeout: 10_000 })
        .toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
