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

/** Ends a session and says whose it was; undefined when it is not there. */
export async function deleteSession(query: Query, idHash: string): Promise<string | undefined> {
  const ended = await query
    .deleteFrom('auth_session')
    .where('id_hash', '=', idHash)
    .returning('account_id')
    .executeTakeFirst();
  return ended?.account_id;
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
  await query.deleteFrom('completed_login').where('expires_at', '<', now).execute();
}

/** Notes that a sign-in is completed; false when it was before. Of two at once one gets it. */
export async function completeLogin(
  query: Query,
  login: Insertable<Tables['completed_login']>,
): Promise<boolean> {
  const noted = await query
    .insertInto('completed_login')
    .values(login)
    .onConflict((oc) => oc.column('state_hash').doNothing())
    .returning('state_hash')
    .executeTakeFirst();
  return noted !== undefined;
}

/** The account an identity belongs to, whatever its status, held until the transaction ends. */
export function lockAccountOfIdentity(
  query: Query,
  identity: Pick<Tables['identity'], 'issuer' | 'subject'>,
) {
  return query
    .selectFrom('identity')
    .innerJoin('account', 'account.id', 'identity.account_id')
    .selectAll('account')
    .where('identity.issuer', '=', identity.issuer)
    .where('identity.subject', '=', identity.subject)
    .forNoKeyUpdate('account')
    .executeTakeFirst();
}

/** Gives an identity to an account; false when somebody has it already. */
export async function insertIdentity(
  query: Query,
  identity: Insertable<Tables['identity']>,
): Promise<boolean> {
  const bound = await query
    .insertInto('identity')
    .values(identity)
    .onConflict((oc) => oc.columns(['issuer', 'subject']).doNothing())
    .returning('account_id')
    .executeTakeFirst();
  return bound !== undefined;
}
