import { randomUUID } from 'node:crypto';
import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createRayniClient } from '../src/index.ts';
import { connect, failure, question, read, retry, textOf, whole, words } from './calls.ts';
import { answerOf, startFakeServer, turnEnd } from './fake-server.ts';

describe('chat.ask', () => {
  it('yields every event once and in order, and ends after turn-end', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const stream = connect(server).chat.ask(question());
    const events = await read(stream);
    expect(events.map((event) => event.type)).toEqual([
      'turn-start',
      ...words.map(() => 'text-delta'),
      'turn-end',
    ]);
    expect(textOf(events)).toBe(whole);
    expect(events[0]).toMatchObject({ turnId: (await stream.started()).turnId });
    expect(server.log.submits).toBe(1);
  });

  it('can be read again without asking again', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const client = connect(server);
    const stream = client.chat.ask(question());
    const first = await read(stream);
    expect(await read(stream)).toEqual(first);
    expect(server.log.submits).toBe(1);
  });

  it('is followed after a reload from what there is of it, in one piece', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words).slice(0, 20)));
    const client = connect(server);
    const { turnId } = await client.chat.ask(question()).started();
    const following = client.chat.follow(turnId);
    const seen = [(await following.next()).value!, (await following.next()).value!];
    expect(seen).toEqual([
      { type: 'turn-start', turnId, userTurnId: server.turns.get(turnId)!.userTurnId },
      { type: 'text-delta', text: words.slice(0, 20).join('') },
    ]);
    server.append(server.turns.get(turnId)!, ...answerOf(words).slice(20));
    seen.push(...(await read(following)));
    expect(textOf(seen)).toBe(whole);
    expect(seen.at(-1)!.type).toBe('turn-end');
    expect(server.log.connects).toEqual(['21']);

    const late = await read(client.chat.follow(turnId));
    expect(late.map(({ type }) => type)).toEqual(['turn-start', 'text-delta', 'turn-end']);
    expect(textOf(late)).toBe(whole);
  });

  it('resumes after the server dropped the socket, without loss or repetition', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const drops = new Set([2, 7, 20, 42]);
    server.setTamper(async (seq, _turn, res) => {
      if (drops.delete(seq)) {
        // Let what was sent before reach the wire, then cut.
        await new Promise((resolve) => setTimeout(resolve, 5));
        res.destroy();
      }
      return [seq];
    });
    const events = await read(connect(server).chat.ask(question()));
    expect(textOf(events)).toBe(whole);
    expect(events.filter((event) => event.type === 'turn-end')).toHaveLength(1);
    expect(drops.size).toBe(0);
    expect(server.log.connects.length).toBeGreaterThan(4);
    expect(server.log.submits).toBe(1);
  });

  it.each([
    ['a proxy’s page', 502, 'text/html', '<h1>Bad Gateway</h1>'],
    [
      'too many open streams',
      429,
      'application/json',
      '{"detail":"Too many open streams.","code":"RATE_LIMITED"}',
    ],
  ])('resumes through answers that are not 200: %s', async (_name, status, type, body) => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    let cut = false;
    server.setTamper(async (seq, _turn, res) => {
      if (seq === 10 && !cut) {
        cut = true;
        await new Promise((resolve) => setTimeout(resolve, 5));
        res.destroy();
      }
      return [seq];
    });
    let bad = 3;
    server.setFault(({ res }, path) => {
      if (!cut || !path.endsWith('chat.events') || bad === 0) return false;
      bad -= 1;
      res.writeHead(status, { 'content-type': type }).end(body);
      return true;
    });
    expect(textOf(await read(connect(server).chat.ask(question())))).toBe(whole);
    expect(bad).toBe(0);
  });

  it('asks once when the answer to the submit is lost, refused for a moment, or not JSON', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const client = connect(server);
    let tries = 0;
    server.setFault(({ req, res }, path) => {
      if (!path.endsWith('chat.start')) return false;
      tries += 1;
      if (tries === 1) {
        // The server has the question, its answer never arrives.
        res.end = () => {
          req.socket.destroy();
          return res;
        };
        res.write = () => true;
        return false;
      }
      if (tries === 2) {
        res.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
        return true;
      }
      if (tries === 3) {
        res
          .writeHead(503, { 'content-type': 'application/json' })
          .end('{"detail":"Draining.","code":"UNAVAILABLE"}');
        return true;
      }
      return false;
    });
    expect(textOf(await read(client.chat.ask(question())))).toBe(whole);
    expect(tries).toBe(4);
    expect(server.log.submits).toBe(2);
    expect(server.turns.size).toBe(1);
  });

  it('drops repeated events and reads again from where one is missing', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    let gap = true;
    server.setTamper((seq) => {
      if (seq === 5) return [5, 5, 4, 5];
      if (seq === 9 && gap) {
        gap = false;
        return [];
      }
      return [seq];
    });
    expect(textOf(await read(connect(server).chat.ask(question())))).toBe(whole);
    expect(server.log.connects).toEqual(['', '8']);
  });

  it('reads on when the stream ended without its last event', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    let ends = 2;
    server.setTamper((seq, _turn, res) => {
      if (seq % 15 === 0 && ends > 0) {
        ends -= 1;
        // What tRPC sends when a subscription returns.
        res.end('event: return\ndata: \n\n');
      }
      return [seq];
    });
    expect(textOf(await read(connect(server).chat.ask(question())))).toBe(whole);
    expect(ends).toBe(0);
  });

  it('passes turn-reset on, and the reducer forgets what came before it', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) =>
      server.append(
        turn,
        { type: 'text-delta', text: 'wrong' },
        { type: 'turn-reset', attempt: 2 },
        ...answerOf(words),
      ),
    );
    const events = await read(connect(server).chat.ask(question()));
    expect(events.map((event) => event.type).slice(0, 3)).toEqual(['turn-start', 'text-delta', 'turn-reset']);
    expect(textOf(events)).toBe(whole);
  });

  it('closes the connection when the loop is left, without cancelling', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, { type: 'text-delta', text: 'first ' }));
    const client = connect(server);
    const stream = client.chat.ask(question());
    for await (const event of stream) if (event.type === 'text-delta') break;
    await expect.poll(() => server.log.open).toBe(0);
    expect(server.log.cancelled).toEqual([]);
    const { turnId } = await stream.started();
    server.append(server.turns.get(turnId)!, { type: 'text-delta', text: 'second' }, turnEnd('first second'));
    expect(textOf(await read(client.chat.follow(turnId)))).toBe('first second');
  });

  it('throws the reason of an aborted signal and closes the connection, without cancelling', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, { type: 'text-delta', text: 'first ' }));
    const abort = new AbortController();
    const reading = (async () => {
      for await (const event of connect(server).chat.ask(question(), { signal: abort.signal }))
        if (event.type === 'text-delta') abort.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    await expect.poll(() => server.log.open).toBe(0);
    expect(server.log.cancelled).toEqual([]);
  });

  it('an abort also ends the pauses between attempts', async () => {
    await using server = await startFakeServer();
    server.setFault(({ req }) => Boolean(req.socket.destroy()));
    const client = createRayniClient({ url: server.url, retry: { minMs: 60_000, maxMs: 60_000 } });
    const abort = new AbortController();
    const reading = read(client.chat.ask(question(), { signal: abort.signal }));
    await expect.poll(() => server.log.requests.length).toBe(1);
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('cancels by chat.cancel', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, { type: 'text-delta', text: 'first ' }));
    const client = connect(server);
    const { turnId } = await client.chat.ask(question()).started();
    await client.chat.cancel(turnId);
    expect(server.log.cancelled).toEqual([turnId]);
  });

  it('cancels again when the server takes the call and never answers', { timeout: 5_000 }, async () => {
    await using server = await startFakeServer();
    const held = new Set(['/trpc/chat.cancel']);
    server.setFault((_exchange, path) => held.delete(path));
    const client = createRayniClient({ url: server.url, retry: { ...retry, timeoutMs: 100 } });
    const turnId = randomUUID();
    await client.chat.cancel(turnId);
    expect(server.log.requests).toEqual(Array(2).fill('POST /trpc/chat.cancel'));
    expect(server.log.cancelled).toEqual([turnId]);
  });

  property.prop(
    [
      fc.uniqueArray(fc.integer({ min: 1, max: 42 }), { maxLength: 12 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 42 }), { maxLength: 12 }),
    ],
    { numRuns: 15 },
  )('whatever is dropped or repeated, the text is the whole text', async (drops, repeats) => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const left = new Set(drops);
    server.setTamper((seq, _turn, res) => {
      if (left.delete(seq)) res.destroy();
      return repeats.includes(seq) ? [seq, seq, Math.max(1, seq - 1)] : [seq];
    });
    const events = await read(
      createRayniClient({ url: server.url, retry: { ...retry, reconnects: 50 } }).chat.ask(question()),
    );
    expect(textOf(events)).toBe(whole);
    expect(events.filter((event) => event.type === 'turn-end')).toHaveLength(1);
    expect(events).toHaveLength(words.length + 2);
    expect(server.turns.size).toBe(1);
  });
});

describe('chat.answer', () => {
  it('waits for the end and returns the whole answer', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, ...answerOf(words)));
    const answer = await connect(server).chat.answer(question());
    const [turn] = [...server.turns.values()];
    expect(answer).toEqual({
      sessionId: turn!.sessionId,
      userTurnId: turn!.userTurnId,
      turnId: turn!.turnId,
      status: 'done',
      reason: 'answered',
      text: whole,
      citations: [],
      notice: null,
    });
  });

  it.each([
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    ['not_found', 'done'],
  ] as const)('an answer that ended as %s has the status %s', async (reason, status) => {
    await using server = await startFakeServer();
    server.onQuestion((turn) => server.append(turn, turnEnd('', { reason, notice: 'So it is.' })));
    expect(await connect(server).chat.answer(question())).toMatchObject({
      status,
      reason,
      notice: 'So it is.',
    });
  });

  it('throws when access was revoked while reading', async () => {
    await using server = await startFakeServer();
    server.onQuestion((turn) =>
      server.append(turn, turnEnd('', { reason: 'access_revoked', code: 'FORBIDDEN' })),
    );
    expect((await failure(connect(server).chat.answer(question()))).code).toBe('FORBIDDEN');
  });
});
