import { createHash } from 'node:crypto';
import type { Answer, AskInput, Citation, Conversation, EventsInput } from '@rayni/contract';
import { may, ownsTurn, stillOwned, type Viewer } from '../access/policy.ts';
import { requireInstrument } from '../access/require.ts';
import { instrumentFacts } from '../access/store.ts';
import { AppError, notFound } from '../errors.ts';
import type { Rayni } from '../live.ts';
import { accessRevoked } from './revoked.ts';
import { startAnswer } from './start.ts';
import {
  citationsOf,
  conversationById,
  newestTurnOf,
  recentTurns,
  requestCancel,
  turnById,
} from './store.ts';
import type { LoggedEvent } from './tails.ts';

/** The caller's own answer; what is not theirs is not there. */
export async function ownTurn({ app }: Pick<Rayni, 'app'>, viewer: Viewer, turnId: string) {
  const turn = await turnById(app.db.query, turnId);
  if (!turn || !ownsTurn(viewer, turn, app.clock.now())) throw notFound();
  return turn;
}

/** Replays and follows one answer from any sequence number; ends after `turn-end`, and only after it. */
export async function* readTurn(
  rayni: Pick<Rayni, 'app' | 'live'>,
  viewer: Viewer,
  input: EventsInput,
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent, void> {
  const turn = await ownTurn(rayni, viewer, input.turnId);
  const after = Math.max(0, Number.parseInt(input.lastEventId ?? '', 10) || 0);
  const { id, instrument_id: instrumentId } = turn;
  const gone = async () => {
    const facts = await instrumentFacts(rayni.app.db.query, viewer, instrumentId);
    return !facts || !may(viewer, 'read', facts);
  };
  yield* whileReadable(rayni, viewer, { turnId: id, instrumentId, after, gone }, signal);
}

/** Follows a log until its end or until the right to read it ends, which is told as the last event; `gone` is asked once the right is watched. */
async function* whileReadable(
  { live }: Pick<Rayni, 'live'>,
  viewer: Viewer,
  of: { turnId: string; instrumentId: string; after: number; gone?: () => Promise<boolean> },
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent, void> {
  const lost = new AbortController();
  const unwatch = live.rights.watch(viewer, of.instrumentId, () => lost.abort());
  let seen = of.after;
  try {
    if (await of.gone?.()) lost.abort();
    for await (const logged of live.tails.read(of.turnId, seen, AbortSignal.any([signal, lost.signal]))) {
      if (lost.signal.aborted) break;
      seen = logged.seq;
      yield logged;
      if (logged.event.type === 'turn-end') return;
    }
    if (lost.signal.aborted && !signal.aborted) yield { seq: seen + 1, event: revoked };
  } finally {
    unwatch();
  }
}

const revoked: LoggedEvent['event'] = {
  type: 'turn-end',
  ...accessRevoked,
  length: 0,
  sha256: createHash('sha256').update('').digest('hex'),
  citations: [],
};

/** Asks and waits for the end. */
export async function ask(
  rayni: Rayni,
  viewer: Viewer,
  input: AskInput,
  signal: AbortSignal,
): Promise<Answer> {
  const started = await startAnswer(rayni, viewer, input);
  const { turnId } = started;
  const of = { turnId, instrumentId: input.instrumentId, after: 0 };
  for await (const { event } of whileReadable(rayni, viewer, of, signal)) {
    // Every event is in the log; the stored answer is read once, at the end.
    if (event.type === 'turn-end' && event.reason === 'access_revoked')
      throw new AppError('FORBIDDEN', accessRevoked.notice);
  }
  return answerOf(rayni, started.turnId);
}

/** The stored answer with its Proofs. */
async function answerOf({ app }: Pick<Rayni, 'app'>, turnId: string): Promise<Answer> {
  const turn = await turnById(app.db.query, turnId);
  if (!turn) throw notFound();
  const citations = await citationsOf(app.db.query, [turnId]);
  return {
    sessionId: turn.conversation_id,
    userTurnId: turn.user_turn_id,
    turnId,
    status: turn.status,
    reason: turn.reason,
    ...(turn.code ? { code: turn.code } : {}),
    text: turn.text,
    notice: turn.notice,
    citations: citations.get(turnId) ?? [],
  };
}

/** Stops an answer for all its readers, and is done when nothing can follow in this process; one that is already over stays as it is. */
export async function cancelTurn(rayni: Rayni, viewer: Viewer, turnId: string): Promise<void> {
  await ownTurn(rayni, viewer, turnId);
  await requestCancel(rayni.app.db.query, turnId, rayni.app.clock.now());
  const running = rayni.live.running.get(turnId);
  running?.abort.abort('cancelled');
  await running?.over;
}

/** The Proofs of an answer on an instrument the caller may still read; the id of a user turn finds its newest answer. */
export async function citationsOfTurn(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  id: string,
): Promise<Citation[]> {
  const newest = await newestTurnOf(rayni.app.db.query, id);
  const turn = await ownTurn(rayni, viewer, newest?.id ?? id);
  await requireInstrument(rayni.app, viewer, turn.instrument_id, 'read');
  return (await citationsOf(rayni.app.db.query, [turn.id])).get(turn.id) ?? [];
}

const historyLimit = 200;

/** A conversation of the caller, on an instrument they may still read, with those of its last 200 turns that are still theirs, oldest first. */
export async function conversationOf(
  { app }: Pick<Rayni, 'app'>,
  viewer: Viewer,
  sessionId: string,
): Promise<Conversation> {
  const conversation = await conversationById(app.db.query, sessionId);
  const owner = conversation && { viewer_key: conversation.viewer_key, created_at: conversation.updated_at };
  const now = app.clock.now();
  if (!owner || !ownsTurn(viewer, owner, now)) throw notFound();
  await requireInstrument(app, viewer, conversation.instrument_id, 'read');
  const all = await recentTurns(app.db.query, sessionId, historyLimit);
  const turns = stillOwned(viewer, all, now);
  const citations = await citationsOf(
    app.db.query,
    turns.map((turn) => turn.turnId),
  );
  return {
    sessionId,
    instrumentId: conversation.instrument_id,
    title: conversation.title,
    turns: turns.map((turn) => ({ ...turn, citations: citations.get(turn.turnId) ?? [] })),
  };
}
