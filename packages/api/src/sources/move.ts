import type { SourceMoveManyInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument } from '../access/require.ts';
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { requireFolder } from '../folders/folders.ts';
import { lockSources, setFolder } from './store.ts';

/** Moves all of these into one folder of their instrument, or to its top; all or none, and NOT_FOUND when one is not of that instrument. */
export async function moveSources(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  { instrumentId, ids, folderId }: SourceMoveManyInput,
): Promise<void> {
  await requireInstrument(app, viewer, instrumentId, 'manage');
  const wanted = [...new Set(ids)];
  await app.db.transaction(async (trx) => {
    // Before the sources are locked: removing a folder waits for sources in turn.
    if (folderId) await requireFolder(trx, instrumentId, folderId);
    const found = await lockSources(trx, instrumentId, wanted);
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    if (found.length < wanted.length) throw notFound();
    await setFolder(trx, found, folderId, app.clock.now());
  });
}
