import { fc, test as property } from '@fast-check/vitest';
import { ModelFault } from '@rayni/api';
import type { ChatMessage, ModelPart } from '@rayni/api';
import {
  answers,
  endsEarly,
  fails,
  recorded,
  resets,
  stalls,
  startScriptedOpenAI,
  tears,
  written,
} from '@rayni/scripted-openai';
import type { ScriptedOpenAI } from '@rayni/scripted-openai';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Times } from './openai-client.ts';
import { openaiModel } from './openai-model.ts';

const key = 'sk-secret-1234567890';
const names = { model: 'm', embeddingModel: 'e' };
const never = () => new AbortController().signal;
const quick: Partial<Times> = { retryDelayMs: 1 };
const messages: ChatMessage[] = [
  { role: 'system', content: 'Rules' },
  { role: 'user', content: 'A question' },
];

let server: ScriptedOpenAI;
beforeEach(async () => {
  server = await startScriptedOpenAI();
});
afterEach(() => server.close());

function model(times = quick) {
  return openaiModel({ ...names, baseUrl: server.url, apiKey: key }, times);
}

/** Everything that came, and the fault that ended it, if one did. */
async function read(times = quick, signal = never(), config = { baseUrl: server.url, apiKey: key }) {
  const parts: ModelPart[] = [];
  let fault: unknown;
  try {
    for await (const part of openaiModel({ ...names, ...config }, times).stream(messages, signal))
      parts.push(part);
  } catch (error) {
    fault = error;
  }
  const text = parts.map((part) => (part.type === 'delta' ? part.text : '')).join('');
  return { text, parts, end: parts.findLast((part) => part.type === 'finish')?.reason, fault };
}

function expectFault(fault: unknown, kind: ModelFault['kind']) {
  expect(fault).toBeInstanceOf(ModelFault);
  if (!(fault instanceof ModelFault)) return;
  expect(fault.kind).toBe(kind);
  expect(fault.message).toMatch(/^[A-Z].*\.$/);
  expect(fault.message).not.toContain(key);
  expect(fault.message).not.toContain('127.0.0.1');
}

describe('a good answer', () => {
  test('is its deltas and one finish, asked for as chat messages with the key', async () => {
    server.next(written('Set 37 °C [1].'));
    const { text, parts } = await read();
    expect(text).toBe('Set 37 °C [1].');
    expect(parts.filter(({ type }) => type === 'finish')).toEqual([{ type: 'finish', reason: 'stop' }]);
    expect(parts.at(-1)?.type).toBe('finish');
    expect(parts).not.toContainEqual({ type: 'delta', text: '' });
    expect(server.calls[0]).toMatchObject({ key, body: { model: 'm', messages, stream: true } });
  });

  property.prop([fc.string({ unit: 'grapheme', maxLength: 30 }), fc.nat(), fc.nat()], { numRuns: 40 })(
    'is the same text however it is cut, and no delta holds half a character',
    async (text, seed, byteSeed) => {
      const said = `µ🔬${text.replaceAll('\0', '')}[1]`;
      server.next(written(said, { chunk: { seed }, bytes: { seed: byteSeed } }));
      const got = await read();
      expect(got).toMatchObject({ text: said, end: 'stop', fault: undefined });
      for (const part of got.parts) if (part.type === 'delta') expect(part.text.isWellFormed()).toBe(true);
    },
  );

  test('holds no NUL', async () => {
    server.next(written('a\0b'));
    expect((await read()).text).toBe('ab');
  });

  test('tells a token limit and a filter from a whole one', async () => {
    server.next(written('cut', { finish: 'length' }));
    expect((await read()).end).toBe('length');
    server.next(written('hm', { finish: 'content_filter' }));
    expect((await read()).end).toBe('filtered');
  });

  test.each([
    ['plain.jsonl', 'Set the bath to 37 °C [1]. Wait ≥ 10 µs [2, 3].'],
    ['empty-deltas.sse', 'The lamp is hot [1].'],
    ['crlf-and-comments.sse', 'Close the lid [1].'],
    ['finish-with-last-text.sse', 'Rinse the cell twice [1].'],
    ['torn-characters.sse', 'Laser 🔬 on, 5 µm, re\u0301glage [1].'],
  ])('of the recording %s', async (name, text) => {
    const path = new URL(`../../../../packages/scripted-openai/recordings/${name}`, import.meta.url);
    server.next(recorded(path, { bytes: 3 }));
    expect(await read()).toMatchObject({ text, end: 'stop', fault: undefined });
  });

  test('is whole once its finish reason came, whatever happens to the connection afterwards', async () => {
    for (const how of ['reset', 'end', 'tear'] as const) {
      // Role, one token, finish: the trouble comes instead of `[DONE]`.
      server.next(written('whole', { trouble: { do: how, after: 3 } }));
      expect(await read()).toMatchObject({ text: 'whole', end: 'stop', fault: undefined });
    }
    server.next(stalls(600_000, 3, 'whole'));
    expect(await read({ afterFinishMs: 5 })).toMatchObject({ text: 'whole', end: 'stop', fault: undefined });
    await expect(server.calls.at(-1)?.ended).resolves.toBe('gone');
  });

  test('needs no key where the server wants none', async () => {
    server.next(written('ok'));
    const keyless = openaiModel({ ...names, baseUrl: server.url }, quick);
    for await (const _ of keyless.stream(messages, never()));
    expect(server.calls[0]?.key).toBeUndefined();
  });
});

describe('one retry, before the first text only', () => {
  test.each([
    ['a reset before the headers', () => resets('request')],
    ['a reset after the role', () => resets(1)],
    ['an end after the role', () => endsEarly(1)],
    ['a torn first chunk', () => tears(1)],
    ['an error object as the first chunk', () => written('x', { trouble: { do: 'error', after: 1 } })],
    ['a 500', () => fails(500)],
    ['a 503 with a short Retry-After', () => fails(503, { retryAfter: 0 })],
    ['a 429 with a short Retry-After', () => fails(429, { retryAfter: 0 })],
  ])('%s', async (_, bad) => {
    server.next(bad());
    server.next(written('good'));
    expect(await read()).toMatchObject({ text: 'good', end: 'stop', fault: undefined });
    expect(server.calls).toHaveLength(2);
  });

  test('and not a third', async () => {
    for (let i = 0; i < 3; i++) server.next(fails(500));
    expectFault((await read()).fault, 'server');
    expect(server.calls).toHaveLength(2);
  });

  test.each([
    ['text was shown', () => resets(3, 'one two three'), 'cut'],
    ['the key is wrong', () => fails(401), 'unauthorized'],
    ['there is no such model', () => fails(404), 'no_model'],
    ['the request is refused', () => fails(400), 'server'],
    ['a 429 names no time', () => fails(429), 'rate_limited'],
    ['a 429 names a long time', () => fails(429, { retryAfter: 6 }), 'rate_limited'],
    ['a 503 names a long time', () => fails(503, { retryAfter: 600 }), 'server'],
    ['the quota is used up', () => fails(429, { retryAfter: 0, code: 'insufficient_quota' }), 'rate_limited'],
  ] as const)('not when %s', async (_, bad, kind) => {
    server.next(bad());
    expectFault((await read()).fault, kind);
    expect(server.calls).toHaveLength(1);
  });

  test('waits as long as the server says', async () => {
    server.next(fails(429, { retryAfter: 1 }));
    server.next(written('good'));
    const begin = performance.now();
    expect((await read()).text).toBe('good');
    // A lower bound only; timers may fire a millisecond early.
    expect(performance.now() - begin).toBeGreaterThan(990);
  });
});

describe('a broken answer is a fault after the text so far', () => {
  test.each([
    ['a connection reset', () => resets(3, 'one two three'), 'cut'],
    ['an end without a finish reason', () => endsEarly(3, 'one two three'), 'cut'],
    ['JSON torn in the middle', () => tears(3, 'one two three'), 'cut'],
    ['an error object', () => written('one two three', { trouble: { do: 'error', after: 3 } }), 'server'],
  ] as const)('%s', async (_, reply, kind) => {
    server.next(reply());
    const { text, end, fault } = await read();
    expect(text).toBe('one two');
    expect(end).toBeUndefined();
    expectFault(fault, kind);
  });

  test('chunks in another format', async () => {
    const path = new URL('../../../../packages/scripted-openai/recordings/plain.jsonl', import.meta.url);
    const foreign = recorded(path);
    if (foreign.type === 'recorded') foreign.bytes = Buffer.from('data: {"choices":"none"}\n\n');
    server.next(foreign);
    expectFault((await read()).fault, 'server');
  });

  test('one JSON body where a stream was asked for', async () => {
    server.next(answers({ object: 'chat.completion', choices: [] }));
    server.next(answers({ object: 'chat.completion', choices: [] }));
    expectFault((await read()).fault, 'cut');
  });
});

describe('times', () => {
  test('no headers in time: one request, closed', async () => {
    server.next(stalls(600_000));
    expectFault((await read({ firstByteMs: 300 })).fault, 'timeout');
    expect(server.calls).toHaveLength(1);
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
  });

  test('silence in the middle: the request is closed, the text so far was given', async () => {
    server.next(stalls(600_000, 3, 'one two three'));
    const { text, fault } = await read({ idleMs: 500 });
    expect(text).toBe('one two');
    expectFault(fault, 'timeout');
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
  });

  test('too long in all although tokens keep coming', async () => {
    server.next(written('word '.repeat(2000), { intervalMs: 5 }));
    const { end, fault } = await read({ totalMs: 120 });
    expect(end).toBeUndefined();
    expectFault(fault, 'timeout');
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
  });

  test('a slow reader is not idleness of the model', async () => {
    server.next(written('one two three'));
    const texts: string[] = [];
    for await (const part of model({ idleMs: 500 }).stream(messages, never())) {
      if (part.type === 'delta') texts.push(part.text);
      if (texts.length === 1) await sleep(600);
    }
    expect(texts.join('')).toBe('one two three');
  });
});

describe('stopping', () => {
  test.each(['request', 0, 3] as const)('by the signal, with the model silent after %s', async (after) => {
    server.next(stalls(600_000, after, 'one two three'));
    const abort = new AbortController();
    const reading = read({}, abort.signal);
    await expect.poll(() => server.calls.length).toBe(1);
    abort.abort();
    expectFault((await reading).fault, 'aborted');
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
    expect(server.calls).toHaveLength(1);
  });

  test('closes the request also while the reader is not reading', async () => {
    server.next(stalls(600_000, 3, 'one two three'));
    const abort = new AbortController();
    const parts = model().stream(messages, abort.signal)[Symbol.asyncIterator]();
    await parts.next();
    abort.abort();
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
    await expect(parts.next().then(() => parts.next())).rejects.toMatchObject({ kind: 'aborted' });
  });

  test('before it began makes no request', async () => {
    expectFault((await read({}, AbortSignal.abort())).fault, 'aborted');
    expect(server.calls).toHaveLength(0);
  });

  test('while it waits for the retry makes no second request', async () => {
    server.next(fails(500));
    const abort = new AbortController();
    const reading = read({ retryDelayMs: 5_000 }, abort.signal);
    await expect.poll(() => server.calls.length).toBe(1);
    await server.calls[0]?.ended;
    abort.abort();
    expectFault((await reading).fault, 'aborted');
    expect(server.calls).toHaveLength(1);
  });

  test('by a reader that leaves closes the request', async () => {
    server.next(stalls(600_000, 3, 'one two three'));
    for await (const part of model().stream(messages, never())) if (part.type === 'delta') break;
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
  });
});

describe('what is not there', () => {
  test('no server at that address', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const address = free.address();
    await new Promise((resolve) => free.close(resolve));
    const port = typeof address === 'object' ? address?.port : undefined;
    const config = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: key };
    const { fault } = await read(quick, never(), config);
    expectFault(fault, 'unreachable');
    expect((fault as Error).message).toContain('ECONNREFUSED');
  });

  test('no chat completions at that base URL', async () => {
    const config = { baseUrl: `${server.url}/deeper`, apiKey: key };
    const { fault } = await read(quick, never(), config);
    expectFault(fault, 'unreachable');
  });

  test('a provider that repeats the key: the fault holds it nowhere, its cause included', async () => {
    await server.close();
    server = await startScriptedOpenAI({ keys: ['another'] });
    const { fault } = await read();
    expectFault(fault, 'unauthorized');
    expect(
      JSON.stringify([fault, String((fault as Error).stack), String((fault as Error).cause)]),
    ).not.toContain(key);
  });
});
