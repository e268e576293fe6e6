import type { Source, SourceCreateInput, SourceEditInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { requireFolder } from '../folders/folders.ts';
import { newId } from '../ids.ts';
import { managedSource } from './change.ts';
import { addPage, kindOf, type Page } from './page-version.ts';
import { insertSource, insertVersion, lockSource, newestVersion, setStatus, visibleSource } from './store.ts';
import { type Stored, withBytes } from './with-bytes.ts';

type Ports = Pick<App, 'db' | 'blobs' | 'clock' | 'jobs'>;

/**
 * Makes a source of what comes without a file. A note is kept as a file of its bytes and read like one; a web page is fetched by a job,
 * unless somebody has it already.
 */
export async function createSource(
  app: Ports,
  viewer: Viewer,
  input: SourceCreateInput,
  page?: Page,
): Promise<Source> {
  await requireInstrument(app, viewer, input.instrumentId, 'manage');
  const { userId } = requireMember(viewer);
  const id = newId();
  const make = async (trx: Trx, storageUri: string) => {
    const now = app.clock.now();
    if (input.folderId) await requireFolder(trx, input.instrumentId, input.folderId);
    await holdInstrument(trx, viewer, input.instrumentId, 'manage');
    await insertSource(trx, {
      id,
      instrument_id: input.instrumentId,
      folder_id: input.folderId ?? null,
      type: input.type,
      title: input.title ?? storageUri.slice(0, 300),
      category: input.category ?? null,
      description: input.description ?? '',
      version: input.version ?? '',
      model_tags: input.modelTags ?? [],
      storage_uri: storageUri,
      // Who may do this is who approves.
      auto_approve: true,
      created_by: userId,
      created_at: now,
      updated_at: now,
    });
  };
  if (input.type === 'url') {
    const type = page && (await kindOf(page));
    if (page && !type) throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'This is no web page.');
    if (page && type)
      await withBytes(app, page.bytes, async (trx, stored) => {
        await make(trx, input.url);
        await addPage(app, trx, page, {
          ...stored,
          type,
          sourceId: id,
          label: input.version ?? '',
          by: userId,
        });
        return true;
      });
    else
      await app.db.transaction(async (trx) => {
        await make(trx, input.url);
        await app.jobs.enqueue(trx, 'fetch', { sourceId: id });
      });
  } else {
    await withBytes(app, Buffer.from(input.text), async (trx, stored) => {
      await make(trx, `/media/${id}`);
      await addNote(app, trx, { ...stored, id, userId, title: input.title, label: input.version ?? '' });
      return true;
    });
  }
  return shown(app, viewer, id);
}

/** A note with another text is a new version, which answers once it has been read; the same text again changes nothing. */
export async function editNote(app: Ports, viewer: Viewer, input: SourceEditInput): Promise<Source> {
  const { userId } = requireMember(viewer);
  const note = await managedSource(app, viewer, input.id);
  if (note.type !== 'note') throw new AppError('BAD_REQUEST', 'Only the text of a note can be edited.');
  await withBytes(app, Buffer.from(input.text), async (trx, stored) => {
    const source = await lockSource(trx, note.id);
    if (!source) throw notFound();
    await holdInstrument(trx, viewer, note.instrumentId, 'manage');
    if ((await newestVersion(trx, note.id))?.sha256 === stored.sha256) return false;
    const now = app.clock.now();
    // What was rejected gets another chance with another text.
    await setStatus(trx, note.id, 'uploaded', { now });
    await addNote(app, trx, { ...stored, id: note.id, userId, title: source.title, label: '' });
    return true;
  });
  return shown(app, viewer, note.id);
}

async function addNote(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  note: Stored & { id: string; userId: string; title: string; label: string },
) {
  const versionId = newId();
  const newest = await newestVersion(trx, note.id);
  await insertVersion(trx, {
    id: versionId,
    source_id: note.id,
    ordinal: (newest?.ordinal ?? 0) + 1,
    label: note.label,
    blob_key: note.key,
    filename: newest?.filename ?? `${note.title.replace(/[\p{Cc}/\\]+/gu, ' ').slice(0, 100)}.md`,
    media_type: 'text/markdown',
    size: note.size,
    sha256: note.sha256,
    created_by: note.userId,
    created_at: app.clock.now(),
  });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
}

async function shown(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<Source> {
  const source = await visibleSource(app.db.query, viewer, id);
  if (!source) throw notFound();
  return source;
}
