import type { Instrument, InstrumentCreateInput, InstrumentUpdateInput } from '@rayni/contract';
import { type Kysely, sql } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;
const columns = ['id', 'name', 'vendor', 'models', 'visibility', 'description', 'updated_at'] as const;

/** The catalogue: public instruments for a guest, all for a member, by name (`COLLATE "C"`), then id. */
export async function catalogue(query: Query, viewer: Viewer): Promise<Instrument[]> {
  const rows = await known(query, viewer).orderBy(sql`name collate "C"`).orderBy('id').execute();
  return rows.map(toInstrument);
}

/** The instrument, if the catalogue shows it to this viewer. */
export async function knownInstrument(query: Query, viewer: Viewer, id: string) {
  const row = await known(query, viewer).where('id', '=', id).executeTakeFirst();
  return row && toInstrument(row);
}

function known(query: Query, viewer: Viewer) {
  const all = query.selectFrom('instrument').select(columns).where('deleted_at', 'is', null);
  return viewer.kind === 'guest' ? all.where('visibility', '=', 'public') : all;
}

export async function insertInstrument(
  query: Query,
  { trainedMayUpload, ...instrument }: InstrumentCreateInput & { id: string },
  now: Date,
) {
  await query
    .insertInto('instrument')
    .values({ ...instrument, trained_may_upload: trainedMayUpload, created_at: now, updated_at: now })
    .execute();
}

/** Writes what is given; undefined stays. */
export async function changeInstrument(
  query: Query,
  id: string,
  { trainedMayUpload, ...change }: Omit<InstrumentUpdateInput, 'id'>,
  now: Date,
) {
  await query
    .updateTable('instrument')
    .set({ ...change, trained_may_upload: trainedMayUpload, updated_at: now })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
}

/** What decided about it until then; undefined when it was deleted before. */
export function markDeleted(query: Query, id: string, now: Date) {
  return query
    .updateTable('instrument')
    .set({ deleted_at: now, updated_at: now })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returning(['visibility', 'trained_may_upload as trainedMayUpload'])
    .executeTakeFirst();
}

/** Revokes every grant and denies every open wish; returns the e-mails of whom it was about. */
export async function endAccess(query: Query, instrumentId: string, by: { reviewerId: string; now: Date }) {
  const revoked = await query
    .updateTable('access_grant')
    .from('account')
    .set({ status: 'revoked', updated_at: by.now })
    .whereRef('account.id', '=', 'access_grant.account_id')
    .where('access_grant.instrument_id', '=', instrumentId)
    .where('access_grant.status', '=', 'active')
    .returning('account.email')
    .execute();
  const denied = await query
    .updateTable('access_request')
    .from('account')
    .set({ status: 'denied', reviewer_id: by.reviewerId, reviewed_at: by.now })
    .whereRef('account.id', '=', 'access_request.account_id')
    .where('access_request.instrument_id', '=', instrumentId)
    .where('access_request.status', '=', 'pending')
    .returning('account.email')
    .execute();
  return { revoked: revoked.map((row) => row.email), denied: denied.map((row) => row.email) };
}

function toInstrument(
  row: {
    [K in (typeof columns)[number]]: K extends 'updated_at' ? Date : Tables['instrument'][K];
  },
): Instrument {
  const { updated_at, ...rest } = row;
  return { ...rest, updatedAt: updated_at };
}
