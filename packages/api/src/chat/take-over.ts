import type { TurnEnd } from '@rayni/contract';
import { createHash } from 'node:crypto';
import type { Viewer } from '../access/policy.ts';
import { viewerOfAccount } from '../auth/sessions.ts';
import type { Rayni } from '../live.ts';
import { leaseMs } from './log.ts';
import { runAnswer } from './run.ts';
import {
  abandonedChannel,
  claimAbandoned,
  claimCancelled,
  claimedAtOnce,
  endTurn,
  textShown,
  turnById,
} from './store.ts';

const maxAttempts = 2;
const lookEveryMs = 3_000;

/**
 * Answers whose producer is gone are answered again from the beginning (after a `turn-reset` where text was shown), twice at the most,
 * then end as `failed`: none stays running for ever. With `atStart` on an embedded database every running answer is without a producer.
 */
export async function takeOver(rayni: Rayni, atStart: boolean): Promise<number> {
  const { app, live } = rayni;
  const now = app.clock.now();
  const claimed = await claimAbandoned(app.db.query, now, new Date(now.getTime() + leaseMs), {
    whateverLease: atStart,
    alive: [...live.running.keys()],
  });
  for (const turn of claimed) {
    try {
      await answerAgain(rayni, turn, now);
    } catch (error) {
      // Left to its new lease; the others are not to wait for theirs.
      app.log.warn({ err: error, turnId: turn.id }, 'An abandoned answer could not be taken over');
    }
  }
  return claimed.length;
}

type Abandoned = Awaited<ReturnType<typeof claimAbandoned>>[number];

async function answerAgain(rayni: Rayni, turn: Abandoned, now: Date): Promise<void> {
  const { app } = rayni;
  const viewer = await viewerOfKey(rayni, turn.viewer_key);
  const details = await turnById(app.db.query, turn.id);
  if (!(await takeBack(rayni, turn))) return;
  if (turn.cancel_requested_at) {
    await endEmpty(rayni, turn, { status: 'cancelled', reason: 'cancelled' }, now);
    return;
  }
  if (!viewer || !details || turn.attempt > maxAttempts || turn.deadline_at <= now) {
    const notice = 'The server stopped while this answer was being written. Ask again.';
    await endEmpty(rayni, turn, { status: 'failed', reason: 'failed', code: 'UNAVAILABLE', notice }, now);
    return;
  }
  runAnswer(rayni, {
    turnId: turn.id,
    userTurnId: turn.user_turn_id,
    conversationId: turn.conversation_id,
    instrumentId: details.instrument_id,
    question: details.question,
    notice: details.notice ?? undefined,
    continued: true,
    epoch: turn.epoch,
    attempt: turn.attempt,
    viewer,
    deadlineAt: turn.deadline_at,
  });
}

/** Ends an answer whose cancellation nobody has followed, at once and whoever may be producing it: that one is fenced off. */
export async function cancelClaimed(rayni: Rayni, turnId: string): Promise<void> {
  const { app } = rayni;
  const now = app.clock.now();
  const turn = await claimCancelled(app.db.query, turnId, new Date(now.getTime() + leaseMs));
  if (turn && (await takeBack(rayni, turn)))
    await endEmpty(rayni, turn, { status: 'cancelled', reason: 'cancelled' }, now);
}

/** Takes back what another producer has shown of the answer. False: somebody else has claimed it meanwhile. */
async function takeBack(
  { app, live }: Rayni,
  { id, epoch, attempt }: Pick<Abandoned, 'id' | 'epoch' | 'attempt'>,
): Promise<boolean> {
  if (!(await textShown(app.db.query, id))) return true;
  return live.log.append(id, epoch, [{ type: 'turn-reset', attempt }]);
}

/** Ends a claimed answer without a word: what was shown of it has been taken back, so that readers end up with what is stored. */
async function endEmpty(
  { app, live }: Rayni,
  { id: turnId, epoch }: { id: string; epoch: number },
  { status, ...end }: Pick<TurnEnd, 'reason' | 'code' | 'notice'> & { status: 'failed' | 'cancelled' },
  now: Date,
) {
  const sha256 = createHash('sha256').update('').digest('hex');
  const event: TurnEnd = { type: 'turn-end', ...end, length: 0, sha256, citations: [] };
  const seq = await endTurn(app.db.query, { turnId, epoch, status, event, text: '', citations: [], now });
  if (seq === undefined) return;
  app.meter?.answered(end.reason);
  live.tails.publish(turnId, [{ seq, event }]);
}

async function viewerOfKey({ app }: Pick<Rayni, 'app'>, key: string): Promise<Viewer | undefined> {
  if (key.startsWith('user:')) return viewerOfAccount(app, key.slice('user:'.length));
  return { kind: 'guest', key: `guest:${key.slice('guest:'.length)}` };
}

/**
 * Looks for abandoned answers now, before anything else is answered here, then every few seconds, and at once when another process says that
 * it gave one up. Returns what stops it; once that is done no answer begins here any more.
 */
export async function watchAbandoned(rayni: Rayni, embedded: boolean): Promise<() => Promise<void>> {
  const { app } = rayni;
  await takeOver(rayni, embedded);
  let looking: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  async function look() {
    do {
      again = false;
      // As many as may be taken at once: there may be more.
      if ((await takeOver(rayni, false)) === claimedAtOnce) again = true;
    } while (again && !stopped);
  }
  function lookNow() {
    if (stopped) return;
    again = true;
    looking ??= look()
      .catch((error: unknown) =>
        app.log.warn({ err: error }, 'Looking for abandoned answers failed; next try in a few seconds'),
      )
      .finally(() => {
        looking = undefined;
      });
  }
  const listener = await app.db.listen(abandonedChannel, lookNow);
  const timer = setInterval(lookNow, lookEveryMs);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await listener.close();
    await looking;
  };
}
