import type { Kysely } from 'kysely';
import type { Tables } from '../../db/tables.ts';

type Query = Kysely<Tables>;

/** A conversation that begins with files. */
export async function insertConversation(
  trx: Query,
  made: { id: string; viewerKey: string; instrumentId: string; title: string; now: Date },
) {
  const { id, viewerKey, instrumentId, title, now } = made;
  await trx
    .insertInto('conversation')
    .values({
      id,
      viewer_key: viewerKey,
      instrument_id: instrumentId,
      title,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** Holds the conversation until the transaction ends; the number of files attached to it, undefined when it is gone. */
export async function lockForFiles(trx: Query, conversationId: string): Promise<number | undefined> {
  const there = await trx
    .selectFrom('conversation')
    .select('id')
    .where('id', '=', conversationId)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!there) return undefined;
  const files = await trx
    .selectFrom('source')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('conversation_id', '=', conversationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  return files.n;
}

/** Where these sources belong and how far their reading has come, with the names their files came under. */
export async function filesBehind(query: Query, sourceIds: string[]) {
  if (sourceIds.length === 0) return [];
  return query
    .selectFrom('source')
    .innerJoin('source_version', 'source_version.source_id', 'source.id')
    .select(['source.id', 'source.instrument_id', 'source.conversation_id', 'source.deleted_at'])
    .select(['source.status', 'source.status_detail', 'source_version.filename'])
    .where('source.id', 'in', sourceIds)
    .where('source_version.ordinal', '=', 1)
    .orderBy('source.id')
    .execute();
}
