import type { FaqEntry, Feedback, FeedbackList, FeedbackListInput } from '@rayni/contract';
import type { Insertable, Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

const columns = [
  'id',
  'email',
  'category',
  'body',
  'route',
  'instrument_id',
  'last_turn_id',
  'user_agent',
  'status',
  'admin_response',
  'responded_at',
  'created_at',
] as const;

/** Stores what somebody told, and returns it as admins see it. */
export async function insertFeedback(
  query: Query,
  record: Insertable<Tables['feedback']>,
): Promise<Feedback> {
  return toFeedback(
    await query.insertInto('feedback').values(record).returning(columns).executeTakeFirstOrThrow(),
  );
}

/** One page of everything told so far, newest first, with the number of all. */
export async function feedbackPage(
  query: Query,
  { page, pageSize }: FeedbackListInput,
): Promise<FeedbackList> {
  const [rows, { n }] = await Promise.all([
    query
      .selectFrom('feedback')
      .select(columns)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(pageSize)
      .offset((page - 1) * pageSize)
      .execute(),
    query
      .selectFrom('feedback')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow(),
  ]);
  return { items: rows.map(toFeedback), total: n };
}

/** Closes a record with this response, in place of a former one; undefined when there is none of that id. */
export async function closeFeedback(query: Query, id: string, response: string, now: Date) {
  const row = await query
    .updateTable('feedback')
    .set({ status: 'closed', admin_response: response, responded_at: now })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst();
  return row && toFeedback(row);
}

function toFeedback(
  row: {
    [K in (typeof columns)[number]]: K extends 'responded_at' ? Date | null : Tables['feedback'][K];
  },
): Feedback {
  const { instrument_id, last_turn_id, user_agent, admin_response, responded_at, created_at, ...same } = row;
  return {
    ...same,
    instrumentId: instrument_id,
    lastTurnId: last_turn_id,
    userAgent: user_agent,
    adminResponse: admin_response,
    respondedAt: responded_at,
    createdAt: created_at,
  };
}

/** The entries that admins wrote, in the order they were first written. */
export function writtenFaq(query: Query): Promise<FaqEntry[]> {
  return query
    .selectFrom('faq_entry')
    .select(['id', 'question', 'answer'])
    .orderBy('position')
    .orderBy('id')
    .execute();
}

/** Writes an entry; a new one comes last, an old one keeps its place. */
export async function writeFaq(query: Query, { id, question, answer }: FaqEntry, now: Date) {
  await query
    .insertInto('faq_entry')
    .values((eb) => ({
      id,
      question,
      answer,
      updated_at: now,
      position: eb
        .selectFrom('faq_entry')
        .select((eb) => eb(eb.fn.coalesce(eb.fn.max('position'), eb.lit(0)), '+', 1).as('next')),
    }))
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ question, answer, updated_at: now }))
    .execute();
}

/** False when there is no such entry. */
export async function deleteFaq(query: Query, id: string): Promise<boolean> {
  const { numDeletedRows } = await query.deleteFrom('faq_entry').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
