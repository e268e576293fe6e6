import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { demo, demoFile } from '../../demo/demo.ts';
import { coldStartBench } from './cold-start.ts';
import { firstTokenBench } from './first-token.ts';
import { generatedPdf } from './generated-pdf.ts';
import { ingestionBench } from './ingestion.ts';
import { type Measure, table } from './measure.ts';
import { rankingBench } from './ranking.ts';

// `npm run bench [-- names of benches] [-- --pdf file] [-- --rounds n]`: ratios against a bare floor in the same run; ends with 1 when a limit is missed.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pdf: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
const room = await mkdtemp(join(tmpdir(), 'rayni-bench-'));

const benches: Record<string, () => Promise<Measure[]>> = {
  async ingestion() {
    const measures: Measure[] = [];
    for (const file of await documents())
      measures.push(...(await ingestionBench(file, Number(values.rounds))));
    return measures;
  },
  'first-token': () => firstTokenBench(),
  'cold-start': coldStartBench,
  ranking: () => rankingBench({ fragments: 100_000 }),
};

/** The one that was named, else the real ones below EVAL_DIR, else the demo's longest and a generated one. */
async function documents(): Promise<string[]> {
  if (values.pdf) return [values.pdf];
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

try {
  const unknown = positionals.find((name) => !(name in benches));
  if (unknown)
    throw new Error(`There is no bench "${unknown}". There are: ${Object.keys(benches).join(', ')}.`);
  const measures: Measure[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    console.error(`${name} …`);
    measures.push(...(await bench()));
  }
  console.log(table(measures));
  process.exitCode = measures.some(({ met }) => met === false) ? 1 : 0;
} finally {
  await rm(room, { recursive: true, force: true });
}
