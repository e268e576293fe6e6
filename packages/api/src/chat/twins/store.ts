import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../db/tables.ts';

type Query = Kysely<Tables>;

/** An equal question of the same caller, asked since then, whose answer is being written or was finished only just. */
export function recentTwin(
  query: Query,
  of: { viewerKey: string; requestHash: string; askedAfter: Date; endedAfter: Date },
) {
  return query
    .selectFrom('turn')
    .innerJoin('conversation', 'conversation.id', 'turn.conversation_id')
    .select(['turn.id', 'turn.user_turn_id', 'turn.conversation_id', 'turn.request_hash'])
    .where('turn.viewer_key', '=', of.viewerKey)
    .where('turn.request_hash', '=', of.requestHash)
    .where('turn.created_at', '>', of.askedAfter)
    .where((eb) =>
      eb.or([
        eb('turn.status', '=', 'running'),
        eb.and([eb('turn.status', '=', 'done'), eb('turn.ended_at', '>', of.endedAfter)]),
      ]),
    )
    .where('conversation.deleted_at', 'is', null)
    .orderBy('turn.created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Waits until no other transaction holds this request, and holds it to the end of this one. */
export async function lockRequest(trx: Query, request: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${request}, 0))`.execute(trx);
}
