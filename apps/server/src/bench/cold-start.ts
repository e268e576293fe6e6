import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measure, ms } from './measure.ts';
import { startRayni } from './rayni-process.ts';

/** From the start of the process until it answers: on an empty data directory, demo documents and all, and on the same one again. */
export async function coldStartBench(): Promise<Measure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rayni-bench-'));
  try {
    const measures: Measure[] = [];
    for (const name of [
      'start on an empty data directory, demo and all',
      'start on a data directory in use',
    ]) {
      await using rayni = await startRayni({ DATA_DIR: dataDir });
      measures.push({ name, ours: ms(rayni.startedIn) });
    }
    return measures;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
