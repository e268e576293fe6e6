import { createHash } from 'node:crypto';
import type { ChatEvent, TurnEnd } from '@rayni/contract';
import type { App } from '../../app.ts';
import { citationsOf, type turnById } from '../store.ts';
import type { LoggedEvent } from '../tails.ts';
import { logPage } from './store.ts';

type Turn = NonNullable<Awaited<ReturnType<typeof turnById>>>;

/** So many events at a time: what a reader who is slow, or does not read at all, costs here. */
const pageSize = 50;

/** The answer is over: nothing will be added to its log. */
export const isOver = ({ status }: Pick<Turn, 'status'>): boolean =>
  status !== 'running' && status !== 'queued';

/**
 * The events of an answer that is over, after `after`: as they were sent while its log is kept, then made from what is stored of it. A
 * reader that has a part of them begins again then (`turn-reset`), and ends up with the same text.
 */
export async function* replay(
  { db }: Pick<App, 'db'>,
  turn: Turn,
  after: number,
): AsyncGenerator<LoggedEvent, void> {
  const last = turn.next_seq - 1;
  for (let seq = after; seq < last; ) {
    const page = await logPage(db.query, turn.id, seq, pageSize);
    if (page.length === 0) {
      yield* fromStored(db, turn, seq);
      return;
    }
    for (const logged of page) yield logged;
    seq = page.at(-1)!.seq;
  }
}

async function* fromStored(db: App['db'], turn: Turn, after: number): AsyncGenerator<LoggedEvent, void> {
  const citations = (await citationsOf(db.query, [turn.id])).get(turn.id) ?? [];
  const { id: turnId, user_turn_id: userTurnId, text } = turn;
  const end: TurnEnd = {
    type: 'turn-end',
    reason: turn.reason ?? 'failed',
    ...(turn.code && { code: turn.code }),
    ...(turn.notice !== null && { notice: turn.notice }),
    length: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    citations,
  };
  // One that lacks nothing but the end.
  if (after === turn.next_seq - 2) {
    yield { seq: after + 1, event: end };
    return;
  }
  const first: ChatEvent =
    after === 0 ? { type: 'turn-start', userTurnId, turnId } : { type: 'turn-reset', attempt: turn.attempt };
  const whole: ChatEvent[] = [
    first,
    ...(text === '' ? [] : [{ type: 'text-delta' as const, text }]),
    ...citations.map((citation) => ({ type: 'citation' as const, citation })),
    end,
  ];
  for (const [i, event] of whole.entries()) yield { seq: after + 1 + i, event };
}
