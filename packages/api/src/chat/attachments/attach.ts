import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type {
  Answer,
  AttachInput,
  SourceStatus,
  AttachmentInitiateInput,
  SignedUpload,
} from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import { requireInstrument } from '../../access/require.ts';
import type { App, Trx } from '../../app.ts';
import { AppError, notFound } from '../../errors.ts';
import { newId } from '../../ids.ts';
import type { Rayni } from '../../live.ts';
import { discardUploads, ownUploads, receiveUpload, takeUploads } from '../../uploads/take.ts';
import { beginUpload, type Upload } from '../../uploads/uploads.ts';
import { knownAnswer, requireRoom, requireSession, startAnswer, titleOf } from '../start.ts';
import { conversationById } from '../store.ts';
import { whole } from '../turns.ts';
import { filesBehind, insertConversation, lockForFiles } from './store.ts';

/** From the call, when all files have come, to the end of the answer. */
export const attachMs = 60_000;
/** Files one conversation may hold: its index is built whenever it is asked in. */
export const mostInConversation = 30;
/** What somebody may bring who has not signed in. */
export const guestLimits = { files: 3, bytes: 50 * 2 ** 20 };
const lookEveryMs = 150;

const maxBytesOf = ({ settings }: Pick<Rayni, 'settings'>, viewer: Viewer) =>
  viewer.kind === 'guest' ? Math.min(settings.maxUploadBytes, guestLimits.bytes) : settings.maxUploadBytes;

/** A URL for one PUT of one file that is going to be attached, for every reader of the instrument, guests too. */
export async function initiateAttachment(
  rayni: Pick<Rayni, 'app' | 'settings'>,
  viewer: Viewer,
  input: AttachmentInitiateInput,
): Promise<SignedUpload> {
  const action = input.ingest ? 'manage' : 'read';
  if (input.instrumentId) await requireInstrument(rayni.app, viewer, input.instrumentId, action);
  return beginUpload(rayni.app, viewer, input, maxBytesOf(rayni, viewer));
}

/** Keeps the bytes of a file that is going to be attached and came to this server instead of its signed address. */
export async function receiveAttachment(
  rayni: Pick<Rayni, 'app' | 'settings'>,
  viewer: Viewer,
  uploadId: string,
  bytes: Readable,
): Promise<void> {
  await receiveUpload(rayni.app, viewer, uploadId, bytes, maxBytesOf(rayni, viewer));
}

/** Forgets files that were not attached after all. */
export async function discardAttachments(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  uploadIds: string[],
): Promise<void> {
  await discardUploads(rayni.app, viewer, uploadIds);
}

/**
 * Makes the uploaded files part of the conversation (with `ingest` of the instrument's library instead, for managers), waits until they are
 * read, asks, and waits for the answer, which says which files could not be read. All within 60 s, else TIMEOUT: the files stay, and asking
 * again in the conversation, or the same again, goes on from there. A file of a kind that cannot be read refuses them all, before anything is
 * stored.
 */
export async function attach(
  rayni: Rayni,
  viewer: Viewer,
  input: AttachInput,
  signal: AbortSignal,
  patienceMs = attachMs,
): Promise<Answer> {
  const { app } = rayni;
  const { instrumentId, question, clientKey, ingest } = input;
  const patience = AbortSignal.timeout(patienceMs);
  const waiting = AbortSignal.any([signal, patience]);
  await requireInstrument(app, viewer, instrumentId, ingest ? 'manage' : 'read');
  const uploadIds = [...new Set(input.uploadIds)];
  if (viewer.kind === 'guest' && uploadIds.length > guestLimits.files)
    throw new AppError('BAD_REQUEST', `Sign in to attach more than ${guestLimits.files} files.`);

  const hashed = [instrumentId, question, input.sessionId ?? null, uploadIds, ingest];
  const known = clientKey ? await knownAnswer(rayni, viewer, clientKey, hashed) : undefined;
  if (known) return inTime(await whole(rayni, viewer, known, waiting), patience);
  if (input.sessionId)
    requireSession(rayni, viewer, await conversationById(app.db.query, input.sessionId), instrumentId);
  requireRoom(rayni, viewer);

  const { sessionId, sourceIds } = await take(rayni, viewer, input, uploadIds);
  const notice = await whenRead(app, sourceIds, waiting);
  if (notice === 'not yet') throw stillReading(ingest ? undefined : sessionId);
  const asked = { instrumentId, question, clientKey, sessionId };
  const started = await startAnswer(rayni, viewer, asked, { notice: notice || undefined, hashed });
  return inTime(await whole(rayni, viewer, started, waiting), patience);
}

/** The conversation and the sources of these uploads; those that were taken before, by the same call perhaps, are not taken again. */
async function take(
  rayni: Pick<Rayni, 'app' | 'settings'>,
  viewer: Viewer,
  input: AttachInput,
  uploadIds: string[],
): Promise<{ sessionId: string | undefined; sourceIds: string[] }> {
  const { app } = rayni;
  const { instrumentId, ingest } = input;
  for (;;) {
    const uploads = await ownUploads(app, viewer, uploadIds);
    const session = await sessionOf(app, uploads, input);
    const taken = uploads.flatMap(({ source_id: id }) => id ?? []);
    const fresh = uploads.filter(({ source_id: id }) => id === null);
    if (fresh.length === 0) return { sessionId: session, sourceIds: taken };
    const conversationId = ingest ? null : (session ?? newId());
    const place = async (trx: Trx) => {
      if (conversationId === null) return;
      if (session === undefined) {
        const title = titleOf(input.question);
        const now = app.clock.now();
        await insertConversation(trx, {
          id: conversationId,
          viewerKey: viewer.key,
          instrumentId,
          title,
          now,
        });
        return;
      }
      const files = await lockForFiles(trx, conversationId);
      if (files === undefined) throw notFound();
      if (files + fresh.length > mostInConversation)
        throw new AppError('BAD_REQUEST', `A conversation holds ${mostInConversation} files at most.`);
    };
    const maxBytes = maxBytesOf(rayni, viewer);
    const made = await takeUploads(app, viewer, fresh, { instrumentId, conversationId }, maxBytes, place);
    if (made) return { sessionId: conversationId ?? session, sourceIds: [...taken, ...made] };
  }
}

/** The conversation to ask in: the one that was named, or the one an earlier call with these uploads began. */
async function sessionOf(
  app: Pick<App, 'db'>,
  uploads: Upload[],
  { instrumentId, sessionId, ingest }: AttachInput,
): Promise<string | undefined> {
  if (uploads.some((upload) => upload.instrument_id && upload.instrument_id !== instrumentId))
    throw new AppError('BAD_REQUEST', 'A file was uploaded for another instrument.');
  const before = await filesBehind(
    app.db.query,
    uploads.flatMap(({ source_id: id }) => id ?? []),
  );
  if (before.some((file) => file.deleted_at !== null)) throw notFound();
  const [first] = before;
  const wanted = ingest ? null : (sessionId ?? first?.conversation_id);
  const fits = (file: (typeof before)[number]) =>
    file.instrument_id === instrumentId &&
    file.conversation_id === wanted &&
    (ingest || file.conversation_id !== null);
  const other = before.find((file) => !fits(file));
  if (other) throw new AppError('CONFLICT', `"${other.filename}" was used already. Upload it again.`);
  return ingest ? sessionId : (wanted ?? undefined);
}

/** `parsed`: there is nothing to answer from yet, and why is said beside it. */
const over: ReadonlySet<SourceStatus> = new Set(['approved', 'rejected', 'parsed']);

/** What is to be said of the files once all are read; `not yet` when the signal fires before. */
async function whenRead(app: Pick<App, 'db'>, sourceIds: string[], signal: AbortSignal): Promise<string> {
  for (;;) {
    const files = await filesBehind(app.db.query, sourceIds);
    if (files.every(({ status, deleted_at: deleted }) => deleted || over.has(status)))
      return files
        .filter(({ status }) => status !== 'approved')
        .map((file) => `"${file.filename}" could not be read: ${file.status_detail ?? 'no reason is known.'}`)
        .join(' ');
    try {
      await sleep(lookEveryMs, undefined, { signal });
    } catch {
      return 'not yet';
    }
  }
}

function stillReading(sessionId: string | undefined): AppError {
  if (sessionId === undefined)
    return new AppError(
      'TIMEOUT',
      "The files are still being read. Ask again in a minute: they will be among the instrument's documents.",
    );
  return new AppError(
    'TIMEOUT',
    `The files are still being read. Ask again in a minute in the conversation ${sessionId}: it will use them.`,
    { fields: { sessionId: [sessionId] } },
  );
}

/** The answer, if it has ended. */
function inTime(answer: Answer, patience: AbortSignal): Answer {
  if (answer.reason !== null || !patience.aborted) return answer;
  throw new AppError(
    'TIMEOUT',
    `The answer is still being written. It can be read in the conversation ${answer.sessionId}.`,
    { fields: { sessionId: [answer.sessionId] } },
  );
}
