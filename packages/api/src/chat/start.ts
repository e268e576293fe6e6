import { createHash } from 'node:crypto';
import type { RegenerateInput, StartInput, Started } from '@rayni/contract';
import { callerOf, keysOf, type Viewer } from '../access/policy.ts';
import { requireInstrument } from '../access/require.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Rayni } from '../live.ts';
import { insertQuestion, insertVersion, recentTwin, turnByKey, type Twin } from './asking/store.ts';
import { leaseMs } from './log.ts';
import { ownAnswer, requireOwn } from './own.ts';
import { type Claimed, runAnswer } from './run.ts';
import { conversationById } from './store.ts';

/** No answer takes longer than this, whatever happens. */
export const deadlineMs = 5 * 60_000;

/** Of two equal questions the second is a double click if it comes so soon after the first, and not long after the end of its answer. */
const twinMs = { asked: 10_000, ended: 3_000 };

/** What a question brings beside its words. */
export type Beside = {
  /** To be said beside the answer, whatever it will be. */
  notice?: string | undefined;
  /** What makes it the same request under the same key; the question itself without it. */
  hashed?: readonly unknown[] | undefined;
};

/**
 * Stores the question and its empty answer and sets this process to answering; returns before the first word. The same `clientKey`
 * again returns the same answer, without asking again; another request under it is a CONFLICT. RATE_LIMITED while as many answers of
 * this caller as are allowed are still being written here.
 */
export async function startAnswer(
  rayni: Rayni,
  viewer: Viewer,
  input: StartInput,
  beside: Beside = {},
): Promise<Started> {
  const { app } = rayni;
  const requestHash = hashOf(beside.hashed ?? [input.instrumentId, input.question, input.sessionId ?? null]);
  // Side by side, which is faster; but a refusal comes before anything that was found.
  const [facts, known, conversation] = await Promise.all([
    requireInstrument(app, viewer, input.instrumentId, 'read'),
    input.clientKey ? turnByKey(app.db.query, keysOf(viewer), input.clientKey) : undefined,
    input.sessionId ? conversationById(app.db.query, input.sessionId) : undefined,
  ]);
  if (known) return same(known, requestHash);
  if (input.sessionId) requireSession(rayni, viewer, conversation, input.instrumentId);

  const { clientKey, question, instrumentId } = input;
  const now = app.clock.now().getTime();
  const joins =
    input.joinRecent === true && clientKey === undefined
      ? {
          viewerKey: viewer.key,
          requestHash,
          askedAfter: new Date(now - twinMs.asked),
          endedAfter: new Date(now - twinMs.ended),
        }
      : undefined;
  const ids: Started = { sessionId: input.sessionId ?? newId(), userTurnId: newId(), turnId: newId() };
  const submit = { clientKey, requestHash, turnId: ids.turnId };
  const twin = joins && (() => recentTwin(app.db.query, joins));
  return begin(rayni, viewer, { ...submit, twin }, async (times) => {
    const stored = {
      conversationId: ids.sessionId,
      newConversation: input.sessionId ? undefined : { instrumentId, title: titleOf(question) },
      userTurnId: ids.userTurnId,
      turnId: ids.turnId,
      viewerKey: viewer.key,
      viewerKeys: keysOf(viewer),
      clientKey,
      requestHash,
      question,
      notice: beside.notice,
      ...times,
    };
    // Two clicks at the same moment, perhaps on two processes: the second waits in there for the first.
    const first = await insertQuestion(app.db.query, stored, joins);
    if ('twin' in first) return { twin: startedOf(first.twin) };
    return {
      first,
      userTurnId: ids.userTurnId,
      conversationId: ids.sessionId,
      instrumentId,
      question,
      notice: beside.notice,
      instrument: facts,
      continued: input.sessionId !== undefined,
    };
  });
}

/**
 * Asks an answered question again, with fresh retrieval: a new answer under the same question, while the former ones stay as they are.
 * `turnId` is any answer to it, or the question itself. The same `clientKey` again returns the same new answer; CONFLICT while the newest
 * one is still being written.
 */
export async function regenerateAnswer(
  rayni: Rayni,
  viewer: Viewer,
  { turnId: id, clientKey }: RegenerateInput,
): Promise<Started> {
  const { app } = rayni;
  const asked = await ownAnswer(rayni, viewer, id);
  const facts = await requireInstrument(app, viewer, asked.instrument_id, 'read');
  const { user_turn_id: userTurnId, conversation_id: conversationId } = asked;
  const requestHash = hashOf(['regenerate', userTurnId]);
  const known = clientKey ? await turnByKey(app.db.query, keysOf(viewer), clientKey) : undefined;
  if (known) return same(known, requestHash);
  const turnId = newId();
  return begin(rayni, viewer, { clientKey, requestHash, turnId }, async (times) => {
    const by = { viewerKey: viewer.key, viewerKeys: keysOf(viewer) };
    const version = { conversationId, userTurnId, turnId, ...by, clientKey, requestHash };
    const first = await app.db.transaction((trx) => insertVersion(trx, { ...version, ...times }));
    if (!first) throw new AppError('CONFLICT', 'This question is being answered right now.');
    return {
      first,
      userTurnId,
      conversationId,
      instrumentId: asked.instrument_id,
      question: asked.question,
      instrument: facts,
      continued: true,
    };
  });
}

/**
 * Stores a new answer by `store` (or finds that it is being answered already) and sets this process to writing it. Of two submits of one key at the same moment the second meets the
 * unique index and answers like the first.
 */
async function begin(
  rayni: Rayni,
  viewer: Viewer,
  submit: {
    clientKey: string | undefined;
    requestHash: string;
    turnId: string;
    twin?: (() => Promise<Twin | undefined>) | undefined;
  },
  store: (times: {
    now: Date;
    leaseUntil: Date;
    deadlineAt: Date;
  }) => Promise<Omit<Claimed, 'turnId' | 'epoch' | 'attempt' | 'viewer' | 'deadlineAt'> | { twin: Started }>,
): Promise<Started> {
  const { app, live } = rayni;
  const { clientKey, requestHash, turnId } = submit;
  const slot = `${viewer.key} ${clientKey ?? turnId}`;
  const now = app.clock.now();
  const deadlineAt = new Date(now.getTime() + deadlineMs);
  let stored: Awaited<ReturnType<typeof store>>;
  try {
    requireRoom(rayni, viewer, slot);
    live.starting.set(slot, callerOf(viewer));
    stored = await store({ now, leaseUntil: new Date(now.getTime() + leaseMs), deadlineAt });
  } catch (error) {
    const first = clientKey ? await turnByKey(app.db.query, keysOf(viewer), clientKey) : undefined;
    if (first) return same(first, requestHash);
    // A double click begins nothing, so it needs no room either.
    const twin = await submit.twin?.();
    if (twin) return startedOf(twin);
    throw error;
  } finally {
    live.starting.delete(slot);
  }
  if ('twin' in stored) return stored.twin;
  runAnswer(rayni, { ...stored, turnId, epoch: 1, attempt: 1, viewer, deadlineAt });
  return { sessionId: stored.conversationId, userTurnId: stored.userTurnId, turnId };
}

/** The conversation that was found, if it is the caller's and about this instrument. */
export function requireSession(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  conversation: Awaited<ReturnType<typeof conversationById>>,
  instrumentId: string,
): void {
  if (requireOwn(rayni, viewer, conversation).instrument_id === instrumentId) return;
  throw new AppError('BAD_REQUEST', 'This conversation is about another instrument.', {
    fields: { sessionId: ['Belongs to another instrument.'] },
  });
}

/** The answer this caller began under that key; CONFLICT when it was for another request. */
export async function knownAnswer(
  { app }: Pick<Rayni, 'app'>,
  viewer: Viewer,
  clientKey: string,
  hashed: readonly unknown[],
): Promise<Started | undefined> {
  const known = await turnByKey(app.db.query, keysOf(viewer), clientKey);
  return known && same(known, hashOf(hashed));
}

/** What a conversation is called until somebody renames it. */
export const titleOf = (question: string): string => question.slice(0, 120);

/** RATE_LIMITED while as many answers of this caller as are allowed are being written here. */
export function requireRoom({ live, settings }: Rayni, viewer: Viewer, slot = ''): void {
  const caller = callerOf(viewer);
  const running = [...live.running.values()].filter(({ viewerKey }) => viewerKey === caller);
  const starting = [...live.starting].filter(([other, key]) => key === caller && other !== slot);
  if (running.length + starting.length < settings.answersAtOnce) return;
  throw new AppError(
    'RATE_LIMITED',
    `${settings.answersAtOnce} of your answers are still being written. Wait for one to end, or cancel it.`,
  );
}

function same(
  known: { id: string; user_turn_id: string; conversation_id: string; request_hash: string },
  requestHash: string,
): Started {
  if (known.request_hash !== requestHash) {
    throw new AppError(
      'CONFLICT',
      'This key was used for another question. Make a new key for each question.',
    );
  }
  return startedOf(known);
}

const startedOf = (turn: Twin): Started => ({
  sessionId: turn.conversation_id,
  userTurnId: turn.user_turn_id,
  turnId: turn.id,
});

const hashOf = (parts: readonly unknown[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
