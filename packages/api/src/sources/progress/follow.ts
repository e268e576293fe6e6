import type { SourceEvent, SourceEventsInput, SourceProgress } from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import { requireInstrument } from '../../access/require.ts';
import type { Lost } from '../../access/rights.ts';
import { accessRevoked, signedOut } from '../../chat/revoked.ts';
import { AppError } from '../../errors.ts';
import type { Rayni } from '../../live.ts';
import { instrumentsOf, sourceProgress } from './store.ts';

/**
 * How far sources are, and each change of it, until the caller leaves. Ends as FORBIDDEN when the instrument that was asked for may not be
 * read any more, and as UNAUTHENTICATED when what the caller came by is gone; of sources asked for one by one, those are `gone` then. Files
 * attached to a conversation are not followed.
 */
export async function* followSources(
  { app, live }: Pick<Rayni, 'app' | 'live'>,
  viewer: Viewer,
  { ids, instrumentId }: SourceEventsInput,
  signal: AbortSignal,
): AsyncGenerator<SourceEvent, void> {
  const { query } = app.db;
  if (instrumentId) await requireInstrument(app, viewer, instrumentId, 'read');
  const of = instrumentId ? { instrumentId } : { ids: ids ?? [] };
  const instruments = instrumentId ? [instrumentId] : await instrumentsOf(query, ids ?? []);
  const follower = live.followers.join(viewer, of);
  const over = new AbortController();
  let why: Lost | undefined;
  const unwatch = instruments.map((one) =>
    live.rights.watch(viewer, one, (lost) => {
      if (lost === 'right' && !instrumentId) return follower.again(ids ?? []);
      why ??= lost;
      over.abort();
    }),
  );
  const stop = AbortSignal.any([signal, over.signal]);
  const known = new Map<string, SourceProgress>();
  try {
    // Looked at after it is watched: what comes in between is not missed.
    if (instrumentId) why ??= await live.rights.lacks(viewer, instrumentId);
    for (let stale = true; why === undefined; ) {
      if (stale) {
        follower.restart();
        const sources = await sourceProgress(query, viewer, of);
        known.clear();
        for (const source of sources) known.set(source.sourceId, source);
        yield { type: 'present', sources };
      }
      const news = await follower.next(stop);
      if (news === undefined) break;
      if (news === 'signed-out') why = 'entry';
      stale = news === 'stale';
      if (typeof news === 'string') continue;
      for (const [sourceId, source] of news) {
        const before = known.get(sourceId);
        if (source && !isSame(source, before)) {
          known.set(sourceId, source);
          yield { type: 'changed', source };
        } else if (!source && known.delete(sourceId)) yield { type: 'gone', sourceId };
        if (stop.aborted) break;
      }
    }
    if (why === undefined || signal.aborted) return;
    const { code, notice } = why === 'entry' ? signedOut : accessRevoked;
    throw new AppError(code, notice);
  } finally {
    for (const end of unwatch) end();
    follower.leave();
  }
}

const isSame = (one: SourceProgress, other: SourceProgress | undefined) =>
  other !== undefined &&
  one.status === other.status &&
  one.statusDetail === other.statusDetail &&
  one.done === other.done &&
  one.total === other.total;
