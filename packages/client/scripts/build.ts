// Makes dist: one script and one declaration file for each entry, without anything of the server in them.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from '@typescript/typescript6';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { declareContract } from './declare.ts';

const root = path.join(import.meta.dirname, '..');
const packages = path.join(root, '..');
const dist = path.join(root, 'dist');
const resolved = path.join(dist, '.types');
const entries = ['index', 'node'];

await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: entries.map((entry) => path.join(root, 'src', `${entry}.ts`)),
  outdir: dist,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  logLevel: 'warning',
});

const base = path.join(packages, '..', 'tsconfig.base.json');
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(base, (file) => ts.sys.readFile(file)).config,
  ts.sys,
  path.dirname(base),
);
const { contract, clientRouter } = declareContract(
  {
    contract: path.join(packages, 'contract/src/index.ts'),
    router: path.join(packages, 'api/src/router.ts'),
    clientRouter: path.join(packages, 'api/src/client-router.ts'),
  },
  options,
);
await mkdir(resolved);
const files: Record<string, string> = {
  '@rayni/contract': path.join(resolved, 'contract.d.ts'),
  '@rayni/api/client-router': path.join(resolved, 'client-router.d.ts'),
};
await writeFile(path.join(resolved, 'contract.d.ts'), contract);
await writeFile(path.join(resolved, 'client-router.d.ts'), clientRouter);

const paths = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, [file]]));
const bundle = await rollup({
  input: Object.fromEntries(entries.map((entry) => [entry, path.join(root, 'src', `${entry}.ts`)])),
  external: (id) => !(id in files) && !id.startsWith('.') && !path.isAbsolute(id),
  plugins: [
    { name: 'resolved-types', resolveId: (id) => files[id] ?? null },
    dts({ tsconfig: base, compilerOptions: { paths, noEmit: false, types: ['node'] } }),
  ],
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
});
await bundle.write({ dir: dist, entryFileNames: '[name].d.ts' });
await bundle.close();
await rm(resolved, { recursive: true });

for (const entry of entries) {
  const sizes = await Promise.all(
    ['js', 'd.ts'].map(
      async (type) =>
        `${entry}.${type} ${(await readFile(path.join(dist, `${entry}.${type}`))).length} bytes`,
    ),
  );
  console.log(sizes.join(', '));
}
