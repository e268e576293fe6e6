import type { ChatEvent } from '@rayni/contract';
import type { Kysely } from 'kysely';
import type { Tables } from '../../db/tables.ts';
import type { LoggedEvent } from '../tails.ts';

type Query = Kysely<Tables>;

/** The next events of one log after `after`, at most `limit`. */
export function logPage(query: Query, turnId: string, after: number, limit: number): Promise<LoggedEvent[]> {
  return query
    .selectFrom('turn_event')
    .select(['seq', 'data as event'])
    .$narrowType<{ event: ChatEvent }>()
    .where('turn_id', '=', turnId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
}

/** Answers that ended before `before` and still have their log. */
export async function oldLogs(query: Query, before: Date, limit: number): Promise<string[]> {
  // By the events, which are there for a day, and not by the turns, which stay.
  const rows = await query
    .selectFrom('turn_event')
    .innerJoin('turn', 'turn.id', 'turn_event.turn_id')
    .select('turn.id')
    .where('turn_event.seq', '=', 1)
    .where('turn.ended_at', '<=', before)
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Removes the logs of answers that have ended. */
export async function deleteLogs(query: Query, turnIds: string[]): Promise<void> {
  await query.deleteFrom('turn_event').where('turn_id', 'in', turnIds).execute();
}
