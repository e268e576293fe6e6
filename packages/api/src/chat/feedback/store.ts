import type { ProofFault, Rating, ReportedProofsInput } from '@rayni/contract';
import type { Kysely } from 'kysely';
import type { Viewer } from '../../access/policy.ts';
import { visibleSources } from '../../access/store.ts';
import type { Tables } from '../../db/tables.ts';
import { toCitation } from '../to-citation.ts';

type Query = Kysely<Tables>;

/** Replaces what was said of an answer; null takes it back. */
export async function setTurnFeedback(
  query: Query,
  turnId: string,
  viewerKey: string,
  said: { rating: Rating; tag: string | null; comment: string | null } | null,
  now: Date,
) {
  if (!said) {
    await query.deleteFrom('turn_feedback').where('turn_id', '=', turnId).execute();
    return;
  }
  const values = { viewer_key: viewerKey, ...said, updated_at: now };
  await query
    .insertInto('turn_feedback')
    .values({ turn_id: turnId, ...values, created_at: now })
    .onConflict((oc) => oc.column('turn_id').doUpdateSet(values))
    .execute();
}

/** Replaces what was said of a Proof; null takes it back. */
export async function setProofFeedback(
  query: Query,
  citationId: string,
  viewerKey: string,
  said: { fault: ProofFault; comment: string | null } | null,
  now: Date,
) {
  if (!said) {
    await query.deleteFrom('proof_feedback').where('citation_id', '=', citationId).execute();
    return;
  }
  const values = { viewer_key: viewerKey, ...said, updated_at: now };
  await query
    .insertInto('proof_feedback')
    .values({ citation_id: citationId, ...values, created_at: now })
    .onConflict((oc) => oc.column('citation_id').doUpdateSet(values))
    .execute();
}

/** The answer a citation belongs to. */
export async function turnOfCitation(query: Query, citationId: string): Promise<string | undefined> {
  const row = await query
    .selectFrom('citation')
    .select('turn_id')
    .where('id', '=', citationId)
    .executeTakeFirst();
  return row?.turn_id;
}

/** One page of the reports on Proofs from an instrument's own documents, newest first, with the number of all. */
export async function reportsOn(
  query: Query,
  viewer: Viewer,
  { instrumentId, page, pageSize }: ReportedProofsInput,
) {
  const reports = visibleSources(query, viewer)
    .innerJoin('citation', 'citation.source_id', 'source.id')
    .innerJoin('proof_feedback', 'proof_feedback.citation_id', 'citation.id')
    .innerJoin('turn', 'turn.id', 'citation.turn_id')
    .innerJoin('conversation', 'conversation.id', 'turn.conversation_id')
    .where('source.instrument_id', '=', instrumentId)
    .where('source.conversation_id', 'is', null)
    .where('conversation.deleted_at', 'is', null);
  const [found, count] = await Promise.all([
    reports
      .selectAll('citation')
      .select(['proof_feedback.fault', 'proof_feedback.comment', 'turn.text'])
      .select(['proof_feedback.created_at as createdAt', 'proof_feedback.updated_at as updatedAt'])
      .orderBy('proof_feedback.updated_at', 'desc')
      .orderBy('citation.id', 'desc')
      .limit(pageSize)
      .offset((page - 1) * pageSize)
      .execute(),
    reports.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow(),
  ]);
  const marks = await marksOf(query, [...new Set(found.map((row) => row.turn_id))]);
  const rows = found.map((row) => ({
    marks: marks.filter((mark) => mark.turn_id === row.turn_id),
    citation: toCitation(row),
    fault: row.fault,
    comment: row.comment,
    text: row.text,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }));
  return { rows, total: count.n };
}

/** The marks of these answers, and which of them are of attachments. */
async function marksOf(query: Query, turnIds: string[]) {
  if (turnIds.length === 0) return [];
  const rows = await query
    .selectFrom('citation')
    .innerJoin('source', 'source.id', 'citation.source_id')
    .select(['citation.turn_id', 'citation.marker', 'source.conversation_id'])
    .where('citation.turn_id', 'in', turnIds)
    .execute();
  return rows.map(({ conversation_id, ...mark }) => ({ ...mark, attached: conversation_id !== null }));
}
