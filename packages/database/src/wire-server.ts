import * as wire from './messages.ts';
import { sessionLock } from './session-lock.ts';

/** Runs whole messages on the only backend there is and returns all it answers. Throws when the backend died. */
export type Backend = (bytes: Buffer) => Promise<Buffer>;

export type WireLimits = {
  /** How long a session waits for another one's transaction, in milliseconds. */
  lockWaitMs: number;
  /** How long a transaction may stand open without a message, in milliseconds. */
  idleInTransactionMs: number;
};

export type Session = {
  data(chunk: Uint8Array): void;
  /** The client says no more: what it sent is still done. */
  ended(): void;
  /** The client is gone: what it sent and was not begun is dropped. */
  lost(): void;
};

export type WireServer = {
  /** A new connection: `send` takes what goes to the client, `close` ends it. */
  open(send: (bytes: Buffer) => void, close: () => void): Session;
  /** Runs `work` while no session has anything open on the backend. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
};

type Connection = {
  id: number;
  send: (bytes: Buffer) => void;
  close: () => void;
  received: Buffer;
  unit: Buffer[];
  started: boolean;
  dead: boolean;
  /** After an error outside the backend: everything up to the next Sync is dropped, as the protocol says. */
  skipping: boolean;
  /** The client's names of prepared statements and the backend's. */
  statements: Map<string, string>;
  work: Promise<void>;
  idleTimer: NodeJS.Timeout | undefined;
};

const COPY_REFUSED = wire.copyFail('COPY FROM STDIN is not possible on the embedded database');

/**
 * Many sessions of the PostgreSQL protocol on one backend. Messages are collected until one that asks for an
 * answer and run as a unit; a session keeps the backend from its first unit until ReadyForQuery says idle.
 * `fatal` is told when the backend died: nothing can be trusted then.
 */
export async function wireServer(
  backend: Backend,
  limits: WireLimits,
  fatal: (error: unknown) => void,
): Promise<WireServer> {
  // Said to every client: asking the backend anew would wait for the transaction of another.
  const greeting = await backend(wire.startup());
  const lock = sessionLock<Connection | symbol>();
  const connections = new Set<Connection>();
  let lastId = 0;

  async function run(connection: Connection, bytes: Buffer, endsWith: string): Promise<void> {
    if (connection.dead) return;
    if (connection.skipping) {
      if (endsWith !== 'S') return;
      connection.skipping = false;
      connection.send(wire.readyForQuery('I'));
      return;
    }
    const owned = await lock.take(connection, limits.lockWaitMs);
    if (connection.dead) {
      lock.release(connection);
      return;
    }
    if (!owned) {
      connection.send(
        wire.errorResponse('ERROR', '55P03', 'the embedded database is busy with another transaction'),
      );
      if (endsWith === 'H') connection.skipping = true;
      else connection.send(wire.readyForQuery('I'));
      return;
    }
    clearTimeout(connection.idleTimer);
    const answer = await backend(bytes);
    const { status, notifications } = wire.readAnswer(answer);
    connection.send(answer);
    // The one backend listens for all sessions but answers only the one that asks.
    if (notifications.length > 0) {
      const copy = Buffer.concat(notifications);
      for (const other of connections) if (other !== connection && other.started) other.send(copy);
    }
    if (status === 'I') lock.release(connection);
    else connection.idleTimer = setTimeout(() => expire(connection), limits.idleInTransactionMs);
  }

  function expire(connection: Connection): void {
    connection.send(
      wire.errorResponse('FATAL', '25P03', 'terminating connection due to idle-in-transaction timeout'),
    );
    end(connection);
  }

  /** Ends a session at once; what it left on the backend is undone as soon as the backend is free for that. */
  function end(connection: Connection): void {
    if (!connections.delete(connection)) return;
    connection.dead = true;
    clearTimeout(connection.idleTimer);
    lock.giveUp(connection);
    connection.close();
    connection.work = connection.work.then(() => cleanUp(connection)).catch(fatal);
  }

  function finish(connection: Connection): void {
    connection.work = connection.work.then(() => end(connection));
  }

  async function cleanUp(connection: Connection): Promise<void> {
    const left = [...connection.statements.values()].map(wire.closeStatement);
    if (lock.owner() === connection) {
      // The first ends what was not synced yet; a backend that skips to the next Sync does not hear it.
      await backend(Buffer.concat([wire.query('rollback'), wire.sync, wire.query('rollback')]));
    } else if (left.length > 0) await lock.take(connection);
    if (left.length > 0) await backend(Buffer.concat([...left, wire.sync]));
    lock.release(connection);
  }

  function accept(connection: Connection, type: string, bytes: Buffer): void {
    if (type === 'X') return finish(connection);
    // Late parts of a COPY that was refused.
    if (type === 'd' || type === 'c' || type === 'f') return;
    connection.unit.push(wire.renameStatement(type, bytes, (name) => backendName(connection, name)));
    // The backend dies when it asks for COPY data and finds none; everywhere else it ignores this message.
    if (type === 'Q' || type === 'E') connection.unit.push(COPY_REFUSED);
    if (type !== 'Q' && type !== 'S' && type !== 'H' && type !== 'F') return;
    const unit = Buffer.concat(connection.unit);
    connection.unit = [];
    connection.work = connection.work.then(() => run(connection, unit, type)).catch(fatal);
  }

  // Not a prefix: names longer than 63 bytes are cut by the backend.
  function backendName(connection: Connection, name: string): string {
    const known = connection.statements.get(name);
    if (known !== undefined) return known;
    const fresh = `${connection.id}.${connection.statements.size + 1}`;
    connection.statements.set(name, fresh);
    return fresh;
  }

  function greet(connection: Connection, code: number): void {
    if (code === wire.SSL_REQUEST || code === wire.GSS_REQUEST) connection.send(Buffer.from('N'));
    else if (code === wire.CANCEL_REQUEST) end(connection);
    else {
      connection.started = true;
      connection.send(greeting);
    }
  }

  function receive(connection: Connection, chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    connection.received =
      connection.received.length === 0 ? bytes : Buffer.concat([connection.received, bytes]);
    while (!connection.dead) {
      const { received, started } = connection;
      const head = started ? 5 : 8;
      if (received.length < head) return;
      const length = started ? received.readInt32BE(1) + 1 : received.readInt32BE(0);
      if (length < head) return end(connection);
      if (received.length < length) return;
      connection.received = received.subarray(length);
      const message = received.subarray(0, length);
      if (started) accept(connection, String.fromCharCode(message[0]!), message);
      else greet(connection, message.readInt32BE(4));
    }
  }

  return {
    open(send, close) {
      lastId += 1;
      const connection: Connection = {
        id: lastId,
        send: (bytes) => {
          if (!connection.dead) send(bytes);
        },
        close,
        received: Buffer.alloc(0),
        unit: [],
        started: false,
        dead: false,
        skipping: false,
        statements: new Map(),
        work: Promise.resolve(),
        idleTimer: undefined,
      };
      connections.add(connection);
      return {
        data: (chunk) => receive(connection, chunk),
        ended: () => finish(connection),
        lost: () => end(connection),
      };
    },
    async exclusively(work) {
      const holder = Symbol('exclusive');
      await lock.take(holder);
      try {
        return await work();
      } finally {
        lock.release(holder);
      }
    },
  };
}
