import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import type { ChatEvent, TurnStatus } from '@rayni/contract';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { citation, ids, legacyCitation } from './samples.ts';
import { streamTimes, type StreamTimes } from './stream.ts';
import { Refusal, type Script, testHost } from './test-host.ts';

const start: ChatEvent = { type: 'turn-start', userTurnId: ids.userTurn, turnId: ids.turn };
const text = (t: string): ChatEvent => ({ type: 'text-delta', text: t });
const end = (more: Partial<Extract<ChatEvent, { type: 'turn-end' }>> = {}): ChatEvent => ({
  type: 'turn-end',
  reason: 'answered',
  length: 0,
  sha256: '',
  citations: [],
  ...more,
});

/** tRPC's envelope of a tracked event, as it arrives in process. */
const tracked = (seq: number, event: ChatEvent) => [String(seq), event, Symbol()];
const log = (...events: ChatEvent[]) =>
  async function* (input: { lastEventId?: string }) {
    const after = Number(input.lastEventId ?? 0);
    for (const [i, event] of events.slice(after).entries()) yield tracked(after + i + 1, event);
  };
const started = { sessionId: ids.session, userTurnId: ids.userTurn, turnId: ids.turn };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function serve(script: Script, times: Partial<StreamTimes> = {}) {
  const { host, calls } = testHost({ 'chat.start': () => started, ...script }, { ...streamTimes, ...times });
  open.push(host);
  await host.listen({ port: 0, host: '127.0.0.1' });
  host.server.unref();
  const { port } = host.server.address() as AddressInfo;
  const get = (query = `instrument_id=${ids.instrument}&q=How%3F`, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}/stream/chat?${query}`, { headers });
  return { get, calls, port };
}

const blocks = (body: string) =>
  body
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const [id, event, data] = block.split('\n');
      return { id, event, data: JSON.parse(data!.slice('data: '.length)) };
    });

describe('GET /stream/chat', () => {
  it('writes start, tokens and done, byte for byte', async () => {
    const { get, calls } = await serve({
      'chat.events': log(
        start,
        text('Set it to 18\n'),
        { type: 'citation', citation },
        text('°C.'),
        end({ citations: [citation] }),
      ),
    });
    const reply = await get(undefined, { accept: 'application/json' });
    expect(reply.status).toBe(200);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': 'request-1',
      'x-test-hook': 'kept',
    });
    expect(await reply.text()).toBe(
      [
        `id: ${ids.turn}:1\nevent: start\ndata: {"turn_id":"${ids.userTurn}"}\n\n`,
        `id: ${ids.turn}:2\nevent: token\ndata: {"t":"Set it to 18\\n"}\n\n`,
        `id: ${ids.turn}:4\nevent: token\ndata: {"t":"°C."}\n\n`,
        `id: ${ids.turn}:5\nevent: done\ndata: {"turn_id":"${ids.turn}","citations":${JSON.stringify([legacyCitation])}}\n\n`,
      ].join(''),
    );
    expect(calls).toEqual([
      {
        procedure: 'chat.start',
        input: { instrumentId: ids.instrument, question: 'How?', joinRecent: true },
      },
      { procedure: 'chat.events', input: { turnId: ids.turn } },
    ]);
  });

  it('passes on the conversation and the key of the question', async () => {
    const { get, calls } = await serve({ 'chat.events': log(start, end()) });
    await (
      await get(`instrument=${ids.instrument}&q=How%3F&session_id=${ids.session}&request_id=key-0001`)
    ).text();
    expect(calls[0]?.input).toEqual({
      instrumentId: ids.instrument,
      question: 'How?',
      sessionId: ids.session,
      clientKey: 'key-0001',
      joinRecent: true,
    });
  });

  it('says start again, with the same id, when an answer begins anew', async () => {
    const { get } = await serve({
      'chat.events': log(start, text('half'), { type: 'turn-reset', attempt: 2 }, text('whole'), end()),
    });
    const events = blocks(await (await get()).text());
    expect(events.map((each) => each.event)).toEqual([
      'event: start',
      'event: token',
      'event: start',
      'event: token',
      'event: done',
    ]);
    expect(events[2]?.data).toEqual({ turn_id: ids.userTurn });
  });

  it('marks an answer made of quotes', async () => {
    const { get } = await serve({
      'chat.events': log(start, end({ reason: 'extractive', notice: 'No model.' })),
    });
    expect(blocks(await (await get()).text()).at(-1)?.data).toEqual({
      turn_id: ids.turn,
      citations: [],
      mode: 'extractive',
      notice: 'No model.',
    });
  });

  it.each([
    [
      { reason: 'failed', code: 'TIMEOUT', notice: 'Too long.' },
      { detail: 'Too long.', code: 'TIMEOUT' },
    ],
    [{ reason: 'failed' }, { detail: 'The answer could not be finished.', code: 'INTERNAL' }],
    [
      { reason: 'access_revoked', code: 'FORBIDDEN', notice: 'Ended.' },
      { detail: 'Ended.', code: 'FORBIDDEN' },
    ],
  ] as const)('ends %j with an error event', async (last, data) => {
    const { get } = await serve({ 'chat.events': log(start, text('So'), end(last)) });
    expect(blocks(await (await get()).text()).at(-1)).toEqual({
      id: `id: ${ids.turn}:3`,
      event: 'event: error',
      data,
    });
  });

  it.each(['BAD_REQUEST', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'RATE_LIMITED'] as const)(
    'refuses with JSON before the stream begins: %s',
    async (code) => {
      const refuse = () => {
        throw new Refusal(code, 'No.');
      };
      for (const procedure of ['chat.start', 'chat.events']) {
        const { get } = await serve({ [procedure]: refuse });
        const reply = await get();
        expect(reply.status).toBeGreaterThanOrEqual(400);
        expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
        expect(await reply.json()).toEqual({ detail: 'No.', code });
      }
    },
  );

  it('names a missing instrument before asking anything', async () => {
    const { get, calls } = await serve({});
    const reply = await get('q=How%3F');
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ detail: 'instrument_id is required' });
    expect(calls).toEqual([]);
  });
});

/** How far the answer has come. */
const at =
  (lastSeq: number, status: TurnStatus = 'running') =>
  () => ({
    turnId: ids.turn,
    userTurnId: ids.userTurn,
    status,
    lastSeq,
  });

describe('a reader who was cut off', () => {
  const whole = [start, text('a'), { type: 'citation', citation } as const, text('b'), text('c'), end()];

  it('goes on after the last event it has, without a second question', async () => {
    const { get, calls } = await serve({ 'chat.snapshot': at(5, 'done'), 'chat.events': log(...whole) });
    const reply = await get(undefined, { 'last-event-id': `${ids.turn}:2` });
    expect(blocks(await reply.text()).map((each) => each.id)).toEqual(
      [4, 5, 6].map((seq) => `id: ${ids.turn}:${seq}`),
    );
    expect(calls).toEqual([
      { procedure: 'chat.snapshot', input: { turnId: ids.turn } },
      { procedure: 'chat.events', input: { turnId: ids.turn, lastEventId: '2' } },
    ]);
  });

  it('gets 204 once it has everything', async () => {
    const { get } = await serve({ 'chat.snapshot': at(5, 'done') });
    const reply = await get(undefined, { 'last-event-id': `${ids.turn}:6` });
    expect(reply.status).toBe(204);
    expect(await reply.text()).toBe('');
  });

  it('learns the question again when the answer begins anew', async () => {
    const { get } = await serve({
      'chat.snapshot': at(3),
      'chat.events': log(start, text('half'), { type: 'turn-reset', attempt: 2 }, text('whole'), end()),
    });
    const reply = await get(undefined, { 'last-event-id': `${ids.turn}:2` });
    expect(blocks(await reply.text())[0]).toMatchObject({
      event: 'event: start',
      data: { turn_id: ids.userTurn },
    });
  });

  it('is connected at once, although the model is silent', async () => {
    const gate = Promise.withResolvers<void>();
    const { get } = await serve({
      'chat.snapshot': at(2),
      async *'chat.events'() {
        await gate.promise;
        yield tracked(3, end());
      },
    });
    const reply = await get(undefined, { 'last-event-id': `${ids.turn}:2` });
    expect(reply.status).toBe(200);
    gate.resolve();
    expect(blocks(await reply.text()).map((each) => each.event)).toEqual(['event: done']);
  });

  it('who was signed out meanwhile goes on, signed in again, after the last event of the answer', async () => {
    const out = {
      reason: 'access_revoked',
      code: 'UNAUTHENTICATED',
      notice: 'You were signed out.',
    } as const;
    const { get } = await serve({ 'chat.events': log(start, text('Set '), end(out)) });
    const read = blocks(
      (await (await get()).text()).replace(/\n\nevent: error/, '\n\nid: none\nevent: error'),
    );
    expect(read.map(({ id, event }) => [id, event])).toEqual([
      [`id: ${ids.turn}:1`, 'event: start'],
      [`id: ${ids.turn}:2`, 'event: token'],
      // Its number is that of an event which is still to come.
      ['id: none', 'event: error'],
    ]);
  });

  it('whose turn is not theirs gets the answer for what does not exist', async () => {
    const { get, calls } = await serve({
      'chat.snapshot': () => {
        throw new Refusal('NOT_FOUND', 'Not found.');
      },
    });
    const reply = await get(undefined, { 'last-event-id': `${ids.turn}:2` });
    expect(reply.status).toBe(404);
    expect(await reply.json()).toEqual({ detail: 'Not found.', code: 'NOT_FOUND' });
    expect(calls.map((call) => call.procedure)).toEqual(['chat.snapshot']);
  });

  it('whose access has ended is refused before the stream, so that a browser stops asking', async () => {
    const { get } = await serve({
      'chat.snapshot': () => {
        throw new Refusal('FORBIDDEN', 'Ended.');
      },
    });
    const reply = await get(undefined, { 'last-event-id': `${ids.turn}:2` });
    expect(reply.status).toBe(403);
    expect(await reply.json()).toEqual({ detail: 'Ended.', code: 'FORBIDDEN' });
  });

  it.each(['x', ids.turn, `${ids.turn}:-1`, `${ids.turn}:1:2`])(
    'with the Last-Event-ID %j of some other stream does not ask a second question',
    async (id) => {
      const { get, calls } = await serve({});
      expect((await get(undefined, { 'last-event-id': id })).status).toBe(400);
      expect(calls).toEqual([]);
    },
  );

  it('ends up with the same text as one who never was, wherever it was cut', async () => {
    const pieces = fc.array(fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constant(null)), {
      maxLength: 8,
    });
    let events: ChatEvent[] = [];
    const { host } = testHost({
      'chat.start': () => started,
      'chat.snapshot': () => at(events.length - 1, 'done')(),
      'chat.events': (input: { lastEventId?: string }) => log(...events)(input),
    });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(), async (parts, cut) => {
        events = [
          start,
          ...parts.map(
            (part): ChatEvent => (part === null ? { type: 'turn-reset', attempt: 2 } : text(part)),
          ),
          end(),
        ];
        const stored = parts.slice(parts.lastIndexOf(null) + 1).join('');
        const url = `/stream/chat?instrument_id=${ids.instrument}&q=x`;
        const first = blocks((await host.inject(url)).payload).slice(0, 1 + (cut % (events.length - 1)));
        const lastId = first.at(-1)!.id!.slice('id: '.length);
        const rest = blocks((await host.inject({ url, headers: { 'last-event-id': lastId } })).payload);
        let read = '';
        for (const { event, data } of [...first, ...rest]) {
          if (event === 'event: start') read = '';
          if (event === 'event: token') read += data.t;
        }
        expect(read).toBe(stored);
        expect(rest.at(-1)?.event).toBe('event: done');
      }),
      { numRuns: 60 },
    );
  });
});

/** A reader that sends its request by hand and reads only when told. */
async function plainSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  open.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  socket.write(`GET /stream/chat?instrument_id=${ids.instrument}&q=x HTTP/1.1\r\nhost: x\r\n\r\n`);
  return socket;
}

describe('a connection', () => {
  it('hears a comment while the answer is silent', async () => {
    const gate = Promise.withResolvers<void>();
    const { get } = await serve(
      {
        async *'chat.events'() {
          yield tracked(1, start);
          await gate.promise;
          yield tracked(2, end());
        },
      },
      { silence: 10 },
    );
    let heard = '';
    for await (const bytes of (await get()).body!.pipeThrough(new TextDecoderStream())) {
      heard += bytes;
      if (heard.includes('\n\n:\n\n')) gate.resolve();
    }
    expect(heard).toMatch(/event: start\n.*\n\n(:\n\n)+id: .*\nevent: done/);
  });

  it('that closes ends the reading and nothing else', async () => {
    const over = Promise.withResolvers<void>();
    const { port, calls } = await serve({
      'chat.events': async function* (this: { signal: AbortSignal }) {
        try {
          yield tracked(1, start);
          await once(this.signal, 'abort');
        } finally {
          over.resolve();
        }
      },
    });
    const socket = await plainSocket(port);
    await once(socket, 'data');
    socket.destroy();
    await over.promise;
    expect(calls.map((call) => call.procedure)).toEqual(['chat.start', 'chat.events']);
  });

  it('whose reader does not read holds back the answer, then is dropped', async () => {
    const over = Promise.withResolvers<void>();
    let given = 0;
    const { port } = await serve(
      {
        async *'chat.events'() {
          try {
            yield tracked(1, start);
            for (let seq = 2; seq < 1_000_000; seq += 1) {
              given += 1;
              yield tracked(seq, text('x'.repeat(100_000)));
            }
          } finally {
            over.resolve();
          }
        },
      },
      { drain: 200 },
    );
    const socket = await plainSocket(port);
    socket.pause();
    await over.promise;
    // Kernel buffers take some megabytes; the rest was never asked for.
    expect(given).toBeLessThan(500);
  });

  it.each([
    ['breaks', true],
    ['stops without its last event', false],
  ])('is cut, not closed, when the log %s', async (_how, breaks) => {
    const { get } = await serve({
      async *'chat.events'() {
        yield tracked(1, start);
        yield tracked(2, text('half'));
        await sleep(0);
        if (breaks) throw new Error('the database is gone');
      },
    });
    await expect((await get()).text()).rejects.toThrow();
  });
});
