import { createHash } from 'node:crypto';
import type { Viewer } from '../access/policy.ts';
import type { App, Trx } from '../app.ts';
import { AppError } from '../errors.ts';
import { takeInvitation } from '../users/invite.ts';
import { forgetSessions, storeSession, toViewer } from './sessions.ts';
import { completeLogin, insertIdentity, lockAccountOfIdentity } from './store.ts';

type Member = Extract<Viewer, { kind: 'member' }>;

/** Who somebody is at a provider. The e-mail is no part of it: it changes, and who may set it is the provider's affair. */
export type Identity = { issuer: string; subject: string };

/** A sign-in at the provider: its state, until when it may be completed, and the token of the invitation it began with. */
export type Login = { state: string; expiresAt: Date; invitation?: string | undefined };

/**
 * Begins a session of the account this proven identity belongs to; with an invitation the identity is bound to the invited account first.
 * No account is ever made here. FORBIDDEN for an unknown identity or a disabled account, NOT_FOUND for an invitation that is not good,
 * CONFLICT for an identity of another account (the invitation stays good), BAD_REQUEST for a sign-in that was completed before.
 */
export async function signInByIdentity(app: Pick<App, 'db' | 'clock'>, identity: Identity, login: Login) {
  const session = await app.db.transaction(async (trx) => {
    const now = app.clock.now();
    const stateHash = createHash('sha256').update(login.state).digest('hex');
    if (!(await completeLogin(trx, { state_hash: stateHash, expires_at: login.expiresAt }))) {
      throw new AppError('BAD_REQUEST', 'This sign-in was completed before. Begin again.');
    }
    const viewer =
      login.invitation === undefined
        ? await memberOf(trx, identity)
        : await bind(trx, identity, login.invitation, now);
    return { ...(await storeSession(trx, viewer.userId, now)), viewer };
  });
  await forgetSessions(app);
  return session;
}

async function memberOf(trx: Trx, identity: Identity): Promise<Member> {
  const account = await lockAccountOfIdentity(trx, identity);
  if (!account) {
    const how = 'No account here belongs to this sign-in. Ask an administrator for an invitation.';
    throw new AppError('FORBIDDEN', how);
  }
  if (account.status !== 'active') throw new AppError('FORBIDDEN', 'This account is disabled.');
  return toViewer(account);
}

async function bind(trx: Trx, { issuer, subject }: Identity, token: string, now: Date): Promise<Member> {
  const viewer = await takeInvitation(trx, token, now, { issuer });
  if (!viewer) {
    const why = 'This invitation was used before, or has expired. Ask an administrator for a new one.';
    throw new AppError('NOT_FOUND', why);
  }
  if (!(await insertIdentity(trx, { issuer, subject, account_id: viewer.userId, created_at: now }))) {
    const why =
      'This sign-in belongs to another account already. The invitation was not used and stays good until it expires.';
    throw new AppError('CONFLICT', why);
  }
  return viewer;
}
