import { existsSync, readFileSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';
import { goodDocuments } from './good-documents.ts';
import { type Hostile, truncated } from './hostile.ts';
import { hostilePdfs } from './hostile-pdf.ts';
import { hostilePictures } from './hostile-pictures.ts';
import { hostileCaptions, hostileRecordings } from './hostile-recordings.ts';
import { hostileTexts } from './hostile-text.ts';
import { type IngestPoint, ingestPoints, ingestReader } from './ingest-points.ts';
import { upload } from './poison.ts';

// The short form; `npm run poison` is the long one.
const timeout = 120_000;

let server: TestServer;
let admin: TestCaller;
let instrumentId: string;
/** Where a worker could have been told to die. */
const passed = new Set<IngestPoint | undefined>();
const query: unknown = Reflect.get(Client.prototype, 'query');
const readers = new WeakMap<Client, ReturnType<typeof ingestReader>>();

beforeAll(async () => {
  Reflect.set(Client.prototype, 'query', function watched(this: Client, ...args: unknown[]): unknown {
    const [text, values] = args;
    let read = readers.get(this);
    if (!read) readers.set(this, (read = ingestReader()));
    const points = typeof text === 'string' ? read(text, values) : undefined;
    for (const point of Object.values(points ?? {})) passed.add(point);
    return typeof query === 'function' ? Reflect.apply(query, this, args) : undefined;
  });
  server = await startTestServer({ maxUploadBytes: 20_000_000 });
  const { email } = await server.account({ isAdmin: true });
  admin = await server.login(email);
  instrumentId = await server.instrument();
});
afterAll(async () => {
  Reflect.set(Client.prototype, 'query', query);
  await server.close();
});

const progressOf = async (ids: string[]) => {
  const found = await admin.trpc.sources.progress.query({ ids });
  return new Map(found.map((one) => [one.sourceId, one]));
};
const over = (status: string | undefined) => status !== 'uploaded' && status !== 'processing';

it('ends each document made to do harm with a reason, and reads the good ones among them', {
  timeout,
}, async () => {
  const all = [hostilePdfs, hostilePictures, hostileRecordings, hostileCaptions, hostileTexts].flat();
  const pick = (filename: string): Hostile => all.find((one) => one.filename === filename)!;
  const wanted: [Hostile, RegExp][] = [
    [pick('circle.pdf'), /circle/],
    [pick('locked.pdf'), /password/],
    [pick('flood.png'), /million pixels/],
    [pick('circle.tiff'), /damaged/],
    [pick('box.mp4'), /no captions/],
    [pick('none.vtt'), /hold no words/],
    [pick('laughs.docx'), /document type/],
    [pick('line.txt'), /longer than 2 MB/],
    ...truncated(
      goodDocuments().filter(({ filename }) => filename === 'procedure.docx'),
      1,
    ).map((one): [Hostile, RegExp] => [one, /damaged/]),
  ];
  const good = goodDocuments().filter(({ filename }) => /md|csv|vtt/.test(filename));
  const bring = (file: Hostile) => upload(admin.client, instrumentId, file);
  const ids = await Promise.all(wanted.map(([file]) => bring(file)));
  const goodIds = await Promise.all(good.map(bring));
  await expect
    .poll(
      async () =>
        [...(await progressOf([...ids, ...goodIds])).values()].filter(({ status }) => !over(status)),
      {
        timeout,
        interval: 200,
      },
    )
    .toEqual([]);
  const found = await progressOf([...ids, ...goodIds]);
  for (const [i, [{ filename }, reason]] of wanted.entries()) {
    const { status, statusDetail } = found.get(ids[i]!)!;
    expect([filename, status, statusDetail]).toEqual([
      filename,
      expect.stringMatching(/^(?:rejected|parsed)$/),
      expect.stringMatching(reason),
    ]);
  }
  expect(goodIds.map((id) => found.get(id)?.status)).toEqual(good.map(() => 'approved'));
  // The statements at which `npm run poison -- --kills` lets workers die are still known by their text; without ffmpeg there is no frame.
  const statements = ingestPoints.filter((point) => !/frame held|frame is held|started$/.test(point));
  expect(statements.filter((point) => !passed.has(point))).toEqual([]);
});

const self = `/proc/self/task/${process.pid}/children`;

it.skipIf(!existsSync(self))(
  'rejects a document whose reader dies each time after three tries, and goes on with the others',
  { timeout },
  async () => {
    const note = (filename: string) => ({
      name: 'a note',
      filename,
      bytes: () => Buffer.from('The valve opens at 5 bar.'),
    });
    const poor = await upload(admin.client, instrumentId, note('poor.md'));
    const other = await upload(admin.client, instrumentId, note('other.md'));
    const job = async () => {
      const { items } = await admin.trpc.jobs.list.query({ kind: 'ingest' });
      return items.find(({ about }) => about?.id === poor);
    };
    const working = async () =>
      (await admin.trpc.jobs.list.query({ kind: 'ingest', state: 'working' })).items;
    const killed = new Set<number>();
    // Nobody else's readers: with several cores both are read at once.
    while (!over((await progressOf([poor])).get(poor)?.status)) {
      const at = await working();
      if (at.length === 1 && at[0]?.about?.id === poor)
        for (const pid of readersOf()) if (kill(pid)) killed.add(pid);
    }
    // By chance also one of the other's, which has tries left.
    expect(killed.size).toBeGreaterThanOrEqual(3);
    expect(await job()).toMatchObject({ state: 'failed', tries: 3 });
    const found = await progressOf([poor, other]);
    expect(found.get(poor)).toMatchObject({
      status: 'rejected',
      statusDetail: expect.stringMatching(/several times/),
    });
    expect(await server.read(admin, other)).toMatchObject({ status: 'approved' });
  },
);

const readersOf = () =>
  readFileSync(self, 'latin1')
    .split(' ')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => {
      const command = `/proc/${pid}/cmdline`;
      return existsSync(command) && readFileSync(command, 'latin1').includes('reader-process');
    });

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
