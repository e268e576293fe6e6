import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../db/tables.ts';

type Query = Kysely<Tables>;

/** Which question is an equal one: of the same caller, asked since then, its answer being written or finished only just. */
export type TwinOf = { viewerKey: string; requestHash: string; askedAfter: Date; endedAfter: Date };

/** The equal question, if any; to the end of the transaction nobody else asks the same. */
export const twinOf = (of: TwinOf) =>
  sql<Twin>`select * from recent_twin(${of.viewerKey}, ${of.requestHash}, ${of.askedAfter}, ${of.endedAfter})`;

export type Twin = { id: string; user_turn_id: string; conversation_id: string };

export async function recentTwin(query: Query, of: TwinOf): Promise<Twin | undefined> {
  return (await twinOf(of).execute(query)).rows[0];
}
