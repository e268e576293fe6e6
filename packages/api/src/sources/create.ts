import type { Source, SourceCreateInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { requireFolder } from '../folders/folders.ts';
import { newId } from '../ids.ts';
import { addNote } from './note-version.ts';
import { addPage, kindOf, type Page } from './page-version.ts';
import { insertSource, visibleSource } from './store.ts';
import { withBytes } from './with-bytes.ts';

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

async function shown(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<Source> {
  const source = await visibleSource(app.db.query, viewer, id);
  if (!source) throw notFound();
  return source;
}
