import type { ApiToken } from '@rayni/contract';
import type { Insertable, Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

const columns = ['id', 'name', 'scope', 'prefix', 'expires_at', 'last_used_at', 'created_at'] as const;

/** Stores a token under the hash of its secret. */
export async function insertToken(query: Query, token: Insertable<Tables['api_token']>) {
  await query.insertInto('api_token').values(token).execute();
}

/** An account's tokens, the newest first; those that expired stay until they are revoked. */
export async function tokensOf(query: Query, accountId: string): Promise<ApiToken[]> {
  const rows = await query
    .selectFrom('api_token')
    .select(columns)
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(toToken);
}

/** Ends a token of that account; undefined when there is none of that id. */
export async function deleteToken(query: Query, accountId: string, id: string) {
  const row = await query
    .deleteFrom('api_token')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returning(columns)
    .executeTakeFirst();
  return row && toToken(row);
}

/** The token of that secret with its active account; undefined when it is unknown, expired or the account not active. */
export function tokenAccount(query: Query, secretHash: string, now: Date) {
  return query
    .selectFrom('api_token')
    .innerJoin('account', 'account.id', 'api_token.account_id')
    .select(['api_token.id as token_id', 'api_token.scope', 'api_token.last_used_at'])
    .select(['account.id', 'account.email', 'account.name', 'account.is_admin', 'account.role'])
    .where('api_token.secret_hash', '=', secretHash)
    .where((eb) => eb.or([eb('api_token.expires_at', 'is', null), eb('api_token.expires_at', '>', now)]))
    .where('account.status', '=', 'active')
    .executeTakeFirst();
}

/** Notes that a token was just used. */
export async function touchToken(query: Query, id: string, now: Date) {
  await query.updateTable('api_token').set({ last_used_at: now }).where('id', '=', id).execute();
}

function toToken(row: {
  id: string;
  name: string;
  scope: ApiToken['scope'];
  prefix: string;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
}): ApiToken {
  const { expires_at, last_used_at, created_at, ...same } = row;
  return { ...same, expiresAt: expires_at, lastUsedAt: last_used_at, createdAt: created_at };
}
