import type {
  AccessRequest,
  AccessRequestStatus,
  AuditList,
  AuditListInput,
  Grant,
  GrantRole,
  GrantStatus,
  Visibility,
} from '@rayni/contract';
import { type ExpressionBuilder, type Insertable, type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type InstrumentFacts, keysOf, type Viewer } from './policy.ts';

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
      'instrument.vendor',
      'instrument.models',
      'instrument.description',
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
    vendor: string;
    models: string[];
    description: string;
    indexVersion: number;
  } = {
    visibility: row.visibility,
    grant: row.role,
    trainedMayUpload: row.trained_may_upload,
    name: row.name,
    vendor: row.vendor,
    models: row.models,
    description: row.description,
    indexVersion: row.index_version,
  };
  return facts;
}

/**
 * Holds the instrument until the transaction ends. Not `for share`: two who hold it so and then count its index up would wait for each
 * other.
 */
export async function lockInstrument(trx: Query, instrumentId: string): Promise<void> {
  await trx.selectFrom('instrument').select('id').where('id', '=', instrumentId).forNoKeyUpdate().execute();
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
  return everySource(query).where('source.deleted_at', 'is', null);
}

const everySource = (query: Query) =>
  query.selectFrom('source').innerJoin('instrument', 'instrument.id', 'source.instrument_id');

/**
 * The one way to a source: every source this viewer may know of, joined with its instrument. Readers see approved ones (an archived
 * one stays openable for its old citations), managers all, an attachment only the owner of its conversation. `deleted`: also those that
 * were deleted, for the same viewers as before; only for what a citation still says of them. `own`: also those the viewer brought, whatever
 * came of them; only for how far they are, never for what they hold.
 */
export function visibleSources(query: Query, viewer: Viewer, { deleted = false, own = false } = {}) {
  return (deleted ? everySource(query) : allSources(query))
    .where(readable(viewer))
    .where((eb) =>
      eb.or([
        eb.and([
          eb('source.conversation_id', 'is', null),
          eb.or([
            eb('source.status', 'in', ['approved', 'archived']),
            managed(viewer)(eb),
            ...(own && viewer.kind === 'member' ? [eb('source.created_by', '=', viewer.userId)] : []),
          ]),
        ]),
        eb.exists(ownConversation(eb, viewer)),
      ]),
    );
}

/** The conversation a source is attached to, if it is this viewer's; a guest's is as long as it can be gone on with. */
function ownConversation(eb: ExpressionBuilder<Tables, 'source'>, viewer: Viewer) {
  const own = eb
    .selectFrom('conversation')
    .select('conversation.id')
    .whereRef('conversation.id', '=', 'source.conversation_id')
    .where('conversation.viewer_key', 'in', keysOf(viewer))
    .where('conversation.deleted_at', 'is', null);
  return viewer.kind === 'guest' && viewer.since
    ? own.where('conversation.updated_at', '>', viewer.since)
    : own;
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

/** What decides about a reader at a moment; `entered`: the session or token by which they came is still there. */
export type CurrentFacts = InstrumentFacts & { viewer: Viewer; entered: boolean };

/**
 * What decides now about each of these, by its place in the list: one query for all. What is missing from the answer is an instrument
 * that is gone, or an account that is not active any more.
 */
export async function currentFacts(
  query: Query,
  asked: { viewer: Viewer; instrumentId: string }[],
): Promise<Map<number, CurrentFacts>> {
  const accounts = asked.map(({ viewer }) => (viewer.kind === 'member' ? viewer.userId : null));
  const instruments = asked.map(({ instrumentId }) => instrumentId);
  const entries = asked.map(({ viewer }) => (viewer.kind === 'member' && viewer.entry) || {});
  const sessions = entries.map((entry) => ('session' in entry ? entry.session : null));
  const tokens = entries.map((entry) => ('token' in entry ? entry.token : null));
  const { rows } = await sql<{
    place: number;
    visibility: Visibility;
    grant: GrantRole | null;
    is_admin: boolean | null;
    entered: boolean;
  }>`
    select asked.place, instrument.visibility, access_grant.role as grant, account.is_admin,
      (asked.session is null or exists (select from auth_session where id_hash = asked.session))
      and (asked.token is null or exists (select from api_token where id = asked.token)) as entered
    from unnest(${accounts}::uuid[], ${instruments}::uuid[], ${sessions}::text[], ${tokens}::uuid[])
      with ordinality as asked(account_id, instrument_id, session, token, place)
    join instrument on instrument.id = asked.instrument_id and instrument.deleted_at is null
    left join account on account.id = asked.account_id and account.status = 'active'
    left join access_grant on access_grant.account_id = account.id and access_grant.instrument_id = instrument.id
      and access_grant.status = 'active'
    where asked.account_id is null or account.id is not null`.execute(query);
  const found = new Map<number, CurrentFacts>();
  for (const { place, visibility, grant, is_admin, entered } of rows) {
    const viewer = asked[place - 1]?.viewer;
    if (!viewer) continue;
    found.set(place - 1, {
      visibility,
      grant,
      entered,
      viewer: viewer.kind === 'member' ? { ...viewer, isAdmin: is_admin === true } : viewer,
    });
  }
  return found;
}

/** Tells every process, at the commit, to look again at who reads as that account. What changes in accounts, grants and instruments the database tells by itself. */
export async function tellRights(query: Query, accountId: string): Promise<void> {
  await sql`select pg_notify('rights', ${`${accountId} *`})`.execute(query);
}

/** Holds the account until the transaction ends: whatever changes one person's rights goes one after the other. */
export function lockAccount(query: Query, by: { id: string } | { email: string }) {
  const account = query.selectFrom('account').select(['id', 'email', 'name', 'status']);
  const one =
    'id' in by ? account.where('id', '=', by.id) : account.where('email', '=', by.email.toLowerCase());
  return one.forNoKeyUpdate().executeTakeFirst();
}

const requests = (query: Query) =>
  query
    .selectFrom('access_request')
    .innerJoin('account', 'account.id', 'access_request.account_id')
    .innerJoin('instrument', 'instrument.id', 'access_request.instrument_id')
    .leftJoin('account as reviewer', 'reviewer.id', 'access_request.reviewer_id')
    .where('instrument.deleted_at', 'is', null)
    .select([
      'access_request.id',
      'access_request.account_id as userId',
      'account.email as userEmail',
      'account.name as userName',
      'access_request.instrument_id as instrumentId',
      'access_request.reason',
      'access_request.status',
      'reviewer.email as reviewer',
      'access_request.reviewed_at as reviewedAt',
      'access_request.created_at as createdAt',
    ]);

/** Wishes, newest first: of an account, or for an instrument. */
export function accessRequests(
  query: Query,
  where: { userId: string } | { instrumentId: string; status: AccessRequestStatus },
): Promise<AccessRequest[]> {
  const wanted =
    'userId' in where
      ? requests(query).where('access_request.account_id', '=', where.userId)
      : requests(query)
          .where('access_request.instrument_id', '=', where.instrumentId)
          .where('access_request.status', '=', where.status);
  return wanted.orderBy('access_request.created_at', 'desc').orderBy('access_request.id', 'desc').execute();
}

/** One wish for that instrument. */
export function accessRequestById(query: Query, instrumentId: string, id: string) {
  return requests(query)
    .where('access_request.id', '=', id)
    .where('access_request.instrument_id', '=', instrumentId)
    .executeTakeFirst();
}

/** The wish of that account for that instrument which still waits. */
export function pendingRequest(query: Query, accountId: string, instrumentId: string) {
  return requests(query)
    .where('access_request.account_id', '=', accountId)
    .where('access_request.instrument_id', '=', instrumentId)
    .where('access_request.status', '=', 'pending')
    .executeTakeFirst();
}

/** Stores a wish; a second one that waits for the same meets the unique index and is refused. */
export async function insertRequest(query: Query, row: Insertable<Tables['access_request']>) {
  await query.insertInto('access_request').values(row).execute();
}

/** Decides a wish that still waits; false when it does not. */
export async function decideRequest(
  query: Query,
  id: string,
  decision: { status: 'approved' | 'denied'; reviewerId: string; at: Date },
): Promise<boolean> {
  const decided = await query
    .updateTable('access_request')
    .set({ status: decision.status, reviewer_id: decision.reviewerId, reviewed_at: decision.at })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .returning('id')
    .executeTakeFirst();
  return decided !== undefined;
}

const grants = (query: Query) =>
  query
    .selectFrom('access_grant')
    .innerJoin('account', 'account.id', 'access_grant.account_id')
    .select([
      'access_grant.id',
      'access_grant.account_id as userId',
      'account.email as userEmail',
      'access_grant.instrument_id as instrumentId',
      'access_grant.role',
      'access_grant.status',
      'access_grant.created_at as createdAt',
    ]);

/** The grants on an instrument, revoked ones too, by e-mail. */
export function grantsOn(query: Query, instrumentId: string): Promise<Grant[]> {
  return grants(query)
    .where('access_grant.instrument_id', '=', instrumentId)
    .orderBy(sql`account.email collate "C"`)
    .execute();
}

/** One grant on that instrument. */
export function grantById(query: Query, instrumentId: string, id: string) {
  return grants(query)
    .where('access_grant.id', '=', id)
    .where('access_grant.instrument_id', '=', instrumentId)
    .executeTakeFirst();
}

/** The one grant of that account on that instrument, active or revoked. */
export function grantOf(query: Query, accountId: string, instrumentId: string) {
  return grants(query)
    .where('access_grant.account_id', '=', accountId)
    .where('access_grant.instrument_id', '=', instrumentId)
    .executeTakeFirst();
}

/** Makes the one grant of that account on that instrument what it shall be. */
export async function putGrant(
  query: Query,
  grant: { id: string; userId: string; instrumentId: string; role: GrantRole; status: GrantStatus },
  now: Date,
): Promise<void> {
  const { role, status } = grant;
  await query
    .insertInto('access_grant')
    .values({
      id: grant.id,
      account_id: grant.userId,
      instrument_id: grant.instrumentId,
      role,
      status,
      created_at: now,
      updated_at: now,
    })
    .onConflict((oc) =>
      oc.columns(['account_id', 'instrument_id']).doUpdateSet({ role, status, updated_at: now }),
    )
    .execute();
}

/** One page of the record of who changed which right, newest first, with the number of all entries. */
export async function auditEntries(
  query: Query,
  { instrumentId, page, pageSize }: AuditListInput,
): Promise<AuditList> {
  let wanted = query.selectFrom('audit_entry');
  if (instrumentId) wanted = wanted.where('instrument_id', '=', instrumentId);
  const [items, count] = await Promise.all([
    wanted
      .select(['id', 'action', 'actor', 'subject', 'instrument_id as instrumentId', 'details'])
      .select('created_at as createdAt')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(pageSize)
      .offset((page - 1) * pageSize)
      .execute(),
    wanted.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow(),
  ]);
  return { items, total: count.n };
}
