import type { CitationState, Located, Me } from '@rayni/contract';
import { type CallOptions, type ChatClient, createChat } from './chat.ts';
import { toRayniError } from './errors.ts';
import { defaultEventSource, type EventSourceConstructor } from './event-stream.ts';
import { defaultRetry, type RetryPolicy } from './retry.ts';
import { createSend, type Fetch, type HeaderSource } from './send.ts';
import { createSources, type SourceClient } from './sources.ts';
import { createTrpc, type Trpc } from './trpc.ts';
import { createUploads, type UploadClient } from './uploads.ts';

export type RayniClientOptions = {
  /** Where Rayni answers, for instance `http://localhost:8000`; in a page it serves itself, `location.origin`. */
  url: string | URL;
  /** An API token (`rayni_…`, made by `trpc.tokens.create`): it says who asks, whatever cookies there are. Without one the session cookie does. */
  token?: string;
  fetch?: Fetch;
  EventSource?: EventSourceConstructor;
  /** Sent with every request to the server; a function is asked each time. */
  headers?: HeaderSource;
  retry?: Partial<RetryPolicy>;
};

export type AuthClient = {
  /** Signs in by e-mail alone, where the server offers that (development). The session's cookie is kept, in Node too. */
  login(email: string, options?: CallOptions): Promise<Me>;
  logout(options?: CallOptions): Promise<void>;
  /** Who asks, and with which instruments they may chat right now. */
  me(options?: CallOptions): Promise<Me>;
};

export type ProofClient = {
  /** Everything to draw a Proof with: the place, the quote, and an address of the bytes that is good for some minutes. */
  locate(citationId: string, options?: CallOptions): Promise<Located>;
  /** Whether the quote still stands in the newest version of its source; if not, what has become of it, word for word. */
  state(citationId: string, options?: CallOptions): Promise<CitationState>;
};

export type RayniClient = {
  auth: AuthClient;
  chat: ChatClient;
  proofs: ProofClient;
  sources: SourceClient;
  uploads: UploadClient;
  /** The plain tRPC client: every procedure, fully typed. It throws tRPC's own errors; `toRayniError` reads them. */
  trpc: Trpc;
};

/** A client of one Rayni server. Opens nothing by itself, so there is nothing to close. */
export function createRayniClient(options: RayniClientOptions): RayniClient {
  const { token, headers } = options;
  const retry = { ...defaultRetry, ...options.retry };
  const send = createSend({ fetch: options.fetch, token, headers });
  const url = String(options.url).replace(/\/+$/, '');
  const trpc = createTrpc({ url, send, EventSource: options.EventSource ?? defaultEventSource, retry });
  const bare: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    auth: {
      login: (email, options) => asRayni(trpc.auth.login.mutate({ email }, withSignal(options))),
      async logout(options) {
        await asRayni(trpc.auth.logout.mutate(undefined, withSignal(options)));
      },
      me: (options) => asRayni(trpc.auth.me.query(undefined, withSignal(options))),
    },
    chat: createChat(trpc, retry),
    proofs: {
      locate: (target, options) => asRayni(trpc.viewer.locate.query({ target }, withSignal(options))),
      state: (citationId, options) =>
        asRayni(trpc.viewer.citationState.query({ citationId }, withSignal(options))),
    },
    sources: createSources(trpc, retry),
    uploads: createUploads(trpc, retry, bare),
    trpc,
  };
}

const withSignal = (options: CallOptions | undefined) => (options?.signal ? { signal: options.signal } : {});

async function asRayni<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toRayniError(error);
  }
}
