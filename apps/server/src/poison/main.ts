import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { convertedDocuments, goodDocuments } from './good-documents.ts';
import { type Hostile, once, truncated } from './hostile.ts';
import { hostilePdfs } from './hostile-pdf.ts';
import { hostilePictures } from './hostile-pictures.ts';
import { hostileCaptions, hostileRecordings } from './hostile-recordings.ts';
import { hostilePages, hostileTexts } from './hostile-text.ts';
import { ingestPoints } from './ingest-points.ts';
import { killWorkers } from './kills.ts';
import { poison } from './poison.ts';
import { held, killsTable, table } from './table.ts';

// `npm run poison`: documents made to do harm, and what becomes of each.

const help = `npm run poison -- [options]

Brings files made to do harm to a real server, good ones among them: archives and streams that inflate, endless and circular ones, pictures
of thousands of millions of pixels, cut files of every kind, and with EVAL_DIR the odd PDFs there. All are made by this program. Each must
come to an end with a reason, the good ones must be read, and no process may end.

  --postgres      an API and a worker on PostgreSQL (TEST_DATABASE_URL, or a throw-away one) instead of one process, embedded
  --cuts N        at so many places good files of each kind are cut (5)
  --only TEXT     only files in whose name or description this stands; the good ones always
  --kills N       instead of all this: good documents of each kind, and a worker that dies N times by SIGKILL at named steps of reading them;
                  what PostgreSQL and the store hold in the end must be what an undisturbed run leaves
`;

const { values } = parseArgs({
  options: {
    postgres: { type: 'boolean', default: false },
    cuts: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    kills: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const [cuts, kills] = [whole('cuts'), whole('kills')];

const good = goodDocuments();
let told = '';
let lines = 0;
const progress = (line: string) => {
  if (line === told) return;
  told = line;
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`);
  // A log has no line to write over.
  else if (lines++ % 10 === 0) console.log(line);
};
process.exitCode = kills > 0 ? await killThem() : await poisonThem();

async function poisonThem(): Promise<number> {
  const hostile = [
    ...hostilePdfs,
    ...hostilePictures,
    ...hostileRecordings,
    ...hostileCaptions,
    ...hostileTexts,
    ...hostilePages,
    ...truncated([...good, ...convertedDocuments()], cuts),
    ...oddities(),
  ].filter(({ filename, name }) => `${filename}: ${name}`.includes(values.only));
  const engine = values.postgres ? 'postgres' : 'embedded';
  const report = await poison({ engine, hostile, good, url: process.env['TEST_DATABASE_URL'], progress });
  if (!report) return noPostgres();
  console.log(`\n${table(report)}`);
  return held(report) ? 0 : 1;
}

async function killThem(): Promise<number> {
  const films = convertedDocuments().filter(({ filename }) => filename === 'film.mp4');
  const report = await killWorkers({
    rounds: kills,
    documents: [...good, ...films].map(once),
    atOnce: 3,
    url: process.env['TEST_DATABASE_URL'],
    progress,
  });
  if (!report) return noPostgres();
  console.log(`\n${killsTable(report)}`);
  // With so many every step is come by, or its statement is not known any more.
  const unknown = kills >= ingestPoints.length ? report.neverPassed.length : 0;
  return report.violations.length + unknown === 0 ? 0 : 1;
}

function noPostgres(): number {
  console.error('There is no PostgreSQL here: set TEST_DATABASE_URL or install its server programs.');
  return 2;
}

function whole(name: 'cuts' | 'kills'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number from 0 on.`);
  process.exit(2);
}

function oddities(): Hostile[] {
  const folder = process.env['EVAL_DIR'] && join(process.env['EVAL_DIR'], 'pdf-oddities');
  if (!folder) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pdf'))
    .map((filename) => ({ name: 'odd', filename, bytes: () => readFile(join(folder, filename)) }));
}
