import type { GrantRole, Visibility } from '@rayni/contract';
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Viewer } from './policy.ts';

type Query = Kysely<Tables>;

/** The instrument with the viewer's active grant on it; undefined when it does not exist or was deleted. */
export async function instrumentFacts(query: Query, viewer: Viewer, instrumentId: string) {
  const row = await query
    .selectFrom('instrument')
    .leftJoin('access_grant', (join) =>
      join
        .onRef('access_grant.instrument_id', '=', 'instrument.id')
        .on('access_grant.account_id', '=', viewer.kind === 'member' ? viewer.userId : null)
        .on('access_grant.status', '=', 'active'),
    )
    .select([
      'instrument.visibility',
      'instrument.name',
      'instrument.index_version',
      'instrument.trained_may_upload',
      'access_grant.role',
    ])
    .where('instrument.id', '=', instrumentId)
    .where('instrument.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  const facts: {
    visibility: Visibility;
    grant: GrantRole | null;
    trainedMayUpload: boolean;
    name: string;
    indexVersion: number;
  } = {
    visibility: row.visibility,
    grant: row.role,
    trainedMayUpload: row.trained_may_upload,
    name: row.name,
    indexVersion: row.index_version,
  };
  return facts;
}

/** SQL for "this viewer may read this instrument", over a query in which `instrument` is joined. The same rule as `may(…, 'read', …)`. */
export function readable(viewer: Viewer) {
  return (eb: ExpressionBuilder<Tables, 'instrument'>) => {
    const alive = eb('instrument.deleted_at', 'is', null);
    if (viewer.kind === 'guest') return eb.and([alive, eb('instrument.visibility', '=', 'public')]);
    if (viewer.isAdmin) return alive;
    return eb.and([
      alive,
      eb.or([eb('instrument.visibility', '=', 'public'), eb.exists(activeGrant(eb, viewer.userId))]),
    ]);
  };
}

/** SQL for "this viewer manages this instrument", over a query in which `instrument` is joined. */
export function managed(viewer: Viewer) {
  return (eb: ExpressionBuilder<Tables, 'instrument'>) => {
    if (viewer.kind === 'guest') return sql<boolean>`false`;
    if (viewer.isAdmin) return sql<boolean>`true`;
    return eb.exists(activeGrant(eb, viewer.userId).where('access_grant.role', '=', 'instrument_manager'));
  };
}

function activeGrant(eb: ExpressionBuilder<Tables, 'instrument'>, accountId: string) {
  return eb
    .selectFrom('access_grant')
    .select('access_grant.id')
    .whereRef('access_grant.instrument_id', '=', 'instrument.id')
    .where('access_grant.account_id', '=', accountId)
    .where('access_grant.status', '=', 'active');
}

/** Every source there is, joined with its instrument: for what is made ahead for all viewers, never for what one of them is shown. */
export function allSources(query: Query) {
  return query
    .selectFrom('source')
    .innerJoin('instrument', 'instrument.id', 'source.instrument_id')
    .where('source.deleted_at', 'is', null);
}

/**
 * The one way to a source: every source this viewer may know of, joined with its instrument. Readers see approved ones (an archived
 * one stays openable for its old citations), managers all, an attachment only the owner of its conversation.
 */
export function visibleSources(query: Query, viewer: Viewer) {
  return allSources(query)
    .where(readable(viewer))
    .where((eb) =>
      eb.or([
        eb.and([
          eb('source.conversation_id', 'is', null),
          eb.or([eb('source.status', 'in', ['approved', 'archived']), managed(viewer)(eb)]),
        ]),
        eb.exists(
          eb
            .selectFrom('conversation')
            .select('conversation.id')
            .whereRef('conversation.id', '=', 'source.conversation_id')
            .where('conversation.viewer_key', '=', viewer.key)
            .where('conversation.deleted_at', 'is', null),
        ),
      ]),
    );
}

/** Ids of the instruments the viewer may chat with, ordered as the catalogue is. */
export async function allowedInstruments(query: Query, viewer: Viewer): Promise<string[]> {
  const rows = await query
    .selectFrom('instrument')
    .select('instrument.id')
    .where(readable(viewer))
    .orderBy(sql`instrument.name collate "C"`)
    .orderBy('instrument.id')
    .execute();
  return rows.map((row) => row.id);
}
