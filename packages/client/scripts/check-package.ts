// Packs the client the way it is published and uses it the way a stranger would. One line per check; exit code 1 if any fails.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { answerOf, startFakeServer } from '../test/fake-server.ts';

const root = path.join(import.meta.dirname, '..');
const repository = path.join(root, '../..');
const bin = path.join(root, 'node_modules/.bin');
const scratch = await mkdtemp(path.join(tmpdir(), 'rayni-package-'));
const consumer = path.join(scratch, 'consumer');
const installed = path.join(consumer, 'node_modules/@rayni/client');
const run = promisify(execFile);
const shell = process.platform === 'win32';
let failed = 0;

try {
  const tarball = path.join(scratch, 'rayni-client.tgz');
  await check('npm pack, which builds', async () => {
    await run('npm', ['pack', '--pack-destination', scratch], { cwd: root, shell });
    const [packed] = (await readdir(scratch)).filter((file) => file.endsWith('.tgz'));
    await rename(path.join(scratch, packed!), tarball);
    await mkdir(installed, { recursive: true });
    await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
    return `${(await readFile(tarball)).length} bytes`;
  });
  await check('holds the right files and names no workspace as a dependency', checkManifest);
  await check(
    'publint --strict',
    async () => void (await run(path.join(bin, 'publint'), ['run', tarball, '--strict'], { shell })),
  );
  await check(
    'attw --profile esm-only',
    async () =>
      void (await run(path.join(bin, 'attw'), [tarball, '--profile', 'esm-only', '--no-definitely-typed'], {
        shell,
      })),
  );
  await check('declarations name no server package', checkDeclarations);
  await check('declarations say what the sources say', checkSame);
  await installPeers();
  for (const [name, typescript] of [
    ['5.9', 'typescript-5.9'],
    ['7', 'typescript'],
  ] as const) {
    for (const platform of ['browser', 'node'] as const)
      await check(`compiles for a ${platform} on TypeScript ${name}, and wrong use does not`, () =>
        compile(typescript, platform),
      );
  }
  await check('the README’s Node examples run', runReadme);
  await check('bundles for a browser', bundle);
  await check(
    'npm publish --dry-run',
    async () => void (await run('npm', ['publish', '--dry-run'], { cwd: root, shell })),
  );
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

async function check(name: string, test: () => Promise<string | void>) {
  try {
    const said = await test();
    console.log(`ok      ${name}${said ? `: ${said}` : ''}`);
  } catch (error) {
    failed += 1;
    const {
      stdout = '',
      stderr = '',
      message,
    } = error as { stdout?: string; stderr?: string; message: string };
    console.log(`FAILED  ${name}\n${[stdout, stderr].join('\n').trim() || message}`);
  }
}

async function manifest() {
  return JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  };
}

async function checkManifest() {
  const { exports, dependencies, peerDependencies, optionalDependencies } = await manifest();
  const names = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
  const inner = names.filter((name) => name.startsWith('@rayni/'));
  if (inner.length > 0) throw new Error(`depends on ${inner.join(', ')}`);
  if (JSON.stringify(exports).includes('src'))
    throw new Error(`exports point at sources: ${JSON.stringify(exports)}`);
  const files = (await readdir(installed, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const found = files
    .map((entry) => path.relative(installed, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const wanted = [
    'LICENSE',
    'README.md',
    'dist/index.d.ts',
    'dist/index.js',
    'dist/node.d.ts',
    'dist/node.js',
    'package.json',
  ];
  if (found.join() !== wanted.join()) throw new Error(`files are ${found.join(', ')}`);
  const license = (file: string) => readFile(path.join(file, 'LICENSE'), 'utf8');
  if ((await license(installed)) !== (await license(repository)))
    throw new Error('LICENSE differs from the repository’s');
  return `needs ${names.join(', ')}`;
}

async function checkDeclarations() {
  const text = await readFile(path.join(installed, 'dist/index.d.ts'), 'utf8');
  const imports = [...text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)].map((match) => match[1]);
  const strange = imports.filter((name) => name !== '@trpc/client' && name !== '@trpc/server');
  if (strange.length > 0) throw new Error(`imports ${strange.join(', ')}`);
  const server =
    /\b(kysely|fastify|pglite|zod|pg-boss|openai|minio|Transaction|FastifyRequest|NodeJS|Buffer|@rayni\/(?:api|contract))\b/i.exec(
      text,
    );
  if (server) throw new Error(`names ${server[0]}`);
  return `${text.length} characters`;
}

/** Both ways assignable is not enough where `any` hides, so types are compared for identity, in the workspace where both exist. */
async function checkSame() {
  const file = path.join(root, 'dist/same.ts');
  const text = await readFile(path.join(root, 'dist/index.d.ts'), 'utf8');
  const names = /export type \{ ([^}]+) \}/.exec(text)?.[1]?.split(', ') ?? [];
  const contract = await readFile(path.join(repository, 'packages/contract/src/index.ts'), 'utf8');
  if (names.length < 20 || !contract.includes('export *')) throw new Error('found no types to compare');
  const lines = names
    // Two routers are never the same type: their procedures are compared instead, below.
    .filter((name) => name !== 'ClientRouter' && name !== 'RayniClient')
    .map((name) => `export const is${name}: Same<Published.${name}, Source.${name}> = true;`);
  await writeFile(
    file,
    `import type * as Published from './index.d.ts';
import type * as Source from '../src/index.ts';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Inputs<R extends Source.ClientRouter | Published.ClientRouter> = inferRouterInputs<R>;
type Outputs<R extends Source.ClientRouter | Published.ClientRouter> = inferRouterOutputs<R>;
export const inputs: Same<Inputs<Published.ClientRouter>, Inputs<Source.ClientRouter>> = true;
export const outputs: Same<Outputs<Published.ClientRouter>, Outputs<Source.ClientRouter>> = true;
${lines.join('\n')}
`,
  );
  const project = path.join(root, 'dist/tsconfig.same.json');
  await writeFile(project, JSON.stringify({ extends: '../../../tsconfig.base.json', files: ['same.ts'] }));
  try {
    // The sources bring the whole workspace with them; its own errors are the type check's business.
    const { stdout } = await run(process.execPath, [tscOf('typescript'), '-p', project]).catch(
      (error: { stdout: string }) => error,
    );
    const different = stdout.split('\n').filter((line) => line.includes('same.ts'));
    if (different.length > 0) throw new Error(different.join('\n'));
  } finally {
    await Promise.all([rm(file), rm(project)]);
  }
  return `${names.length} types`;
}

/** Links what the packed manifest asks for, and nothing else, as an installer would put it there. */
async function installPeers() {
  const { dependencies, peerDependencies } = await manifest();
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const target = path.join(consumer, 'node_modules', name);
    await mkdir(path.dirname(target), { recursive: true });
    await symlink(path.join(root, 'node_modules', name), target, 'junction');
  }
  await writeFile(path.join(consumer, 'package.json'), '{ "type": "module", "private": true }');
}

function tscOf(typescript: string): string {
  return path.join(root, 'node_modules', typescript, typescript === 'typescript' ? 'bin/tsc' : 'lib/tsc.js');
}

async function compile(typescript: string, platform: 'browser' | 'node') {
  const types = path.join(consumer, 'node_modules/@types');
  await rm(types, { recursive: true, force: true });
  if (platform === 'node') {
    await mkdir(types, { recursive: true });
    await symlink(path.join(repository, 'node_modules/@types/node'), path.join(types, 'node'), 'junction');
  }
  await cp(path.join(root, 'scripts/consumer.ts'), path.join(consumer, 'consumer.ts'));
  const options = {
    target: 'es2022',
    // What tRPC's own declarations ask for, on every platform.
    lib: ['es2022', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: platform === 'node' ? ['node'] : [],
    module: platform === 'browser' ? 'esnext' : 'nodenext',
    moduleResolution: platform === 'browser' ? 'bundler' : 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitReturns: true,
    skipLibCheck: false,
    noEmit: true,
  };
  await writeFile(
    path.join(consumer, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }),
  );
  await run(process.execPath, [tscOf(typescript), '-p', consumer]);
}

async function readmeExamples(): Promise<string[]> {
  const readme = await readFile(path.join(installed, 'README.md'), 'utf8');
  return [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

async function runReadme() {
  await using server = await startFakeServer();
  server.onQuestion((turn) => server.append(turn, ...answerOf(['Every ', 'six ', 'months.'])));
  const examples = (await readmeExamples()).filter((code) => code.includes('localhost:8000'));
  if (examples.length !== 2) throw new Error(`the README has ${examples.length} Node examples`);
  await writeFile(path.join(consumer, 'manual.pdf'), '%PDF-1.7\n');
  const said: string[] = [];
  for (const [i, code] of examples.entries()) {
    const file = path.join(consumer, `example-${i}.js`);
    await writeFile(file, code.replace('http://localhost:8000', server.url));
    said.push((await run(process.execPath, [file], { cwd: consumer, timeout: 30_000 })).stdout);
  }
  if (!said[0]?.includes('Every six months.')) throw new Error(`asking printed ${said[0]}`);
  if (server.uploads.size !== 1) throw new Error('nothing was uploaded');
}

async function bundle() {
  const [code] = (await readmeExamples()).filter((example) => example.includes('location.origin'));
  if (!code) throw new Error('the README has no browser example');
  const result = await build({
    stdin: { contents: code, resolveDir: consumer },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  return `${Math.round(result.outputFiles[0]!.contents.length / 1024)} kB minified with everything it needs`;
}
