import { join } from 'node:path';
import { checkS3 } from '../blobs/s3-store.ts';
import { ConfigError, describeConfig, parseConfig } from '../config.ts';
import type { Config, ConfigRow } from '../config.ts';
import { callbackPath } from '../http/oidc.ts';
import { checkEmbedder, checkModel } from '../model/check-model.ts';
import { openProvider } from '../oidc/provider.ts';

/** Prints the configuration in these variables and whether the store, the provider and the model answer. The exit code: 1 when something configured does not work, 0 otherwise. */
export async function showConfig(
  variables: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<0 | 1> {
  let config: Config;
  try {
    config = parseConfig(variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print('The configuration is not complete:\n');
    for (const { name, problem } of error.faults) print(`  ${name}: ${problem}`);
    return 1;
  }
  for (const line of table(describeConfig(config))) print(line);
  print('');
  print(config.mode === 'development' ? 'Development (DEBUG=1).' : 'Production (DEBUG=0).');
  const stored = await showStore(config, print);
  const signsIn = await showProvider(config, print);
  const answered = await showModel(config.model, print);
  return stored || signsIn || answered;
}

async function showStore({ s3, dataDir }: Config, print: (line: string) => void): Promise<0 | 1> {
  if (!s3) {
    print(`Documents: in ${join(dataDir, 'files')}.`);
    return 0;
  }
  const answered = await checkS3(s3);
  if (!answered.ok) {
    print(`Documents: ${answered.reason}`);
    return 1;
  }
  const missing = answered.bucket === 'missing' ? '; the bucket is not there and is made at the start' : '';
  print(`Documents: in the bucket ${s3.bucket} of ${s3.endpoint}, answered in ${answered.ms} ms${missing}.`);
  return 0;
}

async function showProvider(
  { oidc, publicUrl, port }: Config,
  print: (line: string) => void,
): Promise<0 | 1> {
  if (!oidc) return 0;
  const callback = (publicUrl ?? `http://localhost:${port}`) + callbackPath;
  try {
    await openProvider(oidc, () => callback).begin();
    print(`Sign-in: ${oidc.issuer} answered; it sends people back to ${callback}.`);
    return 0;
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    print(
      `Sign-in: ${oidc.issuer} cannot be used: ${cause instanceof Error ? cause.message : String(error)}.`,
    );
    return 1;
  }
}

async function showModel(model: Config['model'], print: (line: string) => void): Promise<0 | 1> {
  if (!model) {
    print('Language model: none. Answers are made of quoted passages.');
    print('  Set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server that needs no key.');
    return 0;
  }
  print(`API key: ${model.apiKey === undefined ? 'none' : 'set'}`);
  const answered = await checkModel(model);
  print(`Language model ${model.model}: ${answered.ok ? `answered in ${answered.ms} ms` : answered.reason}`);
  // Not every server that can write can embed: told, but no reason to fail.
  const embedded = await checkEmbedder(model);
  print(`Embeddings ${model.embeddingModel}: ${embedded.ok ? `made in ${embedded.ms} ms` : embedded.reason}`);
  return answered.ok ? 0 : 1;
}

function table(rows: ConfigRow[]): string[] {
  const cells = [{ name: 'VARIABLE', value: 'VALUE', source: 'FROM' }, ...rows];
  const name = Math.max(...cells.map((row) => row.name.length));
  const source = Math.max(...cells.map((row) => row.source.length));
  return cells.map((row) => `${row.name.padEnd(name)}  ${row.source.padEnd(source)}  ${row.value}`);
}

if (import.meta.main) {
  process.exitCode = await showConfig(process.env, (line) => console.log(line));
}
