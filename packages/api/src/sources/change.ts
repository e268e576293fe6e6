import type { Source, SourceStatus, SourceUpdateInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { requireFolder } from '../folders/folders.ts';
import { removeSources } from './forget.ts';
import { addOtherNote } from './note-version.ts';
import {
  describeSource,
  labelVersion,
  librarySource,
  lockSource,
  markRejected,
  newestVersion,
  setStatus,
} from './store.ts';
import { type Stored, withBytes } from './with-bytes.ts';

type Ports = Pick<App, 'db' | 'blobs' | 'clock' | 'jobs'>;

/** The source of the library, if the viewer manages it. Who may read it but not manage it is FORBIDDEN, to others it is not there; a guest is UNAUTHENTICATED first. */
export async function managedSource(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<Source> {
  requireMember(viewer);
  const source = await librarySource(app.db.query, viewer, id);
  if (!source) throw notFound();
  await requireInstrument(app, viewer, source.instrumentId, 'manage');
  return source;
}

/**
 * Changes what is said of a source, where it lies, its status, and the text of a note, all of it or nothing. What the state machine does
 * not allow is a CONFLICT. Another text is a new version, which answers once it has been read; the same text again changes nothing.
 */
export async function updateSource(app: Ports, viewer: Viewer, input: SourceUpdateInput): Promise<Source> {
  const { userId } = requireMember(viewer);
  const { id, instrumentId, type } = await managedSource(app, viewer, input.id);
  if (input.text !== undefined && type !== 'note')
    throw new AppError('BAD_REQUEST', 'Only the text of a note can be edited.');
  const { title, category, description, version, modelTags, folderId } = input;
  const change = async (trx: Trx, stored?: Stored): Promise<boolean> => {
    const now = app.clock.now();
    // Before the source is locked: removing a folder waits for sources in turn.
    if (folderId) await requireFolder(trx, instrumentId, folderId);
    const source = await lockSource(trx, id);
    if (!source) throw notFound();
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    await describeSource(
      trx,
      id,
      {
        ...(title !== undefined && { title }),
        ...(category !== undefined && { category }),
        ...(description !== undefined && { description }),
        ...(version !== undefined && { version }),
        ...(modelTags !== undefined && { model_tags: modelTags }),
        ...(folderId !== undefined && { folder_id: folderId }),
      },
      now,
    );
    if (input.status && input.status !== source.status)
      await decide(app, trx, source, { to: input.status, detail: input.detail, now });
    const note = { id, userId, title: title ?? source.title, label: version ?? '' };
    const isOther = stored !== undefined && (await addOtherNote(app, trx, { ...note, ...stored }));
    if (!isOther && version !== undefined && source.current_version_id)
      await labelVersion(trx, source.current_version_id, version);
    return isOther;
  };
  if (input.text === undefined) await app.db.transaction((trx) => change(trx));
  else await withBytes(app, Buffer.from(input.text), change);
  return managedSource(app, viewer, id);
}

type Decision = { to: NonNullable<SourceUpdateInput['status']>; detail: string | undefined; now: Date };

async function decide(
  app: Ports,
  trx: Trx,
  source: { id: string; status: SourceStatus; storage_uri: string },
  { to, detail, now }: Decision,
) {
  if (to === 'processing' && source.status === 'uploaded') return;
  const again = to === 'processing' ? await newestVersion(trx, source.id) : undefined;
  const mayDecide = to !== 'processing' || source.status === 'rejected' || source.status === 'parsed';
  const reason = to === 'rejected' ? detail || 'Rejected by a manager.' : null;
  if (!mayDecide || !(await setStatus(trx, source.id, to, { detail: reason, now })))
    throw new AppError('CONFLICT', `A source that is ${source.status} cannot become ${to}.`);
  if (to === 'rejected') await markRejected(trx, source.id, now);
  if (to !== 'processing') return;
  // Rejected by a manager after it was read: there is nothing to read again, and it waits for approval.
  const answers = again?.current_reading_id && again.facts?.missing === undefined;
  if (answers && source.status === 'rejected') await setStatus(trx, source.id, 'embedded', { now });
  else if (isAddress(source.storage_uri)) await app.jobs.enqueue(trx, 'fetch', { sourceId: source.id });
  else if (again) await app.jobs.enqueue(trx, 'ingest', { versionId: again.id });
}

/** Whether a source lies at an address of the web, and not in the store alone. */
export const isAddress = (storageUri: string): boolean => /^https?:/i.test(storageUri);

/** Takes an approved source out of answers; its old citations still open. One that is archived stays so. */
export const archiveSource = (app: Ports, viewer: Viewer, id: string): Promise<Source> =>
  updateSource(app, viewer, { id, status: 'archived' });

/** Deletes a source: from this commit on nothing finds it; its bytes and texts go by a job. */
export async function deleteSource(app: Ports, viewer: Viewer, id: string): Promise<void> {
  const { instrumentId } = await managedSource(app, viewer, id);
  await app.db.transaction(async (trx) => {
    if ((await removeSources(app, trx, { sourceId: id })) === 0) throw notFound();
    await holdInstrument(trx, viewer, instrumentId, 'manage');
  });
}
