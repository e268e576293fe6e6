import { fails, stalls, startScriptedOpenAI, written } from '@rayni/scripted-openai';
import type { ScriptedOpenAI, ScriptedOpenAIOptions } from '@rayni/scripted-openai';
import { afterEach, expect, test } from 'vitest';
import { checkEmbedder, checkModel } from './check-model.ts';

const started: ScriptedOpenAI[] = [];
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));

async function start(options: ScriptedOpenAIOptions = {}) {
  const server = await startScriptedOpenAI({ script: () => written('OK'), ...options });
  started.push(server);
  return server;
}

const config = (baseUrl: string, apiKey?: string) => ({
  baseUrl,
  apiKey,
  model: 'small',
  embeddingModel: 'e',
});

test('a model that answers is ok, with the time it took', async () => {
  const server = await start();
  expect(await checkModel(config(server.url))).toEqual({ ok: true, ms: expect.any(Number) });
  expect(server.calls[0]?.chat?.messages).toEqual([{ role: 'user', content: 'Say OK' }]);
});

test('a wrong key and a missing one are told apart, and no key is shown', async () => {
  const server = await start({ keys: ['right'] });
  const wrong = await checkModel(config(server.url, 'sk-wrong-key'));
  expect(wrong).toEqual({
    ok: false,
    reason: expect.stringMatching(/refuses the key.*OPENAI_API_KEY is not one/),
  });
  expect(JSON.stringify(wrong)).not.toContain('sk-wrong-key');
  const missing = await checkModel(config(server.url));
  expect(missing).toEqual({ ok: false, reason: expect.stringContaining('No OPENAI_API_KEY is set') });
});

test('a model that does not exist is named', async () => {
  const server = await start({ models: ['large'] });
  const result = await checkModel(config(server.url));
  expect(result).toEqual({ ok: false, reason: expect.stringContaining('the model "small"') });
});

test('a base URL where nothing listens is named', async () => {
  const server = await start();
  await server.close();
  const result = await checkModel(config(server.url), { retryDelayMs: 1 });
  expect(result).toEqual({ ok: false, reason: expect.stringContaining(`The base URL is ${server.url}`) });
});

test('silence and overload are reasons too', async () => {
  const server = await start();
  server.next(stalls(600_000));
  expect(await checkModel(config(server.url), { firstByteMs: 20 })).toMatchObject({
    reason: expect.stringContaining('did not begin to answer in time'),
  });
  server.next(fails(429));
  expect(await checkModel(config(server.url))).toMatchObject({ reason: expect.stringContaining('HTTP 429') });
});

test('embeddings are checked with their own model', async () => {
  const server = await start({ models: ['small'] });
  expect(await checkEmbedder({ ...config(server.url), embeddingModel: 'small' })).toMatchObject({ ok: true });
  expect(await checkEmbedder(config(server.url))).toMatchObject({
    reason: expect.stringContaining('the model "e"'),
  });
});
