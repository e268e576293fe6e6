import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Argument } from 'commander';
import { command, run } from '../cli/connect.ts';
import { demo, demoFile } from '../../demo/demo.ts';
import { coldStartBench } from './cold-start.ts';
import { firstTokenBench } from './first-token.ts';
import { generatedPdf } from './generated-pdf.ts';
import { ingestBench } from './ingest.ts';
import { ingestionBench } from './ingestion.ts';
import { type Measure, table } from './measure.ts';
import { ocrBench } from './ocr.ts';
import { rankingBench } from './ranking.ts';
import { streamsBench } from './streams.ts';
import { uploadsBench } from './uploads.ts';

// `npm run bench`: ratios against a bare floor in the same run; ends with 1 when a limit is missed.

const room = await mkdtemp(join(tmpdir(), 'rayni-bench-'));

type Options = { pdf?: string; rounds: string; documents: string };

const benches: Record<string, (options: Options) => Promise<Measure[]>> = {
  async ingestion(options) {
    const measures: Measure[] = [];
    for (const file of await documents(options))
      measures.push(...(await ingestionBench(file, Number(options.rounds))));
    return measures;
  },
  ingest: ({ documents }) => ingestBench(Number(documents), ['postgres', 'embedded']),
  'first-token': () => firstTokenBench(),
  'cold-start': coldStartBench,
  ranking: () => rankingBench({ fragments: 100_000 }),
  uploads: () => uploadsBench(),
  ocr: async ({ rounds }) => ocrBench(await images(), Number(rounds)),
  streams: (options) =>
    streamsBench({ rounds: Number(options.rounds), readers: 200, many: 1_000, stalled: 500 }),
};

/** The scans below EVAL_DIR, else the demo's pictures. */
async function images(): Promise<string[]> {
  if (!process.env.EVAL_DIR)
    return demo.sources
      .filter(({ type }) => type === 'image')
      .map((source) => fileURLToPath(demoFile(source)));
  const folder = join(process.env.EVAL_DIR, 'ocr');
  const names = await readdir(folder);
  return names.filter((name) => /\.(?:tiff?|png)$/.test(name)).map((name) => join(folder, name));
}

/** The one that was named, else the real ones below EVAL_DIR, else the demo's longest and a generated one. */
async function documents({ pdf }: Options): Promise<string[]> {
  if (pdf) return [pdf];
  if (process.env.EVAL_DIR) {
    const folder = join(process.env.EVAL_DIR, 'manual-index/pdf');
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith('.pdf')).map((name) => join(folder, name));
  }
  const [longest] = demo.sources.toSorted((a, b) => b.pages - a.pages);
  const generated = join(room, 'generated.pdf');
  await writeFile(generated, await generatedPdf(300));
  return [fileURLToPath(demoFile(longest!)), generated];
}

async function measure(names: string[], options: Options): Promise<number> {
  const measures: Measure[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.error(`${name} …`);
    measures.push(...(await bench(options)));
  }
  console.log(table(measures));
  return measures.some(({ met }) => met === false) ? 1 : 0;
}

try {
  await run(
    command('bench')
      .description('Measures against a bare floor in the same run; ends with 1 when a limit is missed.')
      .addArgument(new Argument('[names...]', 'all without one').choices(Object.keys(benches)))
      .option('--pdf <file>', 'the PDF that `ingestion` reads')
      .option('--rounds <n>', 'how often `ingestion` and `ocr` read theirs and `streams` are measured', '3')
      .option('--documents <n>', 'how many `ingest` reads', '100')
      .action(async (names: string[], options: Options) => {
        process.exitCode = await measure(names, options);
      }),
  );
} finally {
  await rm(room, { recursive: true, force: true });
}
