import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { AppError, type Blobs, type Log } from '@rayni/api';
import { Client, S3Error } from 'minio';
import type { Config } from '../config.ts';
import { dispositionOf } from './disposition.ts';
import { keyShape } from './folder-store.ts';
import { s3Fault } from './s3-fault.ts';
import { StoreFault } from './store-fault.ts';

/** An empty delimiter, which the client sends for none, makes Swift take every key for a folder. */
const inNoKey = '|';

/** Where an S3 store is, and with which keys. */
export type S3Options = NonNullable<Config['s3']>;

// Several seconds pass while a store copies a large object without sending a byte.
const silenceMs = 120_000;
/** More than this is sent in parts of this size; so much of a document is in memory at a time. */
const partSize = 8 * 1024 * 1024;

/**
 * Any S3 server as the object store, its bucket made when it is missing. Signed addresses lead to `publicEndpoint`. They bind method, key
 * and time, not the size: whoever takes what was put has to look. A store that does not answer is UNAVAILABLE.
 */
export async function openS3Store(options: S3Options & { log: Log; now: () => Date }): Promise<Blobs> {
  const { bucket, log } = options;
  const client = clientOf(options, options.endpoint);
  // Signs only: nothing is ever sent there from here.
  const outside = clientOf(options, options.publicEndpoint);
  await makeBucket(client, options);

  const place = (key: string) => {
    if (!keyShape.test(key)) throw new Error(`not a storage key: ${key.slice(0, 80)}`);
    return key;
  };

  /** Every call may be made twice; a dropped connection costs the second try, not the upload. */
  async function reached<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call().catch((error: unknown) => {
        if (error instanceof S3Error) throw error;
        return call();
      });
    } catch (error) {
      throw isMissing(error) ? error : unavailable(error);
    }
  }

  function unavailable(cause: unknown): AppError {
    log.error({ err: cause }, s3Fault(cause, options));
    const message = 'The file store does not answer as it should. Try again later.';
    return new AppError('UNAVAILABLE', message, { cause });
  }

  return {
    async sign(method, key, { expiresIn, contentType, filename }) {
      const now = options.now();
      // What a browser makes of the bytes is in the signature, whatever type they were put with.
      const answer: Record<string, string> = {};
      if (method === 'GET') {
        answer['response-content-type'] = contentType ?? 'application/octet-stream';
        answer['response-content-disposition'] = dispositionOf(contentType, filename);
      }
      return {
        url: await outside.presignedUrl(method, bucket, place(key), expiresIn, answer, now),
        headers: method === 'PUT' && contentType !== undefined ? { 'content-type': contentType } : {},
        expiresAt: new Date(now.getTime() + expiresIn * 1000),
      };
    },

    async put(key, bytes) {
      const name = place(key);
      const { head, rest } = await beginning(bytes);
      if (rest) await putParts(name, head, rest);
      else await reached(() => client.putObject(bucket, name, head, head.length));
    },

    async stat(key) {
      const name = place(key);
      return reached(async () => ({ size: (await client.statObject(bucket, name)).size })).catch(ifMissing);
    },

    async open(key, range) {
      const name = place(key);
      return reached(() =>
        range
          ? client.getPartialObject(bucket, name, range.start, range.end - range.start + 1)
          : client.getObject(bucket, name),
      );
    },

    // The store copies by itself, from one whole state of the object; the bytes do not come by here.
    async copy(from, to) {
      const [target, source] = [place(to), `/${bucket}/${place(from)}`];
      return (await reached(() => client.copyObject(bucket, target, source)).catch(ifMissing)) !== undefined;
    },

    async remove(key) {
      const name = place(key);
      await reached(() => client.removeObject(bucket, name)).catch(ifMissing);
    },

    async sweepUnfinished(before) {
      for (let marker = ''; ; ) {
        // By pages: the client's own stream also asks for the parts of every upload.
        const page = await reached(() => client.listIncompleteUploadsQuery(bucket, '', marker, '', inNoKey));
        // Somebody else's may lie in the same bucket.
        for (const { key, uploadId, initiated } of page.uploads)
          if (keyShape.test(key) && initiated < before)
            await reached(() => client.abortMultipartUpload(bucket, key, uploadId)).catch(ifMissing);
        if (!page.isTruncated || page.nextKeyMarker === marker) return;
        marker = page.nextKeyMarker;
      }
    },
  };

  /** The client does not look at faults of what it reads from, and would wait for ever. */
  async function putParts(key: string, head: Buffer, rest: AsyncIterator<Buffer>) {
    const failed = Promise.withResolvers<{ fault: unknown }>();
    const all = Readable.from(joined(head, rest), { objectMode: false });
    all.on('error', (fault) => failed.resolve({ fault }));
    try {
      const sent = client.putObject(bucket, key, all).catch((error: unknown) => {
        throw unavailable(error);
      });
      const ended = await Promise.race([sent, failed.promise]);
      if ('fault' in ended) throw ended.fault;
    } catch (error) {
      all.destroy();
      await client.removeIncompleteUpload(bucket, key).catch(() => undefined);
      throw error;
    }
  }
}

/** Whether the store answers and these keys may write into its bucket; the reason is one line that says what to do. */
export async function checkS3(
  options: S3Options,
): Promise<{ ok: true; ms: number; bucket: 'there' | 'missing' } | { ok: false; reason: string }> {
  const began = performance.now();
  const client = clientOf(options, options.endpoint);
  try {
    const exists = await inTime(client.bucketExists(options.bucket));
    if (exists) {
      const probe = `probe/${crypto.randomUUID()}`;
      await inTime(client.putObject(options.bucket, probe, 'probe'));
      await inTime(client.removeObject(options.bucket, probe));
    }
    const ms = Math.round(performance.now() - began);
    return { ok: true, ms, bucket: exists ? 'there' : 'missing' };
  } catch (error) {
    return { ok: false, reason: s3Fault(error, options) };
  }
}

async function makeBucket(client: Client, options: S3Options) {
  try {
    if (await inTime(client.bucketExists(options.bucket))) return;
    await inTime(client.makeBucket(options.bucket, options.region));
  } catch (error) {
    // Another server starts beside this one.
    if (error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou') return;
    throw new StoreFault(s3Fault(error, options), { cause: error });
  }
}

const inTime = <T>(call: Promise<T>) =>
  Promise.race([
    call,
    new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('no answer within 10 s')), 10_000).unref();
    }),
  ]);

function clientOf({ accessKey, secretKey, region }: S3Options, endpoint: string): Client {
  const url = new URL(endpoint);
  const useSSL = url.protocol === 'https:';
  const agent = { keepAlive: true, timeout: silenceMs };
  return new Client({
    endPoint: url.hostname,
    ...(url.port ? { port: Number(url.port) } : {}),
    useSSL,
    accessKey,
    secretKey,
    // Told, it is not asked for at every signature.
    region,
    partSize,
    transportAgent: impatient(useSSL ? new HttpsAgent(agent) : new HttpAgent(agent)),
    retryOptions: { disableRetry: true },
  });
}

/** Node tells when a connection has been silent for long, and leaves ending it to others; the client does not. */
function impatient(agent: HttpAgent): HttpAgent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = connect(options, done);
    socket?.on('timeout', () => socket.destroy(new Error(`no answer within ${silenceMs / 1000} s`)));
    return socket;
  };
  return agent;
}

const isMissing = (error: unknown) =>
  error instanceof S3Error && ['NoSuchKey', 'NoSuchUpload', 'NotFound'].includes(error.code ?? '');

function ifMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** Up to one part of what comes, and the rest if there is more. */
async function beginning(bytes: Readable): Promise<{ head: Buffer; rest?: AsyncIterator<Buffer> }> {
  const chunks: Buffer[] = [];
  let size = 0;
  const all: AsyncIterator<Buffer> = bytes[Symbol.asyncIterator]();
  while (size <= partSize) {
    const next = await all.next();
    if (next.done) return { head: Buffer.concat(chunks) };
    const chunk = Buffer.from(next.value);
    chunks.push(chunk);
    size += chunk.length;
  }
  return { head: Buffer.concat(chunks), rest: all };
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>) {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
