import type { GrantRole, User } from '@rayni/contract';
import { type Insertable, type Kysely, sql, type Updateable } from 'kysely';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

const columns = ['id', 'email', 'name', 'is_admin as isAdmin', 'role', 'status'] as const;
const users = (query: Query) => query.selectFrom('account').select(columns).select('created_at as createdAt');

/** Everyone, by e-mail. */
export function allUsers(query: Query): Promise<User[]> {
  return users(query).orderBy(sql`email collate "C"`).execute();
}

/** One account. */
export function userById(query: Query, id: string) {
  return users(query).where('id', '=', id).executeTakeFirst();
}

/** The account with that e-mail, whatever its case. */
export function userByEmail(query: Query, email: string) {
  return users(query).where('email', '=', email.toLowerCase()).executeTakeFirst();
}

/** One account, held until the transaction ends. */
export function lockUser(query: Query, id: string) {
  return users(query).where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/** An account with that e-mail, held until the transaction ends: the one that is there, or a new invited one. */
export async function invitedUser(
  query: Query,
  user: { id: string; email: string; createdAt: Date },
): Promise<User> {
  await query
    .insertInto('account')
    .values({
      id: user.id,
      email: user.email,
      name: '',
      is_admin: false,
      role: null,
      status: 'invited',
      created_at: user.createdAt,
    })
    .onConflict((oc) => oc.column('email').doNothing())
    .execute();
  return users(query).where('email', '=', user.email).forNoKeyUpdate().executeTakeFirstOrThrow();
}

/** Ids of the admins who can act, held until the transaction ends: of two who remove each other's rights the second sees the first. */
export async function lockActiveAdmins(query: Query): Promise<string[]> {
  const rows = await query
    .selectFrom('account')
    .select('id')
    .where('is_admin', '=', true)
    .where('status', '=', 'active')
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  return rows.map(({ id }) => id);
}

export type UserChange = {
  name?: string | undefined;
  role?: GrantRole | null | undefined;
  isAdmin?: boolean | undefined;
  status?: User['status'] | undefined;
};

/** Changes an account; what is undefined stays as it is. */
export async function updateUser(query: Query, id: string, change: UserChange): Promise<void> {
  const set: Updateable<Tables['account']> = {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.role === undefined ? {} : { role: change.role }),
    ...(change.isAdmin === undefined ? {} : { is_admin: change.isAdmin }),
    ...(change.status === undefined ? {} : { status: change.status }),
  };
  if (Object.keys(set).length === 0) return;
  await query.updateTable('account').set(set).where('id', '=', id).execute();
}

/** Ends everything an account can act with: sessions, API tokens, links not yet used. */
export async function endAllEntries(query: Query, accountId: string, now: Date): Promise<void> {
  await query.deleteFrom('auth_session').where('account_id', '=', accountId).execute();
  await query.deleteFrom('api_token').where('account_id', '=', accountId).execute();
  await endInvitations(query, accountId, now);
}

/** Ends the links of an account that were not used. */
export async function endInvitations(query: Query, accountId: string, now: Date): Promise<void> {
  await query
    .updateTable('invitation')
    .set({ expires_at: now })
    .where('account_id', '=', accountId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
}

/** Was this account invited without ever having come? */
export async function neverJoined(query: Query, accountId: string): Promise<boolean> {
  const { rows } = await sql<{ waiting: boolean | null }>`
    select bool_and(used_at is null) as waiting from invitation where account_id = ${accountId}`.execute(
    query,
  );
  return rows[0]?.waiting === true;
}

/** Stores a link under the hash of its token. */
export async function insertInvitation(query: Query, row: Insertable<Tables['invitation']>): Promise<void> {
  await query.insertInto('invitation').values(row).execute();
}

/** Whose link that is, if it is one. */
export async function invitationAccount(query: Query, tokenHash: string): Promise<string | undefined> {
  const found = await query
    .selectFrom('invitation')
    .select('account_id')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return found?.account_id;
}

/** Uses a link up; false when it is unknown, used or expired. Of two at once one gets it. */
export async function useInvitation(query: Query, tokenHash: string, now: Date): Promise<boolean> {
  const used = await query
    .updateTable('invitation')
    .set({ used_at: now })
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('account_id')
    .executeTakeFirst();
  return used !== undefined;
}

/** Is there such a link, neither used nor expired, of an account that has not come yet? */
export async function goodInvitation(query: Query, tokenHash: string, now: Date): Promise<boolean> {
  const found = await query
    .selectFrom('invitation')
    .innerJoin('account', 'account.id', 'invitation.account_id')
    .select('account.id')
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where('account.status', '=', 'invited')
    .executeTakeFirst();
  return found !== undefined;
}
