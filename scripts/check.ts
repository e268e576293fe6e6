// Everything that must pass: types, lint, format, tests on both engines, and the published package. Ends with one line of counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Outcome = { name: string; passed: number; failed: number; skipped: number; seconds: number };

const scratch = mkdtempSync(join(tmpdir(), 'rayni-check-'));
const outcomes: Outcome[] = [];
const names = ['types', 'lint', 'format', 'tests', 'client package'];
const only = process.argv.slice(2);
const unknown = only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  process.exit(2);
}

await step('types', ['tsc', '--noEmit', '-p', 'tsconfig.json']);
await step('lint', ['oxlint', '--deny-warnings']);
await step('format', ['biome', 'format', '.']);
await tests();
await step('client package', ['node', 'packages/client/scripts/check-package.ts']);
rmSync(scratch, { recursive: true, force: true });

const sum = (key: 'passed' | 'failed' | 'skipped') => outcomes.reduce((n, outcome) => n + outcome[key], 0);
console.log();
for (const { name, passed, failed, seconds } of outcomes) {
  console.log(
    `${failed > 0 ? 'FAILED' : 'ok    '} ${name.padEnd(16)} ${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s`,
  );
}
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

/** Runs one command; it counts as one check. */
async function step(name: string, [command, ...args]: string[]) {
  if (only.length > 0 && !only.includes(name)) return;
  const began = performance.now();
  const code = await run(command!, args);
  outcomes.push({
    name,
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
    seconds: since(began),
  });
}

async function tests() {
  if (only.length > 0 && !only.includes('tests')) return;
  const began = performance.now();
  const file = join(scratch, 'tests.json');
  const code = await run('vitest', ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`]);
  let report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.error('The test runner left no report.');
  }
  // A run that ends badly without a failed test (a file that does not load, say) is a failure too.
  const failed = code === 0 ? report.numFailedTests : Math.max(1, report.numFailedTests);
  outcomes.push({
    name: 'tests',
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests,
    seconds: since(began),
  });
}

function run(command: string, args: string[]): Promise<number> {
  console.log(`\n> ${command} ${args.join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      // Compiling what it loads is half of what a process costs that a test starts.
      env: { NODE_COMPILE_CACHE: join(scratch, 'compiled'), ...process.env },
      shell: process.platform === 'win32',
    });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function since(began: number): number {
  return (performance.now() - began) / 1000;
}
