import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createRayniClient } from '@rayni/client';
import { fileFromPath } from '@rayni/client/node';
import { hasSwift, startSwift } from '../testing/swift-server.ts';
import { type Measure, ms } from './measure.ts';
import { startRayni } from './rayni-process.ts';

const megabyte = 2 ** 20;
const growthLimit = 64;

/**
 * Two files, one ten times the other, through the three steps of an upload into each kind of store: how long, and how far the memory of
 * the process that serves rises above what it held before. Reading the document afterwards is another process's, and not waited for.
 */
export async function uploadsBench(sizes = [20, 200]): Promise<Measure[]> {
  const room = await mkdtemp(join(tmpdir(), 'rayni-bench-'));
  try {
    const measures = await through('a folder', {}, room, sizes);
    if (!hasSwift()) return [...measures, { name: 'upload into S3', ours: 'no S3 server is installed' }];
    await using swift = await startSwift();
    const { endpoint, bucket, accessKey, secretKey } = swift.s3;
    const s3 = {
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY: accessKey,
      S3_SECRET_KEY: secretKey,
    };
    return [...measures, ...(await through('S3', s3, room, sizes))];
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

async function through(
  store: string,
  env: Record<string, string>,
  room: string,
  sizes: number[],
): Promise<Measure[]> {
  const dataDir = await mkdtemp(join(room, 'data-'));
  await using server = await startRayni({ ...env, DATA_DIR: dataDir });
  const rayni = createRayniClient({ url: server.url });
  await rayni.auth.login('admin@rayni.com');
  const [instrument] = await rayni.trpc.instruments.list.query();
  const upload = async (file: string) =>
    rayni.uploads.put(await fileFromPath(file), { instrumentId: instrument!.id });
  // What the first one costs whatever its size: code that is compiled, connections that are opened.
  await upload(await textFile(room, 1));
  const measures: Measure[] = [];
  for (const size of sizes) {
    const file = await textFile(room, size);
    const before = await memory(server.pid, 'VmRSS');
    await forgetPeak(server.pid);
    const began = performance.now();
    await upload(file);
    const took = performance.now() - began;
    const peak = await memory(server.pid, 'VmHWM');
    measures.push({ name: `upload of ${size} MB into ${store}`, ours: ms(took) });
    if (before === undefined || peak === undefined)
      measures.push({ name: '  memory of the server', ours: 'not told by this system' });
    else {
      const growth = (peak - before) / megabyte;
      measures.push({
        name: '  memory of the server, before → peak',
        ours: `${(before / megabyte).toFixed(0)} → ${(peak / megabyte).toFixed(0)} MB`,
        limit: `≤ ${growthLimit} MB more`,
        met: growth <= growthLimit,
      });
    }
    await rm(file);
  }
  return measures;
}

/** So many megabytes of lines of text, each another. */
async function textFile(room: string, megabytes: number): Promise<string> {
  const file = join(room, `${megabytes}.txt`);
  const lines = function* () {
    for (let part = 0; part < megabytes; part++)
      yield Array.from({ length: megabyte / 64 }, (_, line) => `${part} ${line}`.padEnd(63, '.') + '\n').join(
        '',
      );
  };
  await pipeline(Readable.from(lines()), createWriteStream(file));
  return file;
}

/** Bytes; undefined where the system does not tell. */
async function memory(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Linux then keeps the highest value from here on. */
const forgetPeak = (pid: number) => writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
