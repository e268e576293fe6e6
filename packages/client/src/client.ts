import type { Me } from '@rayni/contract';
import { type CallOptions, createChat } from './chat.ts';
import { toRayniError } from './errors.ts';
import { defaultEventSource, type EventSourceConstructor } from './event-stream.ts';
import { defaultRetry, type RetryPolicy } from './retry.ts';
import { createSend, type Fetch, type HeaderSource } from './send.ts';
import { createTrpc } from './trpc.ts';
import { createUploads } from './uploads.ts';

export type RayniClientOptions = {
  /** Where Rayni answers, for instance `http://localhost:8000`; in a page it serves itself, `location.origin`. */
  url: string | URL;
  /** An API token, sent as bearer; without it the session cookie says who asks. */
  token?: string;
  fetch?: Fetch;
  EventSource?: EventSourceConstructor;
  /** Sent with every request to the server; a function is asked each time. */
  headers?: HeaderSource;
  retry?: Partial<RetryPolicy>;
};

/** A client of one Rayni server. Opens nothing by itself, so there is nothing to close. */
export function createRayniClient(options: RayniClientOptions) {
  const { token, headers } = options;
  const retry = { ...defaultRetry, ...options.retry };
  const send = createSend({ fetch: options.fetch, token, headers });
  const url = String(options.url).replace(/\/+$/, '');
  const trpc = createTrpc({ url, send, EventSource: options.EventSource ?? defaultEventSource, retry });
  const bare: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    auth: {
      /** Signs in by e-mail alone, where the server offers that (development). The session's cookie is kept, in Node too. */
      login: (email: string, options?: CallOptions): Promise<Me> =>
        asRayni(trpc.auth.login.mutate({ email }, withSignal(options))),
      logout: async (options?: CallOptions): Promise<void> => {
        await asRayni(trpc.auth.logout.mutate(undefined, withSignal(options)));
      },
      /** Who asks, and with which instruments they may chat right now. */
      me: (options?: CallOptions): Promise<Me> => asRayni(trpc.auth.me.query(undefined, withSignal(options))),
    },
    chat: createChat(trpc, retry),
    uploads: createUploads(trpc, retry, bare),
    /** The plain tRPC client: every procedure, fully typed. It throws tRPC's own errors; `toRayniError` reads them. */
    trpc,
  };
}

export type RayniClient = ReturnType<typeof createRayniClient>;

const withSignal = (options: CallOptions | undefined) => (options?.signal ? { signal: options.signal } : {});

async function asRayni<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toRayniError(error);
  }
}
