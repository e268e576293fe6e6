import { createHash } from 'node:crypto';
import type { App } from '../app.ts';
import { newId } from '../ids.ts';
import { setDetail, setStatus } from '../sources/store.ts';
import { encodePlaceMap } from './place-map.ts';
import { type ReadDocument, readerOf } from './readers.ts';
import { type FragmentDraft, Unreadable } from './reading.ts';
import {
  dropUnpublished,
  type FragmentRow,
  insertEmbeddings,
  insertFragments,
  insertReading,
  insertUnits,
  notEmbedded,
  publish,
  setProgress,
  versionToRead,
} from './store.ts';

/** Rows go in small statements, so that no other query waits long behind one (the embedded database has one backend). */
const rowsPerStatement = 25;
const progressEveryMs = 250;
const textsPerEmbedding = 128;

/**
 * Reads a version's bytes into units and fragments and publishes them in one transaction; running it again changes nothing. A document
 * that cannot be read ends as `rejected` with a reason a person understands; any other fault is thrown, so that the job is tried again.
 */
export async function ingest(
  app: Pick<App, 'db' | 'blobs' | 'embedder' | 'clock' | 'log'>,
  readDocument: ReadDocument,
  versionId: string,
  signal: AbortSignal,
): Promise<void> {
  const { query } = app.db;
  const version = await versionToRead(query, versionId);
  if (!version) return;
  if (version.type !== 'pdf' && version.type !== 'note') {
    await reject(app, version, 'This kind of document cannot be read yet.');
    return;
  }
  const reader = readerOf(version.type);
  if (version.reader === reader.name && version.reader_version === reader.version) return;

  if (!(await app.blobs.stat(version.blob_key))) {
    await reject(app, version, 'The stored file is missing. Please upload it again.');
    return;
  }
  await dropUnpublished(query, versionId);
  // A source that already answers goes on answering from its old version while the new one is read.
  if (version.status !== 'approved') {
    await setStatus(query, version.source_id, 'processing', { now: app.clock.now() });
  }
  let reported = 0;
  let reporting: Promise<unknown> = Promise.resolve();
  const report = (done: number, total: number) => {
    if (done < total && performance.now() - reported < progressEveryMs) return;
    reported = performance.now();
    reporting = reporting
      .then(() => setProgress(query, version.source_id, done, total))
      .catch((error: unknown) => app.log.warn({ err: error, versionId }, 'Progress could not be stored'));
  };

  let reading: Awaited<ReturnType<ReadDocument>>;
  try {
    reading = await readDocument({
      bytes: await app.blobs.open(version.blob_key),
      type: version.type,
      filename: version.filename,
      title: version.title,
      signal,
      onProgress: report,
    });
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    await reporting;
    await reject(app, version, error.message);
    return;
  }
  report(reading.units.length, reading.units.length);
  await reporting;

  const readingId = newId();
  await insertReading(query, {
    id: readingId,
    versionId,
    reader: reading.reader,
    readerVersion: reading.readerVersion,
    segment: reading.segment,
    now: app.clock.now(),
  });
  for (const units of chunks(reading.units, rowsPerStatement)) {
    await insertUnits(
      query,
      units.map((unit) => ({
        reading_id: readingId,
        ordinal: unit.ordinal,
        text: unit.text,
        places: encodePlaceMap(unit.places),
      })),
    );
  }
  for (const drafts of chunks(reading.fragments, rowsPerStatement)) {
    await insertFragments(
      query,
      drafts.map((draft) => toRow(draft, readingId, version.title)),
    );
  }
  if (app.embedder) await embed(app, app.embedder, version.title, reading.fragments, signal);
  await app.db.transaction((trx) =>
    publish(trx, version, { id: readingId, fragments: reading.fragments.length }, app.clock.now()),
  );
  app.log.info(
    {
      versionId,
      sourceId: version.source_id,
      units: reading.units.length,
      fragments: reading.fragments.length,
    },
    'A document was read',
  );
}

/** Ends a reading that failed again and again for reasons of ours, so that its source does not stay in progress for ever. */
export async function giveUp(app: Pick<App, 'db' | 'clock' | 'log'>, versionId: string): Promise<void> {
  const version = await versionToRead(app.db.query, versionId);
  if (!version || version.reader !== null) return;
  app.log.error({ versionId, sourceId: version.source_id }, 'A document was given up: every try failed');
  await reject(
    app,
    version,
    'Reading this file failed several times on our side. Please upload it again later.',
  );
}

async function reject(
  app: Pick<App, 'db' | 'clock' | 'log'>,
  { id, source_id }: { id: string; source_id: string },
  detail: string,
) {
  const rejected = await setStatus(app.db.query, source_id, 'rejected', { detail, now: app.clock.now() });
  // What answers from an older version goes on doing so; that the new one failed is said beside it.
  if (!rejected) await setDetail(app.db.query, source_id, detail);
  app.log.info({ versionId: id, sourceId: source_id }, 'A document could not be read');
}

/** What is embedded: title and heading give a fragment its subject, without being part of its text. */
const embedText = (draft: FragmentDraft, title: string) =>
  [title, draft.heading, draft.text].filter((part) => part !== '').join('\n');
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

function toRow(draft: FragmentDraft, readingId: string, title: string): FragmentRow {
  return {
    id: newId(),
    reading_id: readingId,
    ordinal: draft.ordinal,
    heading: draft.heading,
    kind: draft.kind,
    text: draft.text,
    ranges: JSON.stringify(draft.ranges),
    segments: JSON.stringify(draft.segments),
    embed_hash: hashOf(embedText(draft, title)),
  };
}

/** Vectors are made once per model and text; a model that is away leaves the document searchable by its words. */
async function embed(
  app: Pick<App, 'db' | 'log'>,
  embedder: NonNullable<App['embedder']>,
  title: string,
  drafts: FragmentDraft[],
  signal: AbortSignal,
) {
  try {
    for (const some of chunks(drafts, textsPerEmbedding)) {
      const texts = new Map(some.map((draft) => [hashOf(embedText(draft, title)), embedText(draft, title)]));
      const missing = [...(await notEmbedded(app.db.query, embedder.model, [...texts.keys()]))];
      if (missing.length === 0) continue;
      const vectors = await embedder.embed(
        missing.map((hash) => texts.get(hash)!),
        signal,
      );
      await insertEmbeddings(
        app.db.query,
        missing.map((hash, i) => ({
          model: embedder.model,
          embed_hash: hash,
          vector: new Uint8Array(vectors[i]!.buffer, vectors[i]!.byteOffset, vectors[i]!.byteLength),
        })),
      );
    }
  } catch (error) {
    signal.throwIfAborted();
    app.log.warn(
      { err: error },
      'Embedding failed; this document is searched by its words until it is read again',
    );
  }
}

function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
