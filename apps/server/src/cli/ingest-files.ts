import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRayniError, type RayniClient, type SourceProgress, toRayniError } from '@rayni/client';
import { fileFromPath } from '@rayni/client/node';
import { mostSources } from '@rayni/contract';
import { isTRPCClientError } from '@trpc/client';
import { captionsBeside, checksumOf } from './files.ts';
import type { Former, Place } from './former.ts';

/** What became of a file; `detail` is a plain sentence. */
export type Outcome = { kind: 'approved' | 'waiting' | 'unchanged' | 'failed'; detail: string };
/** How far a file is: bytes of an upload, pages of a reading (`total` 0 while unknown). */
export type Step = { doing: 'checking' | 'uploading' | 'reading'; done: number; total: number };

const patienceMs = 10 * 60_000;
const lookEveryMs = 400;

/** What all files of a run have in common; `taken` holds their checksums, `placeOf` says what each is to become. */
export type Run = {
  rayni: RayniClient;
  instrumentId: string;
  taken: Map<string, string>;
  placeOf: (file: string) => Place;
  signal: AbortSignal;
};

/**
 * Brings one file to an instrument and waits until it is read; the same bytes twice are one source, other bytes under the same name a new
 * version of it. Throws only for what would fail every file alike, and for an abort.
 */
export async function ingestFile(run: Run, file: string, onStep: (step: Step) => void): Promise<Outcome> {
  const { rayni, instrumentId, taken, signal } = run;
  try {
    onStep({ doing: 'checking', done: 0, total: 0 });
    const checksum = await checksumOf(file);
    const same = taken.get(checksum);
    if (same !== undefined) return { kind: 'unchanged', detail: `the same bytes as ${same}` };
    taken.set(checksum, file);
    const look = async (status?: 'archived') =>
      (await rayni.trpc.sources.list.query({ instrumentId, checksum, status }, { signal })).items;
    const items = await look();
    const there = items.find(({ status }) => status === 'approved' || status === 'embedded');
    if (there) return { kind: 'unchanged', detail: `unchanged, already there as "${there.title}"` };
    // Neither read nor rejected: an earlier run was stopped while the server went on with it.
    const begun = items.find(({ status }) => status !== 'rejected');
    if (begun) return await untilRead(rayni, begun.id, onStep, signal);
    const [archived] = await look('archived');
    if (archived)
      return { kind: 'unchanged', detail: `unchanged, archived as "${archived.title}": restore it instead` };
    // What was rejected is tried again as the source it is: the fault may have been ours, or is ours no more.
    const rejected = items[0]?.id;
    const place = rejected === undefined ? run.placeOf(file) : {};
    if (place.former) return await newVersion(run, file, checksum, place.former, onStep);
    const { sourceId } = await upload(run, file, rejected, onStep);
    return saying(await untilRead(rayni, sourceId, onStep, signal), place.note);
  } catch (error) {
    return failedOf(error, signal);
  }
}

/** What went wrong with one of several; throws what would fail every one alike, and for an abort. */
export function failedOf(error: unknown, signal: AbortSignal): Outcome {
  signal.throwIfAborted();
  const { code, message } = told(error) ?? fileError(error);
  // The same for every file: no use in saying it a hundred times.
  if (code === 'UNAVAILABLE' || code === 'UNAUTHENTICATED') throw error;
  return { kind: 'failed', detail: message };
}

/** What the server, or the way to it, said. */
const told = (error: unknown) =>
  isRayniError(error) || isTRPCClientError(error) ? toRayniError(error) : undefined;

const fileError = (error: unknown) => ({
  code: undefined,
  message: error instanceof Error ? error.message : String(error),
});

/** The outcome with a word about what the file became, if there is one. */
const saying = (outcome: Outcome, note: string | undefined): Outcome =>
  note === undefined ? outcome : { ...outcome, detail: `${outcome.detail}; ${note}` };

/** Brings a file as the next version of a document; for those who may not do that, as a document of its own. */
async function newVersion(
  run: Run,
  file: string,
  checksum: string,
  former: Former,
  onStep: (step: Step) => void,
): Promise<Outcome> {
  const { rayni, signal } = run;
  const { newest } = former;
  // An earlier run was stopped while the server went on with it, or found that it cannot be read: that is tried again.
  const [now] = await rayni.trpc.sources.progress.query({ ids: [former.id] }, { signal });
  const begun = newest.checksum === checksum && now?.status !== 'rejected' && now?.statusDetail === null;
  let versionId = newest.id;
  if (!begun)
    try {
      ({ versionId } = await upload(run, file, former.id, onStep));
    } catch (error) {
      if (told(error)?.code !== 'FORBIDDEN') throw error;
      const { sourceId } = await upload(run, file, undefined, onStep);
      const note = `a document of its own beside "${former.title}": only managers add new versions`;
      return saying(await untilRead(rayni, sourceId, onStep, signal), note);
    }
  const outcome = await untilRead(rayni, former.id, onStep, signal, versionId);
  return { ...outcome, detail: `new version of "${former.title}", ${outcome.detail}` };
}

async function upload(
  { rayni, instrumentId, signal }: Run,
  file: string,
  existing: string | undefined,
  onStep: (step: Step) => void,
): Promise<{ sourceId: string; versionId: string }> {
  const captions = await putCaptions(rayni, instrumentId, file, signal);
  return rayni.uploads.put(await fileFromPath(file), {
    instrumentId,
    ...(captions === undefined ? {} : { captions }),
    ...(existing === undefined ? {} : { sourceId: existing }),
    signal,
    onProgress: (done, total) => onStep({ doing: 'uploading', done, total }),
  });
}

/** Puts the captions that lie beside a recording, for them to be taken with it; the upload's id. */
async function putCaptions(
  rayni: RayniClient,
  instrumentId: string,
  file: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const captions = await captionsBeside(file);
  if (captions === undefined) return undefined;
  const body = await readFile(captions);
  const named = { filename: path.basename(captions), size: body.length, instrumentId };
  const { uploadId, url, headers } = await rayni.trpc.uploads.initiate.mutate(named, { signal });
  const put = await fetch(url, { method: 'PUT', headers, body, signal });
  if (!put.ok) throw new Error(`Its captions could not be stored (HTTP ${put.status}).`);
  return uploadId;
}

/** Waits until a source is read, or that version of it, or for ten minutes in which nothing happens. */
export async function untilRead(
  rayni: RayniClient,
  sourceId: string,
  onStep: (step: Step) => void,
  signal: AbortSignal,
  versionId?: string,
): Promise<Outcome> {
  let before = '';
  for (let moved = Date.now(); Date.now() - moved < patienceMs; ) {
    const [progress] = await rayni.trpc.sources.progress.query({ ids: [sourceId] }, { signal });
    const outcome = progress && outcomeOf(progress);
    if (outcome && (versionId === undefined || progress.status === 'rejected')) return outcome;
    if (outcome && versionId !== undefined) {
      const versions = await rayni.trpc.sources.versions.query({ sourceId, limit: mostSources }, { signal });
      if (versions.some(({ id, current }) => id === versionId && current)) return outcome;
      // The former one stands, and why the new one does not is said beside it.
      if (progress.status !== 'parsed' && progress.statusDetail !== null)
        return { kind: 'failed', detail: `rejected, the former one still answers: ${progress.statusDetail}` };
    }
    const now = JSON.stringify(progress);
    if (now !== before) moved = Date.now();
    before = now;
    if (progress) onStep({ doing: 'reading', done: progress.done, total: progress.total });
    await sleep(lookEveryMs, undefined, { signal });
  }
  return { kind: 'failed', detail: 'nothing happened for ten minutes; the server may still read it' };
}

function outcomeOf({ status, statusDetail, done, total }: SourceProgress): Outcome | undefined {
  const pages = total > 0 ? `, ${done} ${done === 1 ? 'page' : 'pages'}` : '';
  switch (status) {
    case 'approved':
      return { kind: 'approved', detail: `approved${pages}` };
    case 'embedded':
      return { kind: 'waiting', detail: `read${pages}, waits for approval` };
    case 'rejected':
      return { kind: 'failed', detail: `rejected: ${statusDetail ?? 'no reason given'}` };
    case 'parsed':
      return { kind: 'failed', detail: statusDetail ?? 'read, but there is nothing in it to answer from' };
    case 'archived':
      return { kind: 'failed', detail: 'archived meanwhile' };
    case 'uploaded':
    case 'processing':
      return undefined;
    default:
      return status satisfies never;
  }
}
