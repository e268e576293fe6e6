import { createHash, randomBytes } from 'node:crypto';
import type { ApiToken, TokenCreated, TokenCreateInput, TokenScope } from '@rayni/contract';
import { recordAudit } from '../access/audit.ts';
import type { Viewer } from '../access/policy.ts';
import { requireMember } from '../access/require.ts';
import { lockAccount, tellRights } from '../access/store.ts';
import type { App } from '../app.ts';
import { toViewer } from '../auth/sessions.ts';
import { AppError, notFound, unauthenticated } from '../errors.ts';
import { newId } from '../ids.ts';
import { deleteToken, insertToken, tokenAccount, tokensOf, touchToken } from './store.ts';

const touchEveryMs = 60_000;
const prefixLength = 'rayni_'.length + 6;
const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');

/** Makes a token of the caller; its secret is told this once and stored nowhere. `sent` is the token that asks, if any: a stolen one must not outlive itself. */
export async function createToken(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  sent: TokenScope | undefined,
  { name, scope, expiresInDays }: TokenCreateInput,
): Promise<TokenCreated> {
  const { userId, email } = requireMember(viewer);
  if (sent) throw new AppError('FORBIDDEN', 'A token is made by somebody who is signed in, not by a token.');
  const secret = `rayni_${randomBytes(32).toString('base64url')}`;
  const createdAt = app.clock.now();
  const token: ApiToken = {
    id: newId(),
    name,
    scope,
    prefix: secret.slice(0, prefixLength),
    expiresAt: expiresInDays ? new Date(createdAt.getTime() + expiresInDays * 86_400_000) : null,
    lastUsedAt: null,
    createdAt,
  };
  await app.db.transaction(async (trx) => {
    // Whoever disables the account meanwhile waits, and ends this token too.
    if ((await lockAccount(trx, { id: userId }))?.status !== 'active') throw unauthenticated();
    await insertToken(trx, {
      id: token.id,
      account_id: userId,
      name,
      scope,
      prefix: token.prefix,
      secret_hash: sha256(secret),
      expires_at: token.expiresAt,
      created_at: createdAt,
    });
    await recordAudit(trx, {
      action: 'token.created',
      actor: email,
      subject: email,
      details: { token: token.prefix, name, scope },
      createdAt,
    });
  });
  return { ...token, secret };
}

/** The caller's own tokens, without their secrets. */
export function listTokens(app: Pick<App, 'db'>, viewer: Viewer): Promise<ApiToken[]> {
  return tokensOf(app.db.query, requireMember(viewer).userId);
}

/** Ends a token of the caller at once, with what is read by it; somebody else's is not there, for admins neither: they disable its account. */
export async function revokeToken(app: Pick<App, 'db' | 'clock'>, viewer: Viewer, id: string): Promise<void> {
  const { userId, email } = requireMember(viewer);
  await app.db.transaction(async (trx) => {
    const token = await deleteToken(trx, userId, id);
    if (!token) throw notFound();
    await tellRights(trx, userId);
    await recordAudit(trx, {
      action: 'token.revoked',
      actor: email,
      subject: email,
      details: { token: token.prefix, name: token.name, scope: token.scope },
      createdAt: app.clock.now(),
    });
  });
}

/** Who holds this token's secret, and what for; undefined when it is unknown, revoked, expired or its account not active. */
export async function viewerOfToken(
  app: Pick<App, 'db' | 'clock'>,
  secret: string,
): Promise<{ viewer: Viewer; scope: TokenScope } | undefined> {
  const now = app.clock.now();
  const row = await tokenAccount(app.db.query, sha256(secret), now);
  if (!row) return undefined;
  if (now.getTime() - (row.last_used_at?.getTime() ?? 0) >= touchEveryMs) {
    await touchToken(app.db.query, row.token_id, now);
  }
  return { viewer: { ...toViewer(row), entry: { token: row.token_id } }, scope: row.scope };
}
