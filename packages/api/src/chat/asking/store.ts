import type { ChatEvent } from '@rayni/contract';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../db/tables.ts';
import { notFound } from '../../errors.ts';
import { newestTurnOf } from '../store.ts';
import type { LoggedEvent } from '../tails.ts';

type Query = Kysely<Tables>;

/** Which question is an equal one: of the same caller, asked since then, its answer being written or finished only just. */
export type TwinOf = { viewerKey: string; requestHash: string; askedAfter: Date; endedAfter: Date };

/** The equal question, if any; to the end of the transaction nobody else asks the same. */
const twinOf = (of: TwinOf) =>
  sql<Twin>`select * from recent_twin(${of.viewerKey}, ${of.requestHash}, ${of.askedAfter}, ${of.endedAfter})`;

export type Twin = { id: string; user_turn_id: string; conversation_id: string };

export async function recentTwin(query: Query, of: TwinOf): Promise<Twin | undefined> {
  return (await twinOf(of).execute(query)).rows[0];
}

export type NewQuestion = {
  conversationId: string;
  newConversation: { instrumentId: string; title: string } | undefined;
  userTurnId: string;
  turnId: string;
  viewerKey: string;
  /** Every name of the same caller. A conversation that is theirs goes on under the one of today, for tomorrow knows none before that. */
  viewerKeys: string[];
  clientKey: string | undefined;
  requestHash: string;
  question: string;
  /** What is to be said beside the answer, whatever it will be. */
  notice: string | undefined;
  now: Date;
  leaseUntil: Date;
  deadlineAt: Date;
};

/**
 * Question, empty answer and its first event, in one statement; the answer is born claimed by this process (epoch 1), which saves another.
 * Returns the first event, or the equal question, if that is asked for, in whose place nothing was stored. NOT_FOUND, and nothing stored,
 * when the conversation was deleted.
 */
export async function insertQuestion(
  query: Query,
  q: NewQuestion,
  joins?: TwinOf,
): Promise<LoggedEvent | { twin: Twin }> {
  const event: ChatEvent = { type: 'turn-start', userTurnId: q.userTurnId, turnId: q.turnId };
  const alone = sql`not exists (select from twin)`;
  const conversation = q.newConversation
    ? sql`insert into conversation (id, viewer_key, instrument_id, title, created_at, updated_at)
          select ${q.conversationId}, ${q.viewerKey}, ${q.newConversation.instrumentId}, ${q.newConversation.title}, ${q.now}, ${q.now}
          where ${alone} returning id`
    : sql`update conversation set updated_at = ${q.now}, viewer_key = ${keyFrom(q)}
          where id = ${q.conversationId} and deleted_at is null and ${alone} returning id`;
  const none = sql`select null::uuid as id, null::uuid as user_turn_id, null::uuid as conversation_id where false`;
  const { rows } = await sql<Partial<Twin> & { asked: boolean }>`
    with twin as materialized (${joins ? twinOf(joins) : none}), conversed as (${conversation}), asked as (
      insert into user_turn (id, conversation_id, viewer_key, question, created_at)
      select ${q.userTurnId}, id, ${q.viewerKey}, ${q.question}, ${q.now} from conversed
    ), answering as (
      insert into turn (id, user_turn_id, conversation_id, version, viewer_key, client_key, request_hash, status, epoch,
        attempt, next_seq, lease_until, deadline_at, notice, created_at)
      select ${q.turnId}, ${q.userTurnId}, id, 1, ${q.viewerKey}, ${q.clientKey ?? null}, ${q.requestHash},
        'running', 1, 1, 2, ${q.leaseUntil}, ${q.deadlineAt}, ${q.notice ?? null}, ${q.now} from conversed
    ), logged as (
      insert into turn_event (turn_id, seq, epoch, type, data)
      select ${q.turnId}, 1, 1, ${event.type}, ${JSON.stringify(event)} from conversed returning turn_id
    )
    select exists (select from logged) as asked, twin.* from (values (1)) as one left join twin on true`.execute(
    query,
  );
  const { asked, id, user_turn_id, conversation_id } = rows[0]!;
  if (asked) return { seq: 1, event };
  if (!id || !user_turn_id || !conversation_id) throw notFound();
  return { twin: { id, user_turn_id, conversation_id } };
}

export type NextVersion = Pick<
  NewQuestion,
  'conversationId' | 'userTurnId' | 'turnId' | 'viewerKey' | 'viewerKeys' | 'clientKey' | 'requestHash'
> &
  Pick<NewQuestion, 'now' | 'leaseUntil' | 'deadlineAt'>;

/**
 * Another answer under the same question, born claimed by this process, with its first event, which is returned. Undefined while the newest
 * one is being written; of two at the same moment the second finds that of the first. NOT_FOUND when the conversation was deleted.
 */
export async function insertVersion(trx: Query, v: NextVersion): Promise<LoggedEvent | undefined> {
  await trx.selectFrom('user_turn').select('id').where('id', '=', v.userTurnId).forUpdate().execute();
  const newest = await newestTurnOf(trx, v.userTurnId);
  if (!newest || newest.status === 'queued' || newest.status === 'running') return undefined;
  const event: ChatEvent = { type: 'turn-start', userTurnId: v.userTurnId, turnId: v.turnId };
  const held = await trx
    .updateTable('conversation')
    .set({ updated_at: v.now, viewer_key: keyFrom(v) })
    .where('id', '=', v.conversationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (held.numUpdatedRows === 0n) throw notFound();
  await sql`
    with answering as (
      insert into turn (id, user_turn_id, conversation_id, version, viewer_key, client_key, request_hash, status, epoch,
        attempt, next_seq, lease_until, deadline_at, created_at)
      values (${v.turnId}, ${v.userTurnId}, ${v.conversationId}, ${newest.version + 1}, ${v.viewerKey},
        ${v.clientKey ?? null}, ${v.requestHash}, 'running', 1, 1, 2, ${v.leaseUntil}, ${v.deadlineAt}, ${v.now})
    )
    insert into turn_event (turn_id, seq, epoch, type, data)
    values (${v.turnId}, 1, 1, ${event.type}, ${JSON.stringify(event)})`.execute(trx);
  return { seq: 1, event };
}

/** Whose a conversation is once they have gone on with it: nobody makes another's theirs by asking in it. */
const keyFrom = ({ viewerKey, viewerKeys }: Pick<NewQuestion, 'viewerKey' | 'viewerKeys'>) =>
  sql<string>`case when viewer_key = any(${viewerKeys}::text[]) then ${viewerKey} else viewer_key end`;

/** The answer that a caller of one of these names began under that key, if any. */
export function turnByKey(query: Query, viewerKeys: string[], clientKey: string) {
  return (
    query
      .selectFrom('turn')
      .select(['id', 'user_turn_id', 'conversation_id', 'request_hash'])
      .where('viewer_key', 'in', viewerKeys)
      .where('client_key', '=', clientKey)
      // Two of a guest, if they were begun at the very moment of midnight by two processes: both submits are told the same one.
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst()
  );
}
