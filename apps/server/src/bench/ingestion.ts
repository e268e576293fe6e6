import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ingest, newId, readDocument } from '@rayni/api';
import type { Server } from '../server.ts';
import { benchServer } from './bench-server.ts';
import { watchLoop } from './loop-gap.ts';
import { median, type Measure, ms } from './measure.ts';
import { watchReaderMemory } from './reader-memory.ts';

/** Milliseconds: of everything, and from the moment the document is open. */
type Times = { all: number; opened: number; pages: number };

/**
 * A PDF with a text layer, from its stored bytes until it is published on the embedded database, against pdf.js alone getting the text of
 * every page in a bare process; and what that does to the process that serves questions meanwhile.
 */
export async function ingestionBench(file: string, rounds = 5): Promise<Measure[]> {
  const room = await mkdtemp(join(tmpdir(), 'rayni-bench-'));
  const bytes = await readFile(file);
  try {
    await using server = await benchServer(room);
    const floors: Times[] = [];
    const ours: (Times & { gap: number; memory: number | undefined })[] = [];
    for (let round = 0; round < rounds; round++) {
      floors.push(await bareRead(bytes));
      const versionId = await store(server, room, basename(file), bytes);
      const loop = watchLoop();
      const memory = watchReaderMemory();
      const times = await wholeJob(server, versionId);
      ours.push({ ...times, gap: loop.stop(), memory: memory.stop() });
    }
    const pages = floors[0]!.pages;
    const rate = (all: Times[], of: 'all' | 'opened') =>
      median(all.map((times) => pages / (times[of] / 1000)));
    const speed = (name: string, of: 'all' | 'opened', limit?: number): Measure => {
      const ratio = rate(ours, of) / rate(floors, of);
      return {
        name,
        ours: `${rate(ours, of).toFixed(0)} pages/s`,
        floor: `${rate(floors, of).toFixed(0)} pages/s`,
        ratio,
        ...(limit === undefined ? {} : { limit: `≥ ${limit.toFixed(2)}`, met: ratio >= limit }),
      };
    };
    const gap = Math.max(...ours.map((one) => one.gap));
    const peaks = ours.flatMap(({ memory }) => memory ?? []);
    const peak = Math.max(...peaks) / 2 ** 20;
    return [
      speed(`ingestion of ${basename(file)} (${pages} pages)`, 'all', 0.5),
      speed('  without starting the two processes', 'opened'),
      peaks.length > 0
        ? {
            name: '  peak memory of the reader',
            ours: `${peak.toFixed(0)} MB`,
            limit: '< 600 MB',
            met: peak < 600,
          }
        : { name: '  peak memory of the reader', ours: 'not told by this system' },
      { name: '  longest gap of the serving process', ours: ms(gap), limit: '≤ 50 ms', met: gap <= 50 },
    ];
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

/** The job's own function with the real reader, database and store. */
async function wholeJob({ rayni }: Server, versionId: string): Promise<Times> {
  const began = performance.now();
  let opened = 0;
  let pages = 0;
  await ingest(
    rayni.app,
    (order) =>
      readDocument({
        ...order,
        onProgress(done, total) {
          if (done === 0) opened = performance.now();
          pages = total;
          order.onProgress?.(done, total);
        },
      }),
    versionId,
    new AbortController().signal,
  );
  const ended = performance.now();
  const version = await rayni.app.db.query
    .selectFrom('source_version')
    .select('current_reading_id')
    .where('id', '=', versionId)
    .executeTakeFirst();
  if (!version?.current_reading_id) throw new Error('The document was not published.');
  return { all: ended - began, opened: ended - opened, pages };
}

async function bareRead(bytes: Uint8Array): Promise<Times> {
  const began = performance.now();
  const child = fork(fileURLToPath(new URL('./bare-reader.ts', import.meta.url)), [], {
    stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
  });
  child.stdin!.end(bytes);
  const [{ opened: pages }] = (await once(child, 'message')) as [{ opened: number }];
  const opened = performance.now();
  await once(child, 'message');
  const ended = performance.now();
  return { all: ended - began, opened: ended - opened, pages };
}

/** The bytes in the store and the rows an upload would have made, without a job. */
async function store(
  { rayni }: Server,
  dataDir: string,
  filename: string,
  bytes: Uint8Array,
): Promise<string> {
  const { query } = rayni.app.db;
  const now = rayni.app.clock.now();
  const [instrumentId, sourceId, versionId] = [newId(), newId(), newId()];
  const blobKey = `bench/${versionId}`;
  await mkdir(join(dataDir, 'files', 'bench'), { recursive: true });
  await writeFile(join(dataDir, 'files', blobKey), bytes);
  await query
    .insertInto('instrument')
    .values({
      id: instrumentId,
      name: 'Bench',
      vendor: '',
      models: [],
      visibility: 'public',
      description: '',
      created_at: now,
      updated_at: now,
    })
    .execute();
  await query
    .insertInto('source')
    .values({
      id: sourceId,
      instrument_id: instrumentId,
      type: 'pdf',
      title: filename,
      description: '',
      version: '',
      model_tags: [],
      storage_uri: '',
      status: 'uploaded',
      auto_approve: true,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await query
    .insertInto('source_version')
    .values({
      id: versionId,
      source_id: sourceId,
      ordinal: 1,
      blob_key: blobKey,
      filename,
      media_type: 'application/pdf',
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      created_at: now,
    })
    .execute();
  return versionId;
}
