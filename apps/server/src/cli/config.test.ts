import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startScriptedOpenAI, written } from '@rayni/scripted-openai';
import type { ScriptedOpenAI } from '@rayni/scripted-openai';
import { afterEach, expect, test } from 'vitest';
import { startTestProvider } from '../testing/oidc-server.ts';
import { hasSwift, startSwift } from '../testing/swift-server.ts';
import { showConfig } from './config.ts';

let server: ScriptedOpenAI | undefined;
afterEach(() => server?.close());

async function show(variables: Record<string, string>) {
  const lines: string[] = [];
  const code = await showConfig(variables, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

test('without a model all is well, and it says what to set', async () => {
  const { code, text } = await show({});
  expect(code).toBe(0);
  expect(text).toMatch(/^PORT +default +8000$/m);
  expect(text).toContain('Set OPENAI_API_KEY');
});

test('with a provider of OpenID Connect, there, of another name, and away', async () => {
  await using provider = await startTestProvider();
  const { issuer, clientId, clientSecret } = provider.options;
  const variables = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret };
  provider.serve('http://localhost:8000/auth/oidc/callback');
  const there = await show(variables);
  expect(there.code).toBe(0);
  expect(there.text).toContain(
    `Sign-in: ${issuer} answered; it sends people back to http://localhost:8000/auth/oidc/callback.`,
  );
  expect(there.text).not.toContain(clientSecret);
  provider.mischief = { discovery: (document) => (document['issuer'] = 'https://evil.example') };
  const other = await show(variables);
  expect(other.code).toBe(1);
  expect(other.text).toContain(`Sign-in: ${issuer} cannot be used: `);
  await provider.close();
  expect((await show(variables)).code).toBe(1);
});

test('with a model that answers', async () => {
  server = await startScriptedOpenAI({ script: () => written('OK') });
  const { code, text } = await show({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-hush' });
  expect(code).toBe(0);
  expect(text).toMatch(/Language model gpt-4o-mini: answered in \d+ ms/);
  expect(text).toMatch(/Embeddings text-embedding-3-small: made in \d+ ms/);
  expect(text).not.toContain('sk-hush');
});

test('with a key that is refused', async () => {
  server = await startScriptedOpenAI({ keys: ['another'] });
  const { code, text } = await show({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-hush' });
  expect(code).toBe(1);
  expect(text).toContain('OPENAI_API_KEY is not one that');
  expect(text).not.toContain('sk-hush');
});

test('a model that writes but does not embed is told and is no failure', async () => {
  server = await startScriptedOpenAI({ script: () => written('OK'), models: ['gpt-4o-mini'] });
  const { code, text } = await show({ OPENAI_BASE_URL: server.url });
  expect(code).toBe(0);
  expect(text).toContain(
    'Embeddings text-embedding-3-small: The language model server has no model of this name',
  );
});

test.skipIf(!hasSwift())('with an S3 store, and with wrong keys for it', async () => {
  await using swift = await startSwift();
  const variables = {
    S3_ENDPOINT: swift.s3.endpoint,
    S3_BUCKET: 'rayni',
    S3_ACCESS_KEY: swift.s3.accessKey,
    S3_SECRET_KEY: swift.s3.secretKey,
  };
  const right = await show(variables);
  expect(right.code).toBe(0);
  expect(right.text).toMatch(/bucket rayni of http:\S+, answered in \d+ ms; the bucket is not there/);
  const wrong = await show({ ...variables, S3_SECRET_KEY: 'hush-hush' });
  expect(wrong.code).toBe(1);
  expect(wrong.text).toContain('Documents: S3_ACCESS_KEY: the store refuses these keys');
  expect(wrong.text).not.toContain('hush-hush');
});

test('the command lists every fault and exits with 1', async () => {
  const command = fileURLToPath(new URL('config.ts', import.meta.url));
  const env = { PATH: process.env.PATH, DEBUG: '0', PORT: 'x' };
  const run = promisify(execFile)(process.execPath, [command], { env });
  const failure = await run.then(
    () => undefined,
    (error: { code: number; stdout: string }) => error,
  );
  expect(failure?.code).toBe(1);
  expect(failure?.stdout.match(/^ {2}[A-Z_]+(?=:)/gm)).toEqual(['  PORT', '  SECRET_KEY', '  PUBLIC_URL']);
});
