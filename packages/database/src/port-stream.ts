import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';

type Done = (error?: Error | null) => void;

/**
 * What `pg` needs of a socket, over a `MessagePort`. Bytes travel as transferred `Uint8Array`s, `null` ends a side.
 * `open` is asked when `pg` connects and may take its time: the client's connection timeout still holds.
 */
export class PortStream extends Duplex {
  readonly #open: () => Promise<MessagePort>;
  #port: MessagePort | undefined;
  #referenced = true;

  constructor(open: () => Promise<MessagePort>) {
    super();
    this.#open = open;
  }

  connect(): this {
    this.#open().then(
      (port) => this.#attach(port),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  #attach(port: MessagePort): void {
    if (this.destroyed) {
      port.close();
      return;
    }
    this.#port = port;
    port.on('message', (bytes: Uint8Array | null) => {
      this.push(bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    // The other side is gone: without an end of stream `pg` calls that an unexpected end, as it should.
    port.on('close', () => this.destroy());
    if (!this.#referenced) port.unref();
    this.emit('connect');
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#referenced = true;
    this.#port?.ref();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#port?.unref();
    return this;
  }

  #post(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    this.#port?.postMessage(copy, [copy.buffer]);
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#post(chunk);
    done();
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this.#post(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _final(done: Done): void {
    this.#port?.postMessage(null);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#port?.close();
    done(error);
  }
}
