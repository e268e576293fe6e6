import type { Source } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument } from '../access/require.ts';
import type { App } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { isAddress, managedSource } from './change.ts';
import { inProgress } from './status.ts';
import { lockSource, setStatus } from './store.ts';

type Ports = Pick<App, 'db' | 'clock' | 'jobs'>;

/** Fetches a web page again: another version if its text is another by then. Nothing more is done to one that is just being fetched or read. */
export async function refetchSource(app: Ports, viewer: Viewer, id: string): Promise<Source> {
  const { instrumentId, storageUri } = await managedSource(app, viewer, id);
  if (!isAddress(storageUri)) throw new AppError('BAD_REQUEST', 'Only a web page can be fetched again.');
  await app.db.transaction(async (trx) => {
    const source = await lockSource(trx, id);
    if (!source) throw notFound();
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    if (inProgress(source.status)) return;
    if (source.status === 'rejected') await setStatus(trx, id, 'processing', { now: app.clock.now() });
    await app.jobs.enqueue(trx, 'fetch', { sourceId: id });
  });
  return managedSource(app, viewer, id);
}
