import type { ConversationListInput, ConversationSummary } from '@rayni/contract';
import type { Kysely } from 'kysely';
import type { Viewer } from '../../access/policy.ts';
import { readable } from '../../access/store.ts';
import type { Tables } from '../../db/tables.ts';

type Query = Kysely<Tables>;

const summary = [
  'conversation.id as sessionId',
  'conversation.instrument_id as instrumentId',
  'conversation.title',
  'conversation.created_at as createdAt',
  'conversation.updated_at as updatedAt',
] as const;

/** One page of this caller's conversations on instruments they may read now, newest first, with the number of all. */
export async function conversationsOf(
  query: Query,
  viewer: Viewer,
  { instrumentId, page, pageSize }: ConversationListInput,
): Promise<{ items: ConversationSummary[]; total: number }> {
  let mine = query
    .selectFrom('conversation')
    .innerJoin('instrument', 'instrument.id', 'conversation.instrument_id')
    .where(readable(viewer))
    .where('conversation.viewer_key', '=', viewer.key)
    .where('conversation.deleted_at', 'is', null);
  if (instrumentId) mine = mine.where('conversation.instrument_id', '=', instrumentId);
  const [items, count] = await Promise.all([
    mine
      .select(summary)
      .orderBy('conversation.updated_at', 'desc')
      .orderBy('conversation.id', 'desc')
      .limit(pageSize)
      .offset((page - 1) * pageSize)
      .execute(),
    mine.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow(),
  ]);
  return { items, total: count.n };
}

/** Undefined when it is not there any more. */
export function setTitle(query: Query, sessionId: string, title: string) {
  return query
    .updateTable('conversation')
    .set({ title })
    .where('id', '=', sessionId)
    .where('deleted_at', 'is', null)
    .returning(summary)
    .executeTakeFirst();
}

/**
 * Marks a conversation and its attachments as deleted and asks its running answers to stop; returns the attachments and those answers.
 * Undefined when somebody else was faster.
 */
export async function markRemoved(trx: Query, sessionId: string, now: Date) {
  const removed = await trx
    .updateTable('conversation')
    .set({ deleted_at: now })
    .where('id', '=', sessionId)
    .where('deleted_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (!removed) return undefined;
  const attachments = await trx
    .updateTable('source')
    .set({ deleted_at: now, updated_at: now })
    .where('conversation_id', '=', sessionId)
    .where('deleted_at', 'is', null)
    .returning('id')
    .execute();
  const running = await trx
    .updateTable('turn')
    .set({ cancel_requested_at: now })
    .where('conversation_id', '=', sessionId)
    .where('status', 'in', ['queued', 'running'])
    .returning('id')
    .execute();
  return { attachments: attachments.map(({ id }) => id), running: running.map(({ id }) => id) };
}
