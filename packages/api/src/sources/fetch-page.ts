import { createHash } from 'node:crypto';
import { type App, Unreachable } from '../app.ts';
import type { ReadDocument, ReadOrder } from '../ingest/readers.ts';
import { Unreadable } from '../ingest/reading.ts';
import { addPage, kindOf, type Page, typeOf } from './page-version.ts';
import { inProgress } from './status.ts';
import { lockSource, newestVersion, setDetail, setStatus, sourceToFetch } from './store.ts';
import { hashOf, withBytes } from './with-bytes.ts';

type Ports = Pick<App, 'db' | 'blobs' | 'clock' | 'jobs' | 'log' | 'web'>;
type ToFetch = NonNullable<Awaited<ReturnType<typeof sourceToFetch>>>;
type Newest = NonNullable<Awaited<ReturnType<typeof newestVersion>>>;

/**
 * Fetches the page of a source and makes a version of it unless its text is that of the newest one; running it again changes nothing more.
 * A page that is refused ends its source as `rejected` with a reason a person understands, or has it said beside one that was read before:
 * that goes on answering. Throws what another try may not meet, an `Unreachable` host for instance.
 */
export async function fetchPage(
  app: Ports,
  readDocument: ReadDocument,
  sourceId: string,
  signal: AbortSignal,
): Promise<void> {
  const { query } = app.db;
  const source = await sourceToFetch(query, sourceId);
  // Deleted, or rejected by a manager, before its turn came.
  if (!source || source.status === 'rejected') return;
  if (source.status === 'uploaded') await setStatus(query, sourceId, 'processing', { now: app.clock.now() });
  try {
    if (!app.web) throw new Unreadable('This server fetches no web pages.');
    const page = await app.web.fetch(source.storage_uri, signal);
    await keep(app, readDocument, source, page, signal);
  } catch (error) {
    if (error instanceof Unreadable) return fail(app, sourceId, error.message);
    if (error instanceof Unreachable) await setDetail(query, sourceId, error.message);
    throw error;
  }
}

/** Ends a fetch that failed again and again. */
export async function giveUpFetch(app: Ports, sourceId: string): Promise<void> {
  const source = await sourceToFetch(app.db.query, sourceId);
  if (!source || source.status === 'rejected') return;
  await fail(app, sourceId, source.status_detail ?? 'The page could not be fetched. Try again later.');
}

async function keep(
  app: Ports,
  readDocument: ReadDocument,
  source: ToFetch,
  page: Page,
  signal: AbortSignal,
) {
  const type = await kindOf(page);
  if (!type || page.bytes.length === 0)
    throw new Unreadable(`What came is not what its server calls it (${page.mediaType}).`);
  if (type !== source.type && source.current_reading_id !== null)
    throw new Unreadable(
      `The address leads to a ${type === 'pdf' ? 'PDF' : 'web page'} now. Add that as a document of its own.`,
    );
  const newest = await newestVersion(app.db.query, source.id);
  const sha256 = hashOf(page.bytes);
  const same =
    newest !== undefined &&
    (newest.sha256 === sha256 || (await saysTheSame(app, readDocument, type, page, newest, signal)));
  if (same) return settle(app, source.id, newest);
  const made = await withBytes(app, page.bytes, async (trx, stored) => {
    const now = await lockSource(trx, source.id);
    // Deleted or rejected meanwhile, or somebody else fetched it at the same time.
    if (!now || now.status === 'rejected') return false;
    if ((await newestVersion(trx, source.id))?.id !== newest?.id) return false;
    await setDetail(trx, source.id, null);
    const label = newest === undefined ? source.version : '';
    await addPage(app, trx, page, {
      ...stored,
      sourceId: source.id,
      type,
      label,
      by: source.created_by,
    });
    return true;
  });
  if (made) app.log.info({ sourceId: source.id, bytes: page.bytes.length }, 'A web page was fetched');
}

/** Nothing new came: what was read is as good as new, and what could not be read is read again. */
async function settle(app: Ports, sourceId: string, newest: Newest) {
  await app.db.transaction(async (trx) => {
    const source = await lockSource(trx, sourceId);
    if (!source || source.status === 'rejected') return;
    await setDetail(trx, sourceId, null);
    if (newest.current_reading_id === null) await app.jobs.enqueue(trx, 'ingest', { versionId: newest.id });
    // It was rejected after it had been read: it waits for approval.
    else if (source.status === 'processing')
      await setStatus(trx, sourceId, 'embedded', { now: app.clock.now() });
  });
  app.log.info({ sourceId }, 'A web page was fetched again and says the same');
}

/** What waited for this page is rejected; what was read before goes on as it was, and why is said beside it. */
async function fail(app: Ports, sourceId: string, detail: string) {
  await app.db.transaction(async (trx) => {
    const source = await lockSource(trx, sourceId);
    if (!source) return;
    if (inProgress(source.status))
      await setStatus(trx, sourceId, 'rejected', { detail, now: app.clock.now() });
    else await setDetail(trx, sourceId, `It could not be fetched again. ${detail}`);
  });
  app.log.info({ sourceId }, 'A web page could not be fetched');
}

/** Whether a page reads as its last version does; most pages are never the same bytes twice. Both are read by the same reader, so that a better one makes no difference. */
async function saysTheSame(
  app: Ports,
  readDocument: ReadDocument,
  type: 'url' | 'pdf',
  page: Page,
  newest: Newest,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await textOf(readDocument, {
    type,
    signal,
    bytes: page.bytes,
    filename: newest.filename,
    mediaType: typeOf(page, page.mediaType),
  });
  if (!(await app.blobs.stat(newest.blob_key))) return false;
  const before = textOf(readDocument, {
    type,
    signal,
    bytes: await app.blobs.open(newest.blob_key),
    again: () => app.blobs.open(newest.blob_key),
    filename: newest.filename,
    mediaType: newest.media_type,
  });
  return (
    now ===
    (await before.catch((error: unknown) => (error instanceof Unreadable ? '' : Promise.reject(error))))
  );
}

/** A digest of all text of a document. */
async function textOf(readDocument: ReadDocument, order: ReadOrder): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of readDocument(order))
    if (part.kind === 'units') for (const { text } of part.units) hash.update(`${text}\0`);
  return hash.digest('hex');
}
