import type { App, Trx } from '../app.ts';
import { newId } from '../ids.ts';
import { insertVersion, newestVersion, setStatus } from './store.ts';
import type { Stored } from './with-bytes.ts';

type Note = Stored & { id: string; userId: string; title: string; label: string };

/** Makes a text the next version of a note, to be read. */
export async function addNote(app: Pick<App, 'clock' | 'jobs'>, trx: Trx, note: Note) {
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

/** `addNote` for another text than the newest; false, and nothing done, for the same one. */
export async function addOtherNote(app: Pick<App, 'clock' | 'jobs'>, trx: Trx, note: Note): Promise<boolean> {
  if ((await newestVersion(trx, note.id))?.sha256 === note.sha256) return false;
  // What was rejected gets another chance with another text.
  await setStatus(trx, note.id, 'uploaded', { now: app.clock.now() });
  await addNote(app, trx, note);
  return true;
}
