import { EventSource as FetchEventSource } from 'eventsource';
import { serialize } from 'superjson';
import { isRayniError, isTemporary, type RayniError, refused } from './errors.ts';
import { type Send, isJson } from './send.ts';

type Listener = (event: Event) => void;
export type EventSourceOptions = { withCredentials?: boolean; fetch?: Send };

/** What a stream needs of an `EventSource`; the browser's own has it, too. */
export type EventSourceConstructor = new (
  url: string,
  options?: EventSourceOptions,
) => {
  readonly CONNECTING: number;
  readonly OPEN: number;
  readonly CLOSED: number;
  readonly readyState: number;
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
  dispatchEvent(event: Event): boolean;
  close(): void;
};

/**
 * The default everywhere, in browsers too: the browser's own sends no bearer token and never says with which status it was refused.
 */
export const defaultEventSource: EventSourceConstructor = FetchEventSource;

/**
 * An `EventSource` for one connection. It closes at the first error, and when the server has not greeted within `greetMs`: reconnecting
 * is left to the link above, which knows the last event, draws its pauses, and whose timer keeps Node alive (the package's does not).
 */
export function singleConnection(Base: EventSourceConstructor, greetMs: number): EventSourceConstructor {
  return class SingleConnection extends Base {
    readonly #greeting: ReturnType<typeof setTimeout>;
    constructor(url: string, options?: EventSourceOptions) {
      super(url, options);
      this.#greeting = setTimeout(() => {
        this.close();
        this.dispatchEvent(new Event('error'));
      }, greetMs);
      this.addEventListener('connected', () => clearTimeout(this.#greeting));
      // Added before anyone else's listener, so that all others find it closed.
      this.addEventListener('error', () => this.close());
    }
    override close() {
      clearTimeout(this.#greeting);
      super.close();
    }
  };
}

/**
 * A fetch for streams that hands a refusal (4xx) on as the error event tRPC's reader knows: an `EventSource` would only say that the
 * connection failed, and it would be tried for ever.
 */
export function streamFetch(send: Send): Send {
  return async (url, init) => {
    try {
      const response = await send(url, init);
      if (response.status < 400 || response.status >= 500 || !isJson(response)) return response;
      const body: unknown = await response.json();
      return asStream(trpcError(body) ?? ownError(refused(response.status, body, '')));
    } catch (error) {
      if (!isRayniError(error) || isTemporary(error)) throw error;
      return asStream(ownError(error));
    }
  };
}

const asStream = (error: unknown) =>
  new Response(`event: serialized-error\ndata: ${JSON.stringify(error)}\n\n`, {
    headers: { 'content-type': 'text/event-stream' },
  });

const trpcError = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;

// -32600 is JSON-RPC's "invalid request", one of the codes tRPC's reader does not repeat.
const ownError = ({ message, code, fields, requestId }: RayniError) =>
  serialize({ message, code: -32_600, data: { rayni: { code, fields, requestId } } });
