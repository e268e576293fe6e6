import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDocument } from '@rayni/api';
import { median, type Measure } from './measure.ts';
import { watchReaderMemory } from './reader-memory.ts';

/**
 * Images read by the product (a process of its own each, turned where they lie, words laid out and cut into fragments) against tesseract.js alone
 * in a bare process each, in turns; one worker each.
 */
export async function ocrBench(files: string[], rounds = 3): Promise<Measure[]> {
  const ours: number[] = [];
  const floors: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let [own, floor] = [0, 0];
    for (const file of files) {
      const bytes = await readFile(file);
      floor += await timed(() => bare(bytes));
      const memory = watchReaderMemory();
      own += await timed(() => read(bytes, basename(file)));
      peaks.push(memory.stop() ?? 0);
    }
    ours.push(files.length / (own / 1000));
    floors.push(files.length / (floor / 1000));
  }
  const [rate, floor, peak] = [median(ours), median(floors), Math.max(...peaks) / 2 ** 20];
  const perSecond = (value: number) => `${value.toFixed(2)} pages/s`;
  return [
    {
      name: `text recognition of ${files.length} images`,
      ours: perSecond(rate),
      floor: perSecond(floor),
      ratio: rate / floor,
      limit: '≥ 0.80',
      met: rate / floor >= 0.8,
    },
    peak > 0
      ? {
          name: '  peak memory of the reader',
          ours: `${peak.toFixed(0)} MB`,
          limit: '< 1000 MB',
          met: peak < 1_000,
        }
      : { name: '  peak memory of the reader', ours: 'not told by this system' },
  ];
}

async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

async function read(bytes: Uint8Array, filename: string): Promise<void> {
  for await (const _ of readDocument({ bytes, type: 'image', filename }));
}

async function bare(bytes: Uint8Array): Promise<void> {
  const child = fork(fileURLToPath(new URL('./bare-ocr.ts', import.meta.url)), [], {
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  });
  child.stdin!.end(bytes);
  await once(child, 'message');
}
