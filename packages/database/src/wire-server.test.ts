import { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as wire from './messages.ts';
import { testDatabase } from './testing.ts';
import { type Backend, type WireServer, wireServer } from './wire-server.ts';

// A first start takes seconds of one core, on a busy machine much longer.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const cstring = (text: string) => Buffer.from(`${text}\0`);
const parse = (name: string, text: string) =>
  wire.message('P', Buffer.concat([cstring(name), cstring(text), Buffer.from([0, 0])]));
const bind = (portal: string, name: string) =>
  wire.message('B', Buffer.concat([cstring(portal), cstring(name), Buffer.alloc(6)]));
const describeStatement = (name: string) => wire.message('D', cstring(`S${name}`));
const describePortal = (name: string) => wire.message('D', cstring(`P${name}`));
const execute = (portal: string) => wire.message('E', Buffer.concat([cstring(portal), Buffer.alloc(4)]));
const flush = wire.message('H', Buffer.alloc(0));
const terminate = wire.message('X', Buffer.alloc(0));

const LIMITS = { lockWaitMs: 20, idleInTransactionMs: 10_000 };
const noFatal = (error: unknown) => {
  throw error;
};

/** A connection that says hello and remembers what it is told. */
function client(server: WireServer) {
  const said: Buffer[] = [];
  let closed = false;
  const session = server.open(
    (bytes) => said.push(bytes),
    () => {
      closed = true;
    },
  );
  session.data(wire.startup());
  said.length = 0;
  return {
    session,
    send: (...messages: Buffer[]) => session.data(Buffer.concat(messages)),
    closed: () => closed,
    /** The letters of the messages received so far; an error with its code, ReadyForQuery with its status. */
    heard: () => letters(Buffer.concat(said)),
  };
}

function letters(bytes: Buffer): string {
  const heard: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const type = String.fromCharCode(bytes[at]!);
    const body = bytes.toString('latin1', at + 5, end);
    if (type === 'E') heard.push(`E${/\0C(\w{5})\0/.exec(body)?.[1]}`);
    else if (type === 'Z') heard.push(`Z${body}`);
    else heard.push(type);
    at = end;
  }
  return heard.join(' ');
}

describe('framing', () => {
  const recording = async () => {
    const units: string[] = [];
    const backend: Backend = (bytes) => {
      units.push(bytes.toString('latin1'));
      return Promise.resolve(wire.readyForQuery('I'));
    };
    const server = await wireServer(backend, LIMITS, noFatal);
    units.length = 0;
    return { server, units };
  };

  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 3 });
  const someMessage = fc.oneof(
    fc.tuple(name, fc.string({ unit: 'grapheme-ascii' })).map(([n, text]) => parse(n, text)),
    fc.tuple(name, name).map(([portal, n]) => bind(portal, n)),
    name.map(describeStatement),
    name.map(execute),
    fc.constantFrom(wire.sync, flush, wire.query('select 1')),
  );

  test('bytes mean the same however they are cut into chunks', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(someMessage, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (messages, cuts) => {
          const bytes = Buffer.concat([wire.startup(), ...messages, wire.sync, terminate]);
          const run = async (chunks: Buffer[]) => {
            const { server, units } = await recording();
            const session = server.open(
              () => {},
              () => {},
            );
            for (const chunk of chunks) session.data(chunk);
            // With this backend everything is done within the turn.
            await new Promise(setImmediate);
            return units;
          };
          const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
          expect(await run(chunks)).toEqual(await run([bytes]));
        },
      ),
      { numRuns: 50 },
    ));

  test('names of statements become those of the session, portals keep theirs', () => {
    const rename = (text: string) => `7.${text}`;
    const renamed = (message: Buffer) =>
      wire.renameStatement(String.fromCharCode(message[0]!), message, rename);
    fc.assert(
      fc.property(name, name, (portal, n) => {
        const expected = n === '' ? '' : rename(n);
        expect(renamed(parse(n, 'select 1'))).toEqual(parse(expected, 'select 1'));
        expect(renamed(bind(portal, n))).toEqual(bind(portal, expected));
        expect(renamed(describeStatement(n))).toEqual(describeStatement(expected));
        expect(renamed(wire.closeStatement(n))).toEqual(wire.closeStatement(expected));
        expect(renamed(describePortal(portal))).toEqual(describePortal(portal));
        expect(renamed(execute(portal))).toEqual(execute(portal));
      }),
    );
  });

  test('encryption is declined, a cancel request and a senseless length end the connection', async () => {
    const { server } = await recording();
    const request = (code: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(8);
      bytes.writeInt32BE(code, 4);
      return bytes;
    };
    const answers: string[] = [];
    let ends = 0;
    const open = () =>
      server.open(
        (bytes) => answers.push(bytes.toString()),
        () => {
          ends += 1;
        },
      );
    open().data(request(wire.SSL_REQUEST));
    open().data(request(wire.GSS_REQUEST));
    expect(answers).toEqual(['N', 'N']);
    open().data(request(wire.CANCEL_REQUEST));
    expect(ends).toBe(1);
    const confused = client(server);
    confused.send(Buffer.from([0x51, 0, 0, 0, 0]));
    expect(confused.closed()).toBe(true);
  });
});

describe('on PGlite', () => {
  let engine: PGlite;
  let server: WireServer;

  beforeAll(async () => {
    await using database = await testDatabase({
      engine: 'embedded',
      key: 'wire-server.test 1',
      migrate: async (pool) => void (await pool.query('create table seen (n int)')),
    });
    engine = await PGlite.create({ loadDataDir: new Blob([new Uint8Array(await database.dump())]) });
    const backend: Backend = async (bytes) => {
      const answer: Buffer[] = [];
      await engine.execProtocolRawStream(bytes, { onRawData: (chunk) => answer.push(Buffer.from(chunk)) });
      return Buffer.concat(answer);
    };
    server = await wireServer(backend, LIMITS, noFatal);
  });
  afterAll(() => engine.close());

  const rows = async (text: string) => {
    const { rows } = await server.exclusively(() => engine.query<Record<string, unknown>>(text));
    return rows;
  };

  test('an insert that was executed but not synced is undone when the client is lost', async () => {
    const lost = client(server);
    lost.send(parse('', 'insert into seen values (1)'), bind('', ''), execute(''), flush);
    await expect.poll(lost.heard).toBe('1 2 C');
    lost.session.lost();
    expect(await rows('select n from seen')).toEqual([]);
  });

  test('what was sent before the goodbye is done', async () => {
    const leaving = client(server);
    leaving.send(wire.query('insert into seen values (2)'), terminate);
    await expect.poll(leaving.closed).toBe(true);
    expect(await rows('delete from seen returning n')).toEqual([{ n: 2 }]);
  });

  test('a client that is lost after an error leaves a backend that answers', async () => {
    const lost = client(server);
    lost.send(wire.query('begin'), parse('', 'no such statement'), flush);
    await expect.poll(lost.heard).toBe('C ZT E42601');
    lost.session.lost();
    const next = client(server);
    next.send(wire.query('select 1'));
    await expect.poll(next.heard).toBe('T D C ZI');
    next.session.ended();
  });

  test('prepared statements go with their session', async () => {
    const session = client(server);
    session.send(parse('kept', 'select 1'), wire.sync);
    await expect.poll(session.heard).toBe('1 ZI');
    expect(await rows('select statement from pg_prepared_statements')).toEqual([{ statement: 'select 1' }]);
    session.send(terminate);
    await expect.poll(session.closed).toBe(true);
    await expect.poll(() => rows('select name from pg_prepared_statements')).toEqual([]);
  });

  test('who waits too long in the middle of a pipeline hears it once, and is skipped until Sync', async () => {
    const holder = client(server);
    holder.send(wire.query('begin'));
    await expect.poll(holder.heard).toBe('C ZT');
    const waiting = client(server);
    waiting.send(parse('', 'insert into seen values (3)'), flush);
    await expect.poll(waiting.heard).toBe('E55P03');
    waiting.send(bind('', ''), execute(''), flush, wire.query('insert into seen values (4)'), wire.sync);
    await expect.poll(waiting.heard).toBe('E55P03 ZI');
    holder.send(wire.query('rollback'));
    waiting.send(wire.query('select n from seen'));
    await expect.poll(waiting.heard).toBe('E55P03 ZI T C ZI');
    holder.session.ended();
    waiting.session.ended();
  });

  test('a COPY FROM STDIN is refused in both protocols, its late parts are ignored', async () => {
    const copying = client(server);
    copying.send(wire.query('copy seen from stdin'));
    await expect.poll(copying.heard).toBe('G E57014 ZI');
    copying.send(wire.message('d', Buffer.from('1\n')), wire.message('c', Buffer.alloc(0)));
    copying.send(parse('', 'copy seen from stdin'), bind('', ''), execute(''), wire.sync);
    await expect.poll(copying.heard).toBe('G E57014 ZI 1 2 G E57014 ZI');
    copying.session.ended();
    expect(await rows('select n from seen')).toEqual([]);
  });
});
