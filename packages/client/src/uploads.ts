import type { UploadCompleted, UploadCompleteInput } from '@rayni/contract';
import { RayniError, refused } from './errors.ts';
import { type RetryPolicy, retrying } from './retry.ts';
import type { Fetch } from './send.ts';
import type { Trpc } from './trpc.ts';

/** A file to upload: a browser's `File`, any `Blob`, or whatever has a size and can be read from its start more than once. */
export type UploadFile =
  | Blob
  | { readonly name?: string; readonly size: number; stream(): ReadableStream<Uint8Array<ArrayBuffer>> };

export type UploadOptions = Omit<UploadCompleteInput, 'uploadId'> & {
  /** Defaults to the file's own name. */
  filename?: string;
  signal?: AbortSignal | undefined;
  /** Bytes handed over so far, of all. */
  onProgress?: ((sent: number, total: number) => void) | undefined;
};

// Not in Node's types, and not in Node: there `fetch` streams and is counted.
declare const XMLHttpRequest:
  | (new () => {
      readonly upload: {
        addEventListener(type: 'progress', listener: (event: { loaded: number }) => void): void;
      };
      readonly status: number;
      readonly responseText: string;
      addEventListener(type: 'load' | 'error' | 'abort', listener: () => void): void;
      open(method: string, url: string): void;
      setRequestHeader(name: string, value: string): void;
      send(body: Blob): void;
      abort(): void;
    })
  | undefined;

export type UploadClient = {
  /**
   * The three steps, begun when the server's limits allow it: asks for an address, puts the bytes there, has a source made of them. A step that failed for a moment is made again,
   * the sending of the bytes once. Aborted by `signal` it rejects with the signal's reason.
   */
  put(file: UploadFile, options: UploadOptions): Promise<UploadCompleted>;
};

/** Uploads over the plain client; bytes go to the signed address by `fetch`, without cookies or token. */
export function createUploads(trpc: Trpc, policy: RetryPolicy, fetch: Fetch): UploadClient {
  return {
    async put(file, options) {
      const { filename = nameOf(file), signal, onProgress, ...meta } = options;
      const abort = signal ? { signal } : {};
      const again = <T>(call: () => Promise<T>) => retrying(call, { ...policy, waits: true }, signal);
      const signed = await again(() =>
        trpc.uploads.initiate.mutate(
          { filename, size: file.size, instrumentId: meta.instrumentId, ...typeOf(file) },
          abort,
        ),
      );
      if (file.size > signed.maxBytes)
        throw new RayniError('PAYLOAD_TOO_LARGE', `The file is larger than ${signed.maxBytes} bytes.`);
      await retrying(
        () => putBytes(fetch, signed, file, onProgress, signal),
        { ...policy, attempts: Math.min(policy.attempts, 2) },
        signal,
      );
      return again(() => trpc.uploads.complete.mutate({ ...meta, uploadId: signed.uploadId }, abort));
    },
  };
}

const nameOf = (file: UploadFile) => ('name' in file && file.name) || 'upload';
const typeOf = (file: UploadFile) => (file instanceof Blob && file.type ? { contentType: file.type } : {});

async function putBytes(
  fetch: Fetch,
  target: { url: string; headers: Record<string, string> },
  file: UploadFile,
  onProgress: UploadOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<void> {
  onProgress?.(0, file.size);
  if (typeof XMLHttpRequest === 'function') {
    // Browsers tell how far an upload is through this alone, and most cannot send a stream.
    const blob = file instanceof Blob ? file : await new Response(file.stream()).blob();
    const { status, answer } = await sendByXhr(
      new XMLHttpRequest(),
      target,
      blob,
      (sent) => onProgress?.(sent, file.size),
      signal,
    );
    if (status < 200 || status >= 300) throw refused(status, saidBy(answer), 'The file store');
  } else {
    let sent = 0;
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        sent += chunk.byteLength;
        controller.enqueue(chunk);
        onProgress?.(sent, file.size);
      },
    });
    const init = {
      method: 'PUT',
      // A signed PUT of an S3 store takes no chunked body.
      headers: { ...target.headers, 'content-length': String(file.size) },
      body: file.size > 0 ? file.stream().pipeThrough(counted) : '',
      duplex: 'half' as const,
      ...(signal ? { signal } : {}),
    };
    const response = await fetch(target.url, init);
    if (!response.ok) throw refused(response.status, saidBy(await response.text()), 'The file store');
    await response.body?.cancel();
  }
  onProgress?.(file.size, file.size);
}

function sendByXhr(
  request: InstanceType<NonNullable<typeof XMLHttpRequest>>,
  target: { url: string; headers: Record<string, string> },
  blob: Blob,
  onSent: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    const on = (type: 'load' | 'error' | 'abort', end: () => void) =>
      request.addEventListener(type, () => {
        signal?.removeEventListener('abort', stop);
        end();
      });
    request.upload.addEventListener('progress', (event) => onSent(event.loaded));
    on('load', () => resolve({ status: request.status, answer: request.responseText }));
    // A browser does not tell scripts which of the two it was.
    on('error', () =>
      reject(new Error('the file store is away, or its CORS rules do not let this page put files')),
    );
    on('abort', () => reject(signal?.reason));
    request.open('PUT', target.url);
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    signal?.addEventListener('abort', stop, { once: true });
    request.send(blob);
  });
}

/** What a store says about a refusal: JSON as the server's own store does, or XML as S3 does. */
function saidBy(answer: string): unknown {
  const [code, message] = ['Code', 'Message'].map(
    (name) => new RegExp(`<${name}>([^<]{1,300})</${name}>`).exec(answer)?.[1],
  );
  if (code) return { detail: `The file store refused the file (${code}${message ? `: ${message}` : ''}).` };
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}
