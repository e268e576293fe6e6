import { createHash } from 'node:crypto';
import type { AskInput, Started } from '@rayni/contract';
import { ownsTurn, type Viewer } from '../access/policy.ts';
import { requireInstrument } from '../access/require.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Rayni } from '../live.ts';
import { leaseMs } from './log.ts';
import { runAnswer } from './run.ts';
import { conversationById, insertQuestion, turnByKey } from './store.ts';
import type { LoggedEvent } from './tails.ts';

/** No answer takes longer than this, whatever happens. */
export const deadlineMs = 5 * 60_000;

/**
 * Stores the question and its empty answer and sets this process to answering; returns before the first word. The same `clientKey`
 * again returns the same answer, without asking again; another request under it is a CONFLICT. RATE_LIMITED while as many answers of
 * this caller as are allowed are still being written here.
 */
export async function startAnswer(rayni: Rayni, viewer: Viewer, input: AskInput): Promise<Started> {
  const { app, live } = rayni;
  const requestHash = hashOf(input);
  // Side by side, which is faster; but a refusal comes before anything that was found.
  const [facts, known, conversation] = await Promise.all([
    requireInstrument(app, viewer, input.instrumentId, 'read'),
    input.clientKey ? turnByKey(app.db.query, viewer.key, input.clientKey) : undefined,
    input.sessionId ? conversationById(app.db.query, input.sessionId) : undefined,
  ]);
  if (known) return same(known, requestHash);

  const now = app.clock.now();
  if (input.sessionId) {
    const owner = conversation && {
      viewer_key: conversation.viewer_key,
      created_at: conversation.updated_at,
    };
    if (!owner || !ownsTurn(viewer, owner, now)) throw notFound();
    if (conversation.instrument_id !== input.instrumentId) {
      throw new AppError('BAD_REQUEST', 'This conversation is about another instrument.', {
        fields: { sessionId: ['Belongs to another instrument.'] },
      });
    }
  }
  const ids: Started = { sessionId: input.sessionId ?? newId(), userTurnId: newId(), turnId: newId() };
  const deadlineAt = new Date(now.getTime() + deadlineMs);
  const slot = `${viewer.key} ${input.clientKey ?? ids.turnId}`;
  let first: LoggedEvent;
  try {
    requireRoom(rayni, viewer, slot);
    live.starting.set(slot, viewer.key);
    first = await insertQuestion(app.db.query, {
      conversationId: ids.sessionId,
      newConversation: input.sessionId
        ? undefined
        : { instrumentId: input.instrumentId, title: input.question.slice(0, 120) },
      userTurnId: ids.userTurnId,
      turnId: ids.turnId,
      viewerKey: viewer.key,
      clientKey: input.clientKey,
      requestHash,
      question: input.question,
      now,
      leaseUntil: new Date(now.getTime() + leaseMs),
      deadlineAt,
    });
  } catch (error) {
    // Two submits of one key at the same moment: the second meets the unique index and answers like the first.
    const first = input.clientKey ? await turnByKey(app.db.query, viewer.key, input.clientKey) : undefined;
    if (first) return same(first, requestHash);
    throw error;
  } finally {
    live.starting.delete(slot);
  }
  runAnswer(rayni, {
    turnId: ids.turnId,
    userTurnId: ids.userTurnId,
    conversationId: ids.sessionId,
    instrumentId: input.instrumentId,
    question: input.question,
    indexVersion: facts.indexVersion,
    continued: input.sessionId !== undefined,
    epoch: 1,
    attempt: 1,
    viewer,
    deadlineAt,
    first,
  });
  return ids;
}

function requireRoom({ live, settings }: Rayni, viewer: Viewer, slot: string): void {
  const running = [...live.running.values()].filter(({ viewerKey }) => viewerKey === viewer.key);
  const starting = [...live.starting].filter(([other, key]) => key === viewer.key && other !== slot);
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
  return { sessionId: known.conversation_id, userTurnId: known.user_turn_id, turnId: known.id };
}

const hashOf = (input: AskInput) =>
  createHash('sha256')
    .update(JSON.stringify([input.instrumentId, input.question, input.sessionId ?? null]))
    .digest('hex');
