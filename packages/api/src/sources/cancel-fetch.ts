import type { Trx } from '../app.ts';
import { AppError } from '../errors.ts';
import { cancelledText } from '../ingest/cancel.ts';
import { inProgress } from './status.ts';
import { lockSource, setDetail, setStatus } from './store.ts';

/** A page that is not going to be fetched: what waited for it is rejected with the reason; what was read before goes on as it was and says it beside it. */
export async function cancelFetch(trx: Trx, sourceId: string, now: Date): Promise<void> {
  const source = await lockSource(trx, sourceId);
  if (!source) return;
  if (inProgress(source.status)) await setStatus(trx, sourceId, 'rejected', { detail: cancelledText, now });
  else await setDetail(trx, sourceId, cancelledText);
}

/** A page that is going to be fetched after all. */
export async function retryFetch(trx: Trx, sourceId: string, now: Date): Promise<void> {
  const source = await lockSource(trx, sourceId);
  if (!source) throw new AppError('CONFLICT', 'This web page was deleted: there is nothing to fetch.');
  if (source.status === 'rejected') await setStatus(trx, sourceId, 'processing', { now });
}
