import type { TurnEnd } from '@rayni/contract';
import { createHash } from 'node:crypto';
import type { Viewer } from '../access/policy.ts';
import { viewerOfAccount } from '../auth/sessions.ts';
import type { Rayni } from '../live.ts';
import { leaseMs } from './log.ts';
import { runAnswer } from './run.ts';
import { claimAbandoned, endTurn, textShown, turnById } from './store.ts';

const maxAttempts = 2;
const lookEveryMs = 3_000;

/**
 * Answers whose producer is gone are answered again from the beginning (after a `turn-reset` where text was shown), twice at the most,
 * then end as `failed`: none stays running for ever. With `atStart` on an embedded database every running answer is without a producer.
 */
export async function takeOver(rayni: Rayni, atStart: boolean): Promise<number> {
  const { app, live } = rayni;
  const now = app.clock.now();
  const claimed = await claimAbandoned(app.db.query, now, new Date(now.getTime() + leaseMs), atStart);
  for (const turn of claimed) {
    const viewer = await viewerOfKey(rayni, turn.viewer_key);
    const details = await turnById(app.db.query, turn.id);
    if (!viewer || !details || turn.attempt > maxAttempts || turn.deadline_at <= now) {
      const event: TurnEnd = {
        type: 'turn-end',
        reason: 'failed',
        code: 'UNAVAILABLE',
        notice: 'The server stopped while this answer was being written. Ask again.',
        length: 0,
        sha256: createHash('sha256').update('').digest('hex'),
        citations: [],
      };
      const { id: turnId, epoch } = turn;
      // The text so far is taken back with the same append, so that readers end up with what is stored: nothing.
      if (await textShown(app.db.query, turnId)) {
        await live.log.append(turnId, epoch, [{ type: 'turn-reset', attempt: turn.attempt }]);
      }
      const seq = await endTurn(app.db.query, {
        turnId,
        epoch,
        status: 'failed',
        event,
        text: '',
        citations: [],
        now,
      });
      if (seq !== undefined) live.tails.publish(turnId, [{ seq, event }]);
      continue;
    }
    if (await textShown(app.db.query, turn.id)) {
      await live.log.append(turn.id, turn.epoch, [{ type: 'turn-reset', attempt: turn.attempt }]);
    }
    runAnswer(rayni, {
      turnId: turn.id,
      userTurnId: turn.user_turn_id,
      conversationId: turn.conversation_id,
      instrumentId: details.instrument_id,
      question: details.question,
      continued: true,
      epoch: turn.epoch,
      attempt: turn.attempt,
      viewer,
      deadlineAt: turn.deadline_at,
    });
  }
  return claimed.length;
}

async function viewerOfKey({ app }: Pick<Rayni, 'app'>, key: string): Promise<Viewer | undefined> {
  if (key.startsWith('user:')) return viewerOfAccount(app, key.slice('user:'.length));
  return { kind: 'guest', key: `guest:${key.slice('guest:'.length)}` };
}

/** Looks for abandoned answers now, before anything else is answered here, and then every few seconds. Returns what stops it. */
export async function watchAbandoned(rayni: Rayni, embedded: boolean): Promise<() => void> {
  await takeOver(rayni, embedded);
  const timer = setInterval(() => {
    takeOver(rayni, false).catch((error: unknown) =>
      rayni.app.log.warn({ err: error }, 'Looking for abandoned answers failed; next try in a few seconds'),
    );
  }, lookEveryMs);
  return () => clearInterval(timer);
}
