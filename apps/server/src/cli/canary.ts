import { parseArgs } from 'node:util';
import { type CanaryReport, runCanary } from '@rayni/api/testing';

// `npm run canary`: asks 10,000 questions while rights change, and looks for what its askers may not see. Exits with 1 when anything showed.

const { values } = parseArgs({
  options: {
    questions: { type: 'string', default: '10000' },
    help: { type: 'boolean', short: 'h', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
if (values.help) {
  console.log(`npm run canary -- [options]

Asks questions while rights change, and looks for what its askers may not see. Ends with 1 when anything showed.

  --questions N   questions (10000)
  --seed N        repeats the same draws`);
  process.exit(0);
}
const [questions, seed] = [Number(values.questions), Number(values.seed)];
if (!Number.isSafeInteger(questions) || questions < 1 || !Number.isSafeInteger(seed)) {
  console.error('Say how much in whole numbers: npm run canary -- --questions 10000 --seed 1');
  process.exit(2);
}

const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1_000);
const line = (report: CanaryReport) =>
  `${report.questions} questions, ${report.prompts} prompts, ${report.changes} changes of rights, ${report.leaks.length} leaks, ${seconds()} s`;

console.log(`${questions} questions, seed ${seed}`);
let told = 0;
const report = await runCanary({
  seed,
  questions,
  progress(soFar) {
    const now = performance.now();
    if (now - told < (process.stdout.isTTY ? 200 : 10_000)) return;
    told = now;
    process.stdout.write(process.stdout.isTTY ? `\r${line(soFar)}` : `${line(soFar)}\n`);
  },
});
if (process.stdout.isTTY) console.log();

const rows: [string, number][] = [
  ['questions asked', report.questions],
  ['answered, the others refused', report.answered],
  ['answers that failed', report.failed],
  ['prompts looked at', report.prompts],
  ['lists, documents, places, histories, errors looked at', report.calls],
  ['changes of rights', report.changes],
  ['forbidden documents where a question was asked', report.forbidden],
  ['documents that showed to who may see them', report.sightings],
  ['leaks', report.leaks.length],
];
for (const [what, count] of rows) console.log(`${String(count).padStart(9)}  ${what}`);
for (const { where, who, what, step } of report.leaks.slice(0, 20))
  console.log(`LEAK in ${where} to ${who}: ${what}, at question ${step}`);
console.log(`seed ${seed}, ${seconds()} s`);
process.exitCode = report.leaks.length + report.failed > 0 ? 1 : 0;
