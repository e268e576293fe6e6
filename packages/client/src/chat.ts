import type { Answer, AskInput, ChatEvent, Citation, Started, TurnEnd } from '@rayni/contract';
import { RayniError, toRayniError } from './errors.ts';
import { backoff, pause, type RetryPolicy, retrying } from './retry.ts';
import type { Trpc } from './trpc.ts';

export type CallOptions = { signal?: AbortSignal | undefined };

/** The events of one answer, from its first to `turn-end`. Iterating hands the question in; iterating again reads the same answer anew. */
export type AnswerStream = AsyncIterable<ChatEvent> & {
  /** Under this key the question is asked once, however often it is handed in. */
  readonly clientKey: string;
  /** Hands the question in, if it is not yet, and says which conversation and turn it became. */
  started(): Promise<Started>;
};

/** An answer as far as it has come; `end` is set once it is over. */
export type Draft = { text: string; citations: Citation[]; end: TurnEnd | undefined };

export const emptyDraft: Draft = { text: '', citations: [], end: undefined };

/** The draft after one more event. Pure: for any store of any user interface. */
export function reduceAnswer(draft: Draft, event: ChatEvent): Draft {
  switch (event.type) {
    case 'turn-reset':
      return emptyDraft;
    case 'text-delta':
      return { ...draft, text: draft.text + event.text };
    case 'citation':
      return { ...draft, citations: [...draft.citations, event.citation] };
    case 'turn-end':
      return { ...draft, citations: event.citations, end: event };
    case 'turn-start':
      break;
  }
  return draft;
}

export type ChatClient = {
  /** Asks once: handed in again under the same key until the server has it. A refusal (4xx) is thrown as a `RayniError`. */
  ask(input: AskInput, options?: CallOptions): AnswerStream;
  /**
   * Reads an answer that was asked before, for instance by a page that was loaded again: what there is of it so far as one piece, then each
   * event once and in order to `turn-end`, over any number of dropped connections. Leaving the loop or aborting closes the connection; the answer goes on.
   */
  follow(turnId: string, options?: CallOptions): AsyncGenerator<ChatEvent, void>;
  /** Asks and waits for the end. A failed or cancelled answer is an answer with that status; losing access to it is thrown. */
  answer(input: AskInput, options?: CallOptions): Promise<Answer>;
  /** Stops an answer for all its readers. */
  cancel(turnId: string, options?: CallOptions): Promise<void>;
};

/** Questions and answers over the plain client. */
export function createChat(trpc: Trpc, policy: RetryPolicy): ChatClient {
  function ask(input: AskInput, { signal }: CallOptions = {}): AnswerStream {
    const clientKey = input.clientKey ?? newKey();
    let starting: Promise<Started> | undefined;
    const submit = () => trpc.chat.start.mutate({ ...input, clientKey }, timely(signal));
    const started = () => {
      starting ??= retrying(submit, policy, signal).catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
      return starting;
    };
    return {
      clientKey,
      started,
      async *[Symbol.asyncIterator]() {
        const { turnId } = await started();
        yield* eventsAfter(0, turnId, signal);
      },
    };
  }

  /** One attempt's time is limited: a connection that went dark says nothing. */
  const timely = (signal: AbortSignal | undefined) => ({
    signal: AbortSignal.any([AbortSignal.timeout(policy.timeoutMs), ...(signal ? [signal] : [])]),
  });

  async function* follow(turnId: string, { signal }: CallOptions = {}): AsyncGenerator<ChatEvent, void> {
    const { userTurnId, text, citations, lastSeq } = await retrying(
      () => trpc.chat.snapshot.query({ turnId }, timely(signal)),
      { ...policy, attempts: policy.reconnects },
      signal,
    );
    yield { type: 'turn-start', userTurnId, turnId };
    if (text !== '') yield { type: 'text-delta', text };
    for (const citation of citations) yield { type: 'citation', citation };
    yield* eventsAfter(lastSeq, turnId, signal);
  }

  async function* eventsAfter(
    after: number,
    turnId: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatEvent, void> {
    let last = after;
    for (let failures = 1; ; failures++) {
      const from = last;
      try {
        const input = { turnId, ...(last > 0 ? { lastEventId: String(last) } : {}) };
        const options: { signal?: AbortSignal } = signal ? { signal } : {};
        const events = trpc.chat.events.subscribe(input, options);
        for await (const { id, data } of events) {
          const seq = Number(id);
          if (seq <= last) continue;
          // Something between is missing: read again from where it is whole.
          if (seq > last + 1) break;
          last = seq;
          yield data;
          if (data.type === 'turn-end') return;
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw toRayniError(error);
      }
      signal?.throwIfAborted();
      // A stream that ended without its last event was cut off.
      if (last > from) failures = 1;
      if (failures >= policy.reconnects)
        throw new RayniError('UNAVAILABLE', 'The answer cannot be read to its end right now.');
      await pause(backoff(failures, policy), signal);
    }
  }

  return {
    ask,
    follow,

    async answer(input, options) {
      const stream = ask(input, options);
      let draft = emptyDraft;
      for await (const event of stream) draft = reduceAnswer(draft, event);
      const { end, text, citations } = draft;
      const reason = end?.reason ?? null;
      if (reason === 'access_revoked')
        throw new RayniError(end?.code ?? 'FORBIDDEN', end?.notice ?? 'Your access has ended.');
      const status = reason === 'cancelled' || reason === 'failed' ? reason : 'done';
      const code = end?.code ? { code: end.code } : {};
      const notice = end?.notice ?? null;
      return { ...(await stream.started()), status, reason, text, citations, notice, ...code };
    },

    async cancel(turnId, { signal } = {}) {
      await retrying(() => trpc.chat.cancel.mutate({ turnId }, timely(signal)), policy, signal);
    },
  };
}

/** 128 random bits. Not `crypto.randomUUID`, which browsers only have on https and localhost. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
