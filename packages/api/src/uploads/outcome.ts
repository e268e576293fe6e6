import type { UploadCompleted, UploadCompleteInput } from '@rayni/contract';
import type { App } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { placeOf } from './store.ts';
import type { Upload } from './uploads.ts';

/** What became of the upload, if anything did; CONFLICT when it is not where it is wanted, NOT_FOUND when it was deleted since. */
export async function outcomeOf(
  query: App['db']['query'],
  { source_id: sourceId, version_id: versionId }: Upload,
  { instrumentId, ...input }: Pick<UploadCompleteInput, 'instrumentId' | 'sourceId' | 'captionsFor'>,
): Promise<UploadCompleted | undefined> {
  if (!sourceId || !versionId) return undefined;
  const wanted = input.captionsFor ?? input.sourceId;
  const place = await placeOf(query, sourceId);
  if (!place) throw notFound();
  const there =
    place.instrument_id === instrumentId &&
    place.conversation_id === null &&
    (wanted === undefined || wanted === sourceId);
  if (!there)
    throw new AppError('CONFLICT', 'This upload was completed for another place. Upload the file again.');
  return { sourceId, versionId, status: place.status };
}
