import { fc, test as property } from '@fast-check/vitest';
import OpenAI, { APIConnectionError, APIError } from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import {
  answers,
  endsEarly,
  fails,
  hashedEmbedding,
  recorded,
  resets,
  stalls,
  tears,
  written,
} from './index.ts';
import type { ScriptedOpenAI, ScriptedOpenAIOptions } from './index.ts';
import { startScriptedOpenAI } from './index.ts';

const started: ScriptedOpenAI[] = [];
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));

async function start(options?: ScriptedOpenAIOptions, apiKey = 'test-key') {
  const server = await startScriptedOpenAI(options);
  started.push(server);
  return { server, client: new OpenAI({ apiKey, baseURL: server.url, maxRetries: 0, logLevel: 'off' }) };
}

const messages = [{ role: 'user' as const, content: 'What is set?' }];
const ask = { model: 'm', messages };

async function read(client: OpenAI, usage = false) {
  const deltas: string[] = [];
  const finishes: string[] = [];
  let tokens: number | undefined;
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    ...(usage ? { stream_options: { include_usage: true } } : {}),
  });
  let failure: unknown;
  try {
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      if (choice) deltas.push(choice.delta.content ?? '');
      if (choice?.finish_reason) finishes.push(choice.finish_reason);
      if (chunk.usage) tokens = chunk.usage.total_tokens;
    }
  } catch (error) {
    failure = error;
  }
  return { text: deltas.join(''), deltas, finishes, tokens, failure };
}

describe('streams', () => {
  test('the role first, marks in pieces, the finish reason and no usage unless asked for', async () => {
    const { server, client } = await start();
    server.next(written('Set 37 °C [1]. Wait [2].'));
    const { deltas, finishes, tokens } = await read(client);
    expect(deltas[0]).toBe('');
    expect(deltas.join('')).toBe('Set 37 °C [1]. Wait [2].');
    expect(deltas).toEqual(expect.arrayContaining(['[', '1', ']']));
    expect(finishes).toEqual(['stop']);
    expect(tokens).toBeUndefined();
  });

  test('a usage chunk when asked for', async () => {
    const { server, client } = await start();
    server.next(written('three plain words'));
    expect((await read(client, true)).tokens).toBe(6);
  });

  const cuts = fc.oneof(
    fc.constant('token' as const),
    fc.integer({ min: 1, max: 5 }),
    fc.record({ seed: fc.nat() }),
  );
  const byteCuts = fc.oneof(
    fc.constant('event' as const),
    fc.integer({ min: 1, max: 90 }),
    fc.record({ seed: fc.nat() }),
  );
  property.prop([fc.string({ unit: 'grapheme', maxLength: 40 }), cuts, byteCuts], { numRuns: 60 })(
    'the text arrives whole however it is cut',
    async (text, chunk, bytes) => {
      const { server, client } = await start();
      server.next(written(`${text} µ🔬 [1]`, { chunk, bytes }));
      const got = await read(client);
      expect(got.failure).toBeUndefined();
      expect(got.text).toBe(`${text} µ🔬 [1]`);
      expect(got.finishes).toEqual(['stop']);
    },
  );

  test('one request in one piece when no stream is asked for', async () => {
    const { server, client } = await start();
    server.next(written('Whole.', { finish: 'length' }));
    const completion = await client.chat.completions.create(ask);
    expect(completion.choices[0]).toMatchObject({ message: { content: 'Whole.' }, finish_reason: 'length' });
  });

  test('replies in the order they were queued, then the script, and records what was asked', async () => {
    const { server, client } = await start({
      script: ({ messages }) => written(`You said: ${messages.at(-1)?.content}`),
    });
    server.next(written('first'));
    server.next(written('second'));
    expect((await read(client)).text).toBe('first');
    expect((await read(client)).text).toBe('second');
    expect((await read(client)).text).toBe('You said: What is set?');
    expect(server.calls).toHaveLength(3);
    expect(server.calls[2]).toMatchObject({
      path: '/v1/chat/completions',
      key: 'test-key',
      chat: { messages },
    });
  });
});

describe('goes wrong on purpose', () => {
  test('an unscripted request is a loud 500 and is recorded as such', async () => {
    const { server, client } = await start();
    await expect(client.chat.completions.create(ask)).rejects.toMatchObject({
      status: 500,
      code: 'unscripted',
    });
    expect(server.calls[0]).toMatchObject({ scripted: false });
  });

  test('refusals carry status, code and Retry-After', async () => {
    const { server, client } = await start();
    server.next(fails(429, { retryAfter: 3 }));
    const error = await client.chat.completions.create(ask).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect((error as APIError).headers?.get('retry-after')).toBe('3');
    server.next(fails(401));
    await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 401 });
  });

  test('a reset before the headers is a connection error', async () => {
    const { server, client } = await start();
    server.next(resets('request'));
    await expect(client.chat.completions.create(ask)).rejects.toBeInstanceOf(APIConnectionError);
    await expect(server.calls[0]?.ended).resolves.toBe('sent');
  });

  test('a reset after three chunks delivers exactly those', async () => {
    const { server, client } = await start();
    server.next(resets(3, 'one two three four'));
    const { deltas, failure, finishes } = await read(client);
    expect(deltas).toEqual(['', 'one', ' two']);
    expect(failure).toBeInstanceOf(Error);
    expect(finishes).toEqual([]);
  });

  test('an early end has no finish reason and no error', async () => {
    const { server, client } = await start();
    server.next(endsEarly(2, 'one two'));
    expect(await read(client)).toMatchObject({ text: 'one', finishes: [], failure: undefined });
  });

  test('a torn chunk is malformed JSON to the client', async () => {
    const { server, client } = await start();
    server.next(tears(2, 'one two'));
    const { text, failure } = await read(client);
    expect(text).toBe('one');
    expect(failure).toBeInstanceOf(SyntaxError);
  });

  test('an error object in the stream is thrown by the client', async () => {
    const { server, client } = await start();
    server.next(written('one two', { trouble: { do: 'error', after: 2 } }));
    expect((await read(client)).failure).toBeInstanceOf(APIError);
  });

  test('a stall goes on afterwards', async () => {
    const { server, client } = await start();
    server.next(stalls(30, 2, 'one two'));
    expect(await read(client)).toMatchObject({ text: 'one two', finishes: ['stop'] });
  });

  test('a client that leaves is seen, and the server closes at once although a reply is under way', async () => {
    const { server, client } = await start();
    server.next(stalls(600_000, 2));
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    for await (const _ of stream) break;
    await expect(server.calls[0]?.ended).resolves.toBe('gone');
    server.next(stalls(600_000));
    const pending = client.chat.completions.create(ask);
    await expect.poll(() => server.calls.length).toBe(2);
    await server.close();
    await expect(pending).rejects.toBeInstanceOf(APIConnectionError);
  });
});

describe('lets in and knows', () => {
  test('only the given keys', async () => {
    const { client } = await start({ keys: ['right'] }, 'wrong');
    await expect(client.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('only the given models, and lists them', async () => {
    const { client } = await start({ models: ['a', 'b'] });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['a', 'b']);
    await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ code: 'model_not_found' });
  });

  test('only requests it understands', async () => {
    const { client, server } = await start();
    await expect(client.embeddings.create({ model: 'e', input: [[1, 2]] })).rejects.toMatchObject({
      status: 400,
    });
    await expect(client.get('/nothing')).rejects.toMatchObject({ status: 404 });
    expect(server.calls.map(({ path }) => path)).toEqual(['/v1/embeddings', '/v1/nothing']);
  });
});

describe('embeds', () => {
  test('texts that share words near each other, with unit length, in both encodings', async () => {
    const { client } = await start();
    const input = ['Clean the objective lens', 'How is the lens cleaned?', 'Order more centrifuge tubes'];
    for (const encoding_format of ['float', 'base64'] as const) {
      const { data } = await client.embeddings.create({ model: 'e', input, encoding_format });
      // The client hands base64 on as it came when it was asked for by name.
      const [a = [], b = [], c = []] = data.map(({ embedding }) => decode(embedding));
      expect(Math.hypot(...a)).toBeCloseTo(1, 5);
      expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.3);
      expect(a).toEqual(Array.from(hashedEmbedding(input[0]!)));
    }
  });

  test('a queued reply instead when one is waiting', async () => {
    const { server, client } = await start();
    server.nextEmbedding(answers({ object: 'list', data: [], model: 'e', usage: {} }));
    expect((await client.embeddings.create({ model: 'e', input: 'x' })).data).toEqual([]);
    expect((await client.embeddings.create({ model: 'e', input: 'x' })).data).toHaveLength(1);
  });
});

function decode(embedding: number[] | string): number[] {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Uint8Array.from(Buffer.from(embedding, 'base64'));
  return Array.from(new Float32Array(bytes.buffer));
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

describe('recordings', () => {
  const directory = new URL('../recordings/', import.meta.url);
  test.each([
    ['plain.jsonl', 'Set the bath to 37 °C [1]. Wait ≥ 10 µs [2, 3].', ['stop']],
    ['empty-deltas.sse', 'The lamp is hot [1].', ['stop']],
    ['crlf-and-comments.sse', 'Close the lid [1].', ['stop']],
    ['finish-with-last-text.sse', 'Rinse the cell twice [1].', ['stop']],
    ['torn-characters.sse', 'Laser 🔬 on, 5 µm, re\u0301glage [1].', ['stop']],
    ['length.sse', 'The pump must', ['length']],
    ['no-finish.sse', 'The pump must not', []],
  ])('%s reads the same however its bytes are cut', async (name, text, finishes) => {
    const { server, client } = await start();
    for (const bytes of ['event', 1, 7, { seed: 5 }] as const) {
      server.next(recorded(new URL(name, directory), { bytes }));
      expect(await read(client)).toMatchObject({ text, finishes, failure: undefined });
    }
  });

  test('error-in-stream.sse throws in the client', async () => {
    const { server, client } = await start();
    server.next(recorded(new URL('error-in-stream.sse', directory)));
    expect((await read(client)).failure).toBeInstanceOf(APIError);
  });
});
