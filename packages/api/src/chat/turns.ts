import { createHash } from 'node:crypto';
import type {
  Answer,
  AskInput,
  Citation,
  Conversation,
  EventsInput,
  RegenerateInput,
  Started,
  Turn,
} from '@rayni/contract';
import { stillOwned, type Viewer } from '../access/policy.ts';
import { requireInstrument } from '../access/require.ts';
import type { Lost } from '../access/rights.ts';
import { AppError, notFound } from '../errors.ts';
import type { Rayni } from '../live.ts';
import { ownAnswer, ownConversation, ownTurn } from './own.ts';
import { isOver, replay } from './replay/replay.ts';
import { accessRevoked, signedOut } from './revoked.ts';
import { regenerateAnswer, startAnswer } from './start.ts';
import { citationsOf, recentTurns, requestCancel, turnById, versionsOf } from './store.ts';
import type { LoggedEvent } from './tails.ts';
import { cancelClaimed } from './take-over.ts';

/** Replays and follows one answer from any sequence number; ends after `turn-end`, and only after it. */
export function readTurn(
  rayni: Pick<Rayni, 'app' | 'live'>,
  viewer: Viewer,
  input: EventsInput,
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent, void> {
  const after = Math.max(0, Number.parseInt(input.lastEventId ?? '', 10) || 0);
  const running = rayni.live.running.get(input.turnId);
  if (running && running.owner === viewer.key && !running.abort.signal.aborted) {
    // It is written here for this caller, and stopped when they lose their right: only how they came is still to be looked at.
    const ask = viewer.kind === 'member';
    const { instrumentId } = running;
    return whileReadable(rayni, viewer, { turnId: input.turnId, instrumentId, after, ask }, signal);
  }
  return readStored(rayni, viewer, { turnId: input.turnId, after }, signal);
}

async function* readStored(
  rayni: Pick<Rayni, 'app' | 'live'>,
  viewer: Viewer,
  { turnId, after }: { turnId: string; after: number },
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent, void> {
  const turn = await ownTurn(rayni, viewer, turnId);
  const over = isOver(turn) ? replay(rayni.app, turn, after) : undefined;
  const of = { turnId: turn.id, instrumentId: turn.instrument_id, after, ask: true, over };
  yield* whileReadable(rayni, viewer, of, signal);
}

/**
 * Follows a log (or `over`, the events of one that is complete) until its end or until the right to read it ends or what the reader came by,
 * which is told as the last event; `ask`: either may be gone already.
 */
async function* whileReadable(
  { live }: Pick<Rayni, 'live'>,
  viewer: Viewer,
  of: {
    turnId: string;
    instrumentId: string;
    after: number;
    ask?: boolean;
    over?: AsyncGenerator<LoggedEvent, void> | undefined;
  },
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent, void> {
  // Not `AbortSignal.any`: with 1,000 streams looking at composed signals took 0.7 of 30 s of processor time.
  const over = new AbortController();
  const leave = () => over.abort();
  signal.addEventListener('abort', leave, { once: true });
  let why: Lost | undefined;
  const end = (what: Lost) => {
    why ??= what;
    over.abort();
  };
  const unwatch = live.rights.watch(viewer, of.instrumentId, end);
  let seen = of.after;
  try {
    const lacks = of.ask && (await live.rights.lacks(viewer, of.instrumentId));
    if (lacks) end(lacks);
    if (signal.aborted) leave();
    for await (const logged of of.over ?? live.tails.read(of.turnId, seen, over.signal)) {
      if (signal.aborted) return;
      if (over.signal.aborted) break;
      seen = logged.seq;
      yield logged;
      if (logged.event.type === 'turn-end') return;
    }
    if (why && !signal.aborted) yield { seq: seen + 1, event: ended[why] };
  } finally {
    signal.removeEventListener('abort', leave);
    unwatch();
  }
}

const nothing = {
  type: 'turn-end' as const,
  length: 0,
  sha256: createHash('sha256').update('').digest('hex'),
  citations: [],
};
const ended: Record<Lost, LoggedEvent['event']> = {
  right: { ...nothing, ...accessRevoked },
  entry: { ...nothing, ...signedOut },
};

/** Asks and waits for the end. */
export async function ask(
  rayni: Rayni,
  viewer: Viewer,
  input: AskInput,
  signal: AbortSignal,
): Promise<Answer> {
  return whole(rayni, viewer, await startAnswer(rayni, viewer, input), signal);
}

/** Asks an answered question again and waits for the end of the new answer. */
export async function regenerate(
  rayni: Rayni,
  viewer: Viewer,
  input: RegenerateInput,
  signal: AbortSignal,
): Promise<Answer> {
  return whole(rayni, viewer, await regenerateAnswer(rayni, viewer, input), signal);
}

/** The answer that was begun, when it has ended; FORBIDDEN when the right to read it ends before that, UNAUTHENTICATED when the caller is signed out. */
export async function whole(
  rayni: Pick<Rayni, 'app' | 'live'>,
  viewer: Viewer,
  { turnId }: Pick<Started, 'turnId'>,
  signal: AbortSignal,
): Promise<Answer> {
  // Like any other reader: asked before under the same key, it may be over, and its log or its conversation gone.
  for await (const { event } of readTurn(rayni, viewer, { turnId }, signal)) {
    // Every event is in the log; the stored answer is read once, at the end.
    if (event.type === 'turn-end' && event.reason === 'access_revoked')
      throw new AppError(event.code ?? accessRevoked.code, event.notice ?? accessRevoked.notice);
  }
  return answerOf(rayni, turnId);
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

/** How long another process may take to stop an answer itself, with what it has shown, before it is stopped for it. */
const cancelGraceMs = 2_000;

/**
 * Stops an answer for all its readers, whichever process produces it or none; done when nothing can follow, within 3 seconds. One that is
 * already over stays as it is.
 */
export async function cancelTurn(rayni: Rayni, viewer: Viewer, turnId: string): Promise<void> {
  const { app, live } = rayni;
  const turn = await ownTurn(rayni, viewer, turnId);
  if (isOver(turn)) return;
  await requestCancel(app.db.query, turnId, app.clock.now());
  const running = live.running.get(turnId);
  if (running) {
    running.abort.abort('cancelled');
    await running.over;
  } else if (turn.lease_until && turn.lease_until > app.clock.now()) {
    await live.wakeUps.cancel(turnId);
    for await (const { event } of live.tails.read(turnId, 0, AbortSignal.timeout(cancelGraceMs))) {
      if (event.type === 'turn-end') return;
    }
  }
  await cancelClaimed(rayni, turnId);
}

/** The Proofs of an answer on an instrument the caller may still read; the id of a user turn finds its newest answer. */
export async function citationsOfTurn(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  id: string,
): Promise<Citation[]> {
  const turn = await ownAnswer(rayni, viewer, id);
  await requireInstrument(rayni.app, viewer, turn.instrument_id, 'read');
  return (await citationsOf(rayni.app.db.query, [turn.id])).get(turn.id) ?? [];
}

/** Every answer to one question that is still the caller's, oldest first, each with its Proofs; any of them finds the others. */
export async function versionsOfTurn(rayni: Pick<Rayni, 'app'>, viewer: Viewer, id: string): Promise<Turn[]> {
  const { app } = rayni;
  const turn = await ownAnswer(rayni, viewer, id);
  await requireInstrument(app, viewer, turn.instrument_id, 'read');
  const all = await versionsOf(app.db.query, turn.user_turn_id);
  return withCitations(rayni, stillOwned(viewer, all, app.clock.now()));
}

const historyLimit = 200;

/** A conversation of the caller, on an instrument they may still read, with those of its last 200 turns that are still theirs, oldest first. */
export async function conversationOf(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  sessionId: string,
): Promise<Conversation> {
  const { app } = rayni;
  const { instrument_id: instrumentId, title } = await ownConversation(rayni, viewer, sessionId);
  await requireInstrument(app, viewer, instrumentId, 'read');
  const all = await recentTurns(app.db.query, sessionId, historyLimit);
  const turns = await withCitations(rayni, stillOwned(viewer, all, app.clock.now()));
  return { sessionId, instrumentId, title, turns };
}

async function withCitations({ app }: Pick<Rayni, 'app'>, turns: Omit<Turn, 'citations'>[]): Promise<Turn[]> {
  const citations = await citationsOf(
    app.db.query,
    turns.map((turn) => turn.turnId),
  );
  return turns.map((turn) => ({ ...turn, citations: citations.get(turn.turnId) ?? [] }));
}
