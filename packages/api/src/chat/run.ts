import { createHash } from 'node:crypto';
import type { ChatEvent, Citation, TurnEnd } from '@rayni/contract';
import { callerOf, lasting, stillOwned, type Viewer } from '../access/policy.ts';
import { AppError } from '../errors.ts';
import type { App } from '../app.ts';
import type { Rayni } from '../live.ts';
import { type AnswerOutcome, type AnswerPart, answer, type Question } from './answer.ts';
import { batches } from './batches.ts';
import { databaseRefused } from './log.ts';
import { accessRevoked } from './revoked.ts';
import { abandon, endTurn, lastWithdrawal, type PinnedCitation, recentTurns } from './store.ts';
import type { LoggedEvent } from './tails.ts';

/** One answer to be produced by this process, as claimed: nobody else writes under this epoch. */
export type Claimed = {
  turnId: string;
  userTurnId: string;
  conversationId: string;
  instrumentId: string;
  /** Where it was just looked up. */
  instrument?: NonNullable<Question['instrument']>;
  question: string;
  /** To be said beside the answer, whatever it will be. */
  notice?: string | undefined;
  /** The conversation is not new: its earlier words belong into the prompt, its attachments among what is searched. */
  continued: boolean;
  epoch: number;
  /** Counts producers of this answer, from 1. */
  attempt: number;
  viewer: Viewer;
  deadlineAt: Date;
  /** The only event of the answer, where this process has just stored it: its readers here then need not look for it. */
  first?: LoggedEvent;
};

/** The first token goes at once; then every 25 ms or 2 KB, since an event costs as much as a hundred tokens inside one. */
const flush = { everyMs: 25, maxChars: 2_048 };
const historyTurns = 6;

/** Why an answer was stopped. */
type Stop = 'cancelled' | 'deadline' | 'revoked' | 'fenced' | 'shutdown' | 'over';

/** Begins to produce the answer in the background; its end, whatever it is, lands in the log. */
export function runAnswer(rayni: Rayni, claimed: Claimed): void {
  if (!rayni.live.open()) {
    abandon(rayni.app.db.query, { ...claimed, counts: false }).catch((error: unknown) =>
      rayni.app.log.warn({ err: error }, 'An answer could not be handed over; its lease will run out'),
    );
    return;
  }
  const { running } = rayni.live;
  const abort = new AbortController();
  const release = claimed.first && rayni.live.tails.hold(claimed.turnId, claimed.first);
  const viewer = lasting(claimed.viewer);
  const unwatch = rayni.live.rights.watch(viewer, claimed.instrumentId, () => abort.abort('revoked'));
  const over = produce(rayni, claimed, abort)
    .catch((error: unknown) => {
      rayni.app.log.error(
        { err: error, turnId: claimed.turnId },
        'An answer could not be stored; its lease will run out',
      );
    })
    .finally(() => {
      // A newer producer of the same answer may stand there by now.
      if (running.get(claimed.turnId) === entry) running.delete(claimed.turnId);
      unwatch();
      release?.();
    });
  const { instrumentId } = claimed;
  const entry = { abort, over, viewerKey: callerOf(claimed.viewer), owner: claimed.viewer.key, instrumentId };
  running.set(claimed.turnId, entry);
}

async function produce({ app, live }: Rayni, claimed: Claimed, abort: AbortController): Promise<void> {
  const { turnId, epoch } = claimed;
  const begun = performance.now();
  const stop = (why: Stop) => abort.abort(why);
  const untilDeadline = Math.max(0, claimed.deadlineAt.getTime() - app.clock.now().getTime());
  const deadline = setTimeout(() => stop('deadline'), untilDeadline);
  const release = live.beats.keep(turnId, epoch, stop);

  let shown: Shown = { text: '', citations: [], attempt: claimed.attempt };
  // What is being written, or could not be: nobody knows whether readers have it.
  let inDoubt = false;
  let outcome: AnswerOutcome;
  try {
    const history = claimed.continued ? await toldHistory(app, claimed) : [];
    const { conversationId } = claimed;
    const asked = { ...claimed, history, conversationId: claimed.continued ? conversationId : undefined };
    const parts = batches(
      answer(app, live, claimed.viewer, asked, abort.signal),
      (part) => (part.type === 'text' ? part.text.length : 0),
      { ...flush, signal: abort.signal },
    );
    for (;;) {
      const next = await parts.next();
      if (next.done) {
        outcome = next.value;
        break;
      }
      // Nothing may follow an acknowledged stop, so the signal is looked at last, right before the write.
      abort.signal.throwIfAborted();
      const { events, after } = grown(shown, next.value);
      inDoubt = true;
      // The first words go at once, further ones may wait for those of other answers.
      const stored = live.log.append(turnId, epoch, events, shown.text !== '');
      if (!(await stored.catch(lostWrite))) return;
      inDoubt = false;
      if (shown.text === '' && after.text !== '' && after.attempt === claimed.attempt)
        app.meter?.firstText(performance.now() - begun);
      shown = after;
    }
  } catch (error) {
    const why: unknown = abort.signal.aborted ? abort.signal.reason : undefined;
    if (why === 'fenced') return;
    if (why === 'shutdown') {
      // Another process, or the next start, need not wait for the lease to run out.
      await abandon(app.db.query, { turnId, epoch, counts: false });
      return;
    }
    if (!why && error instanceof LostWrite) {
      app.log.warn({ err: error.cause, turnId }, 'What an answer wrote is lost, and it is begun again');
      await abandon(app.db.query, { turnId, epoch, counts: true });
      return;
    }
    if (why === 'cancelled') outcome = { reason: 'cancelled' };
    else if (why === 'revoked' || wasRefused(error)) outcome = accessRevoked;
    else if (why === 'deadline')
      outcome = { reason: 'failed', code: 'TIMEOUT', notice: 'The answer took too long.' };
    else {
      app.log.error({ err: error, turnId }, 'An answer failed');
      outcome = { reason: 'failed', code: 'INTERNAL', notice: 'The answer could not be finished.' };
      inDoubt ||= shown.text !== '';
    }
  } finally {
    clearTimeout(deadline);
    release();
    // However it ended, nobody reads on: the model's request must not go on either.
    stop('over');
  }

  if (inDoubt) {
    const taken = grown(shown, [{ type: 'reset' }]);
    if (!(await live.log.append(turnId, epoch, taken.events))) return;
    shown = taken.after;
  }
  const { text, citations } = shown;
  const notices = [claimed.notice, outcome.notice].filter((notice) => notice !== undefined);
  const event: TurnEnd = {
    type: 'turn-end',
    ...outcome,
    ...(notices.length > 0 && { notice: notices.join(' ') }),
    length: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    citations: citations.map(withoutReading),
  };
  const seq = await endTurn(app.db.query, {
    turnId,
    epoch,
    status: statusAfter(outcome.reason),
    event,
    text,
    citations,
    now: app.clock.now(),
  });
  if (seq === undefined) return;
  app.meter?.answered(outcome.reason);
  live.tails.publish(turnId, [{ seq, event }]);
}

/** What becomes of an answer that ended so. */
export function statusAfter(reason: TurnEnd['reason']): 'done' | 'failed' | 'cancelled' {
  if (reason === 'access_revoked') return 'cancelled';
  return reason === 'cancelled' || reason === 'failed' ? reason : 'done';
}

/** The connection broke while a piece was written, and with it that of every answer in the same statement: none of them did anything wrong. */
class LostWrite extends Error {}

function lostWrite(error: unknown): never {
  throw databaseRefused(error) ? error : new LostWrite('a write was lost', { cause: error });
}

/** The right was gone when retrieval asked for it. */
const wasRefused = (error: unknown) =>
  error instanceof AppError && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND');

/** The earlier turns that a model may be told: an answer from before a withdrawal may hold words of what was withdrawn, cited or not. */
async function toldHistory(app: Pick<App, 'db' | 'clock'>, claimed: Claimed) {
  const { query } = app.db;
  const turns = await recentTurns(query, claimed.conversationId, historyTurns, claimed.userTurnId);
  const withdrawn = turns.length > 0 ? await lastWithdrawal(query, claimed) : null;
  return stillOwned(claimed.viewer, turns, app.clock.now()).filter(
    ({ createdAt }) => withdrawn === null || createdAt > withdrawn,
  );
}

/** What readers have of an answer: only what is in the log counts. */
type Shown = { text: string; citations: PinnedCitation[]; attempt: number };

/** The events of further parts, and what readers have once these are in the log. */
function grown(shown: Shown, parts: AnswerPart[]): { events: ChatEvent[]; after: Shown } {
  const events: ChatEvent[] = [];
  let { text, citations, attempt } = shown;
  for (const part of parts) {
    if (part.type === 'reset') {
      text = '';
      citations = [];
      events.push({ type: 'turn-reset', attempt: (attempt += 1) });
    } else if (part.type === 'citation') {
      citations = [...citations, part.citation];
      events.push({ type: 'citation', citation: withoutReading(part.citation) });
    } else {
      text += part.text;
      const last = events.at(-1);
      // Neighbouring pieces of text are one event.
      if (last?.type === 'text-delta') last.text += part.text;
      else events.push({ type: 'text-delta', text: part.text });
    }
  }
  return { events, after: { text, citations, attempt } };
}

function withoutReading({ readingId: _readingId, ...citation }: PinnedCitation): Citation {
  return citation;
}
