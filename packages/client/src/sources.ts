import type { SourceEvent, SourceProgress } from '@rayni/contract';
import type { CallOptions } from './chat.ts';
import { RayniError, toRayniError } from './errors.ts';
import { backoff, pause, type RetryPolicy } from './retry.ts';
import type { Trpc } from './trpc.ts';

/** A source as it is now, or that it was deleted or is not to be seen any more. */
export type SourceChange = Exclude<SourceEvent, { type: 'present' }>;

export type SourceClient = {
  /**
   * Tells how far these sources are (or all of an instrument), then each change, over any number of dropped connections: what changed in
   * between is told as it is by then. Ends when the loop is left or aborted; what is refused, or not allowed any more, is thrown.
   */
  follow(
    of: readonly string[] | { instrumentId: string },
    options?: CallOptions,
  ): AsyncGenerator<SourceChange, void>;
};

/** Sources over the plain client. */
export function createSources(trpc: Trpc, policy: RetryPolicy): SourceClient {
  return {
    async *follow(of, { signal } = {}) {
      const known = new Map<string, SourceProgress>();
      const input = 'instrumentId' in of ? of : { ids: [...of] };
      for (let failures = 1; ; failures++) {
        try {
          const options: { signal?: AbortSignal } = signal ? { signal } : {};
          const events = trpc.sources.events.subscribe(input, options);
          for await (const { data } of events) {
            failures = 0;
            yield* changes(known, data);
          }
        } catch (error) {
          signal?.throwIfAborted();
          throw toRayniError(error);
        }
        signal?.throwIfAborted();
        // Only a reader ends it: the server stopped, or something between cut it off.
        if (failures >= policy.reconnects)
          throw new RayniError('UNAVAILABLE', 'The sources cannot be followed right now.');
        await pause(backoff(Math.max(1, failures), policy), signal);
      }
    },
  };
}

/** What an event says that is not known yet; `known` is brought up to date. */
function* changes(known: Map<string, SourceProgress>, event: SourceEvent): Generator<SourceChange, void> {
  if (event.type === 'present') {
    const there = new Set(event.sources.map(({ sourceId }) => sourceId));
    // A map may lose what is being looked at.
    for (const sourceId of known.keys())
      if (!there.has(sourceId)) yield* changes(known, { type: 'gone', sourceId });
    for (const source of event.sources) yield* changes(known, { type: 'changed', source });
  } else if (event.type === 'changed') {
    const before = known.get(event.source.sourceId);
    known.set(event.source.sourceId, event.source);
    if (JSON.stringify(before) !== JSON.stringify(event.source)) yield event;
  } else if (known.delete(event.sourceId)) yield event;
}
