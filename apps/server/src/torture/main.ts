import { parseArgs } from 'node:util';
import { table } from './table.ts';
import { torture } from './torture.ts';

// `npm run torture`: every promise about answers, while everything around them breaks.

const help = `npm run torture -- [options]

Asks questions of two API processes and two workers on PostgreSQL while they are killed and stopped, at random and at
named points, and while connections to them, to the database and to the model break. Each question is handed in three
times and read by three readers. What all of them saw is then held against what is stored and what the model wrote.

  --answers N     questions (100)
  --kills N       SIGKILLs of API processes; workers get a tenth as many beside them (25)
  --stops N       of 100 times stop a process for some seconds instead of killing it (10)
  --documents N   notes handed in meanwhile (10)
  --at-once N     questions being answered at the same time (16)
  --bad N         of 100 connections that break: to the API; an eighth as many to the database, half as many to the model (40)
  --seed N        repeats the same draws; what happens when is up to the machine
  --embedded      one process on the embedded database instead, killed and started again on the same directory

It ends with a table of counts, and with 1 when a promise was broken. PostgreSQL is that of TEST_DATABASE_URL, or a
throw-away one where its server programs are installed.
`;

const number = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    answers: number,
    kills: number,
    stops: number,
    documents: number,
    'at-once': number,
    bad: number,
    seed: number,
    embedded: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}

function whole(name: Exclude<keyof typeof values, 'embedded' | 'help'>, fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number from 0 on.`);
  process.exit(2);
}

const { embedded } = values;
const seed = whole('seed', Math.floor(Math.random() * 2 ** 32));
const bad = whole('bad', 40);
console.log(`seed ${seed}`);
let told = 0;
const report = await torture({
  engine: embedded ? 'embedded' : 'postgres',
  roles: embedded ? ['all'] : ['api', 'api', 'worker', 'worker'],
  answers: Math.max(1, whole('answers', 100)),
  kills: whole('kills', 25),
  stops: whole('stops', 10) / 100,
  documents: whole('documents', 10),
  badConnections: { clients: bad, database: Math.round(bad / 8), model: Math.round(bad / 2) },
  atOnce: Math.max(1, whole('at-once', 16)),
  seed,
  url: process.env['TEST_DATABASE_URL'],
  progress(line) {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`);
    // A log has no line to write over.
    else if (told++ % 60 === 0) console.log(line);
  },
});
if (!report) {
  console.error('There is no PostgreSQL here: set TEST_DATABASE_URL or install its server programs.');
  process.exit(2);
}
console.log(`\n${table(report)}`);
process.exitCode = report.violations.length > 0 ? 1 : 0;
