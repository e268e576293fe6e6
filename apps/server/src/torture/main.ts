import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

// `npm run torture`: every promise about answers, while everything around them breaks.

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '100' },
    kills: { type: 'string', default: '25' },
    'at-once': { type: 'string', default: '8' },
    seed: { type: 'string' },
  },
});

function whole(name: keyof typeof values, fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number from 0 on.`);
  process.exit(2);
}

const seed = whole('seed', Math.floor(Math.random() * 2 ** 32));
const answers = Math.max(1, whole('answers', 100));
console.log(`seed ${seed}`);
const report = await torture({
  answers,
  kills: whole('kills', 25),
  stops: 0.3,
  atOnce: Math.max(1, whole('at-once', 8)),
  seed,
  url: process.env['TEST_DATABASE_URL'],
  say: (line) => console.log(line),
});
if (!report) {
  console.error('There is no PostgreSQL here: set TEST_DATABASE_URL or install its server programs.');
  process.exit(2);
}
console.log();
for (const [name, count] of Object.entries(report.counts)) {
  const label = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  console.log(`${label.padEnd(22)}${String(count).padStart(7)}`);
}
console.log(`${'seconds'.padEnd(22)}${report.seconds.toFixed(0).padStart(7)}`);
for (const violation of report.violations) console.log(`VIOLATION ${violation}`);
process.exitCode = report.violations.length > 0 ? 1 : 0;
