import { createHash, randomBytes } from 'node:crypto';
import { guestTurnHours, type Viewer } from '../access/policy.ts';
import { lockAccount, tellRights } from '../access/store.ts';
import type { App } from '../app.ts';
import { AppError, unauthenticated } from '../errors.ts';
import {
  accountById,
  activeAccount,
  deleteExpiredSessions,
  deleteSession,
  insertSession,
  sessionAccount,
  touchSession,
} from './store.ts';

/** Sessions end after 12 hours without a request and after 7 days in any case. */
export const idleHours = 12;
/** Days after which a session ends in any case. */
export const absoluteDays = 7;
const touchEveryMs = 60_000;
const dayMs = 86_400_000;

const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');

/** Demo login: an e-mail is enough. The host offers it in development mode only. Returns the new session's secret for the cookie. */
export async function loginByEmail(app: Pick<App, 'db' | 'clock'>, email: string) {
  const account = await activeAccount(app.db.query, email);
  if (!account)
    throw new AppError('BAD_REQUEST', 'User not found', { fields: { email: ['User not found'] } });
  return { ...(await openSession(app, account.id)), viewer: toViewer(account) };
}

/** Begins a session of that account, UNAUTHENTICATED if it is not active; the secret belongs into its cookie and nowhere else. */
export async function openSession(app: Pick<App, 'db' | 'clock'>, accountId: string) {
  const now = app.clock.now();
  await deleteExpiredSessions(app.db.query, now);
  return app.db.transaction(async (trx) => {
    // Whoever disables the account meanwhile waits, and ends this session too.
    if ((await lockAccount(trx, { id: accountId }))?.status !== 'active') throw unauthenticated();
    return storeSession(trx, accountId, now);
  });
}

/** The same inside a transaction that holds the account: whoever disables it meanwhile ends this session too. */
export async function storeSession(query: App['db']['query'], accountId: string, now: Date) {
  const secret = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + absoluteDays * 86_400_000);
  await insertSession(query, {
    id_hash: sha256(secret),
    account_id: accountId,
    created_at: now,
    last_seen_at: now,
    expires_at: expiresAt,
  });
  return { secret, expiresAt };
}

/** Ends the session at once, with what is read by it; an unknown one is no error. */
export async function logout(app: Pick<App, 'db'>, secret: string) {
  await app.db.transaction(async (trx) => {
    const accountId = await deleteSession(trx, sha256(secret));
    if (accountId) await tellRights(trx, accountId);
  });
}

/** Removes sessions that can no longer be used: expired, or idle for too long. */
export async function forgetSessions(app: Pick<App, 'db' | 'clock'>) {
  await deleteExpiredSessions(app.db.query, app.clock.now());
}

/** Who holds this session secret; undefined when it is unknown, ended, idle or its account disabled. */
export async function viewerOfSession(
  app: Pick<App, 'db' | 'clock'>,
  secret: string,
): Promise<Viewer | undefined> {
  const now = app.clock.now();
  const session = sha256(secret);
  const row = await sessionAccount(
    app.db.query,
    session,
    now,
    new Date(now.getTime() - idleHours * 3_600_000),
  );
  if (!row) return undefined;
  if (now.getTime() - row.last_seen_at.getTime() > touchEveryMs) {
    await touchSession(app.db.query, session, now);
  }
  return { ...toViewer(row), entry: { session } };
}

/** The member behind an account id; undefined when the account is gone or disabled. */
export async function viewerOfAccount(
  app: { db: Pick<App['db'], 'query'> },
  accountId: string,
): Promise<Viewer | undefined> {
  const row = await accountById(app.db.query, accountId);
  return row && toViewer(row);
}

/** A guest's caller key: changes every day, tells nothing about the address without the salt. */
export function guestViewer(address: string, userAgent: string, salt: string, now: Date): Viewer {
  const keyOn = (at: number): `guest:${string}` => {
    const day = new Date(at).toISOString().slice(0, 10);
    return `guest:${sha256(`${address}\n${userAgent}\n${salt}\n${day}`)}`;
  };
  const since = new Date(now.getTime() - guestTurnHours * 3_600_000);
  return {
    kind: 'guest',
    key: keyOn(now.getTime()),
    formerKey: keyOn(now.getTime() - dayMs),
    since,
    address,
  };
}

/** The member of an account's row. */
export function toViewer(row: {
  id: string;
  email: string;
  name: string;
  is_admin: boolean;
  role: Extract<Viewer, { kind: 'member' }>['role'];
}): Extract<Viewer, { kind: 'member' }> {
  return {
    kind: 'member',
    key: `user:${row.id}`,
    userId: row.id,
    email: row.email,
    name: row.name,
    isAdmin: row.is_admin,
    role: row.role,
  };
}
