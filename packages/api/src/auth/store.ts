import { type Insertable, type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

/** The active account with that e-mail, whatever its case. */
export function activeAccount(query: Query, email: string) {
  return query
    .selectFrom('account')
    .selectAll()
    .where('email', '=', email.toLowerCase())
    .where('status', '=', 'active')
    .executeTakeFirst();
}

/** The active account of that id. */
export function accountById(query: Query, id: string) {
  return query
    .selectFrom('account')
    .selectAll()
    .where('id', '=', id)
    .where('status', '=', 'active')
    .executeTakeFirst();
}

/** Stores a session under the hash of its secret. */
export async function insertSession(query: Query, session: Insertable<Tables['auth_session']>) {
  await query.insertInto('auth_session').values(session).execute();
}

/** Ends a session; one that is not there is no error. */
export async function deleteSession(query: Query, idHash: string) {
  await query.deleteFrom('auth_session').where('id_hash', '=', idHash).execute();
}

/** The active account of a session that is neither expired nor idle for longer than allowed. */
export function sessionAccount(query: Query, idHash: string, now: Date, idleSince: Date) {
  return query
    .selectFrom('auth_session')
    .innerJoin('account', 'account.id', 'auth_session.account_id')
    .select([
      'account.id',
      'account.email',
      'account.name',
      'account.is_admin',
      'account.role',
      'auth_session.last_seen_at',
    ])
    .where('auth_session.id_hash', '=', idHash)
    .where('auth_session.expires_at', '>', now)
    .where('auth_session.last_seen_at', '>', idleSince)
    .where('account.status', '=', 'active')
    .executeTakeFirst();
}

/** Notes that a session was just used. */
export async function touchSession(query: Query, idHash: string, now: Date) {
  await query.updateTable('auth_session').set({ last_seen_at: now }).where('id_hash', '=', idHash).execute();
}

/** Removes what can no longer be used; housekeeping, not a right. */
export async function deleteExpiredSessions(query: Query, now: Date) {
  await query.deleteFrom('auth_session').where(sql`expires_at`, '<', now).execute();
}
