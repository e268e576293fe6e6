import { type App, ModelFault, type Trx, type Vision } from '../app.ts';
import { captionsOf, heldCaptionsOf, keepPoster, posterOf } from '../companions/companions.ts';
import { newId } from '../ids.ts';
import { MadeWay, type Stint, unhurried } from '../jobs/stint.ts';
import { inProgress, stands } from '../sources/status.ts';
import { setDetail, setStatus } from '../sources/status-change.ts';
import { embedder, embedHash } from './embed.ts';
import { emptyReading } from './empty-reading.ts';
import { type ReadDocument, readerOf, type ReadOrder, type ReaderType } from './readers.ts';
import { type FragmentDraft, Unreadable } from './reading.ts';
import { readRecording } from './recordings.ts';
import {
  dropReading,
  dropUnpublished,
  type FragmentRow,
  insertFragments,
  insertReading,
  insertUnits,
  publish,
  readingIsThere,
  setFacts,
  setProgress,
  setSegment,
  unpublished,
  versionToRead,
} from './store.ts';

/** Rows go in small statements, so that no other query waits long behind one (the embedded database has one backend). */
const rowsPerStatement = 25;
const progressEveryMs = 250;
/** Most notes, tables and short manuals are read in 0.2 to 0.6 s, a picture in one to three; of a recording programs look at the sound first. */
const usualMs: Record<ReaderType, number> = {
  pdf: 800,
  note: 800,
  office: 800,
  url: 800,
  image: 3_000,
  video: 3_000,
};

/**
 * Reads a version's bytes into units and fragments and publishes them in one transaction; running it again changes nothing. A document
 * that cannot be read ends as `rejected` with a reason a person understands; any other fault is thrown, so that the job is tried again. So is
 * a `MadeWay`, when the stint is over before the document is read.
 */
export async function ingest(
  app: Pick<
    App,
    'db' | 'blobs' | 'embedder' | 'clock' | 'log' | 'meter' | 'ffmpeg' | 'transcriber' | 'vision'
  >,
  readDocument: ReadDocument,
  versionId: string,
  cancelled: AbortSignal,
  stint: Stint = unhurried,
): Promise<void> {
  const { query } = app.db;
  const version = await versionToRead(query, versionId);
  // Its source was deleted, perhaps while a try of this job was reading it.
  if (!version) return dropUnpublished(query, versionId);
  // By a manager, before its turn came.
  if (version.status === 'rejected' || version.passed_over) return;
  const reader = readerOf(version.type);
  const captions = version.type === 'video' ? await captionsOf(query, versionId) : undefined;
  const madeOf = captions?.sha256 ?? '';
  const known = version.reader === reader.name && version.reader_version === reader.version;
  // What held nothing to answer from may do so by now: somebody wants to know.
  const again = inProgress(version.status) && version.facts?.missing !== undefined;
  if (known && version.made_of === madeOf && !again) {
    if (version.status !== 'uploaded') return;
    // Rejected after it was read, and brought again: it waits for approval.
    const now = app.clock.now();
    await setStatus(query, version.source_id, 'processing', { now });
    await setStatus(query, version.source_id, 'embedded', { now });
    return;
  }

  if (!(await app.blobs.stat(version.blob_key))) {
    await reject(app, version, 'The stored file is missing. Please upload it again.');
    return;
  }
  await dropUnpublished(query, versionId);
  // A source that already answers goes on answering from its old version while the new one is read, and one that waits for approval may get it.
  if (!stands(version.status)) {
    await setStatus(query, version.source_id, 'processing', { now: app.clock.now() });
  }
  const signal = AbortSignal.any([cancelled, stint.begin(usualMs[version.type])]);
  let reported = 0;
  let reporting: Promise<unknown> = Promise.resolve();
  const report = (done: number, total: number) => {
    stint.progress(done, total);
    if (done < total && performance.now() - reported < progressEveryMs) return;
    reported = performance.now();
    reporting = reporting
      .then(() => setProgress(query, version.source_id, done, total))
      .catch((error: unknown) => app.log.warn({ err: error, versionId }, 'Progress could not be stored'));
  };

  const reading = { id: newId(), units: 0, fragments: 0 };
  let missing: string | undefined;
  const embedding = app.embedder && embedder(app, app.embedder, version.title, cancelled);
  await insertReading(query, {
    id: reading.id,
    versionId,
    reader: reader.name,
    readerVersion: reader.version,
    madeOf,
    now: app.clock.now(),
  });
  try {
    const { blob_key: blobKey, media_type: mediaType, filename, title } = version;
    const parts =
      version.type === 'video'
        ? readRecording({ ...app, transcriber: heardBy(app.transcriber, stint) }, readDocument, {
            blobKey,
            mediaType,
            filename,
            title,
            captions,
            signal,
            keepPoster: (await posterOf(query, versionId))
              ? undefined
              : (jpeg) => keepPoster(app, versionId, jpeg),
            onProgress: report,
          })
        : readDocument({
            bytes: await app.blobs.open(blobKey),
            type: version.type,
            filename,
            mediaType,
            title,
            signal,
            url: version.origin_url ?? undefined,
            onProgress: report,
            again: () => app.blobs.open(blobKey),
            ...(version.type === 'image' &&
              app.vision && { describe: seenBy(app, app.vision, versionId, stint) }),
          });
    // What is read is stored while the rest is being read: nobody sees it before it is published.
    for await (const part of parts) {
      if (part.kind === 'units') {
        reading.units += part.units.length;
        for (const units of chunks(part.units, rowsPerStatement)) {
          await insertUnits(
            query,
            units.map((unit) => ({ reading_id: reading.id, ...unit })),
          );
        }
      } else if (part.kind === 'fragments') {
        reading.fragments += part.fragments.length;
        embedding?.add(part.fragments);
        for (const drafts of chunks(part.fragments, rowsPerStatement)) {
          await insertFragments(
            query,
            drafts.map((draft) => toRow(draft, reading.id, version.title)),
          );
        }
      } else if (part.kind === 'facts') {
        missing = part.facts.missing ?? missing;
        await setFacts(query, reading.id, part.facts);
      } else await setSegment(query, reading.id, part.bytes);
    }
    // Published, it would take the place of a version that answers.
    const answers = version.reader !== null && version.facts?.missing === undefined;
    const waits = missing !== undefined && !stands(version.status) && !answers;
    if (reading.fragments === 0 && !waits) throw new Unreadable(missing ?? 'No text was found in this file.');
  } catch (error) {
    // Nobody may come back for what was read so far.
    const drops =
      error instanceof Unreadable || cancelled.reason === 'cancelled' || signal.reason instanceof MadeWay;
    await reporting;
    const mine = await (drops ? dropReading : readingIsThere)(query, reading.id);
    // A later job has begun the version anew, and goes on alone.
    if (!mine) return;
    if (!(error instanceof Unreadable)) throw error;
    await reject(app, version, error.message);
    return;
  }
  stint.keep();
  report(reading.units, reading.units);
  await Promise.all([reporting, embedding?.end()]);
  const waitsFor = reading.fragments === 0 ? missing : undefined;
  // Of captions that were changed meanwhile there is another job, which may have been faster.
  const publishNow = () =>
    app.db.transaction(async (trx) => {
      const now = version.type === 'video' ? await heldCaptionsOf(trx, versionId) : undefined;
      return (now?.sha256 ?? '') === madeOf && publish(trx, version, reading.id, app.clock.now(), waitsFor);
    });
  if (cancelled.reason === 'cancelled' || !(await publishNow())) {
    // Of a source that was deleted meanwhile, its removal has seen only what was there then.
    if (!(await versionToRead(query, versionId))) await emptyReading(app, reading.id);
    await dropReading(query, reading.id);
    return;
  }
  const { units, fragments } = reading;
  app.meter?.ingested(version.type, units);
  app.log.info({ versionId, sourceId: version.source_id, units, fragments }, 'A document was read');
}

/** What a model says of a picture. When it fails the image is read without, and the log says so. */
function seenBy(
  { log }: Pick<App, 'log'>,
  vision: Vision,
  versionId: string,
  stint: Stint,
): NonNullable<ReadOrder['describe']> {
  return async (picture, signal) => {
    stint.keep();
    try {
      return await vision.describe(picture, signal ?? new AbortController().signal);
    } catch (error) {
      if (!(error instanceof ModelFault) || signal?.aborted) throw error;
      log.warn({ err: error, kind: error.kind, versionId }, 'A picture was read without a description');
      return undefined;
    }
  };
}

/** A model that listens; whoever asked it is left to the end, since what it heard was paid for. */
function heardBy(transcriber: App['transcriber'], stint: Stint): App['transcriber'] {
  return (
    transcriber && {
      ...transcriber,
      transcribe(sound, signal) {
        stint.keep();
        return transcriber.transcribe(sound, signal);
      },
    }
  );
}

/** Ends a reading that failed again and again for reasons of ours, so that its source does not stay in progress for ever. */
export async function giveUp(app: Pick<App, 'db' | 'clock' | 'log'>, versionId: string): Promise<void> {
  const version = await versionToRead(app.db.query, versionId);
  if (!version) return dropUnpublished(app.db.query, versionId);
  const last = await unpublished(app.db.query, versionId);
  const answers = version.reader !== null && version.facts?.missing === undefined;
  if (version.reader !== null && !last && !inProgress(version.status)) return;
  const missing = last?.facts.missing;
  if (last && missing !== undefined && !stands(version.status) && !answers) {
    // Its bytes are good, and may be read by another try.
    const waits = (trx: Trx) => publish(trx, version, last.id, app.clock.now(), missing);
    if (await app.db.transaction(waits)) return;
  }
  app.log.error({ versionId, sourceId: version.source_id }, 'A document was given up: every try failed');
  await dropUnpublished(app.db.query, versionId);
  await reject(
    app,
    version,
    missing ?? 'Reading this file failed several times on our side. Please upload it again later.',
  );
}

async function reject(
  app: Pick<App, 'db' | 'clock' | 'log'>,
  { id, source_id }: { id: string; source_id: string },
  detail: string,
) {
  const { query } = app.db;
  const version = await versionToRead(query, id);
  if (!version) return;
  // The status is that of a newer one.
  if (version.passed_over) return;
  // What was read before stays as it is; that this failed is said beside it.
  if (
    stands(version.status) ||
    !(await setStatus(query, source_id, 'rejected', { detail, now: app.clock.now() }))
  )
    await setDetail(query, source_id, detail);
  app.log.info({ versionId: id, sourceId: source_id }, 'A document could not be read');
}

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
    embed_hash: embedHash(draft, title),
  };
}

function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
