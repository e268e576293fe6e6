import { createHash, randomBytes } from 'node:crypto';
import type { Invitation, InviteInput } from '@rayni/contract';
import { recordAudit } from '../access/audit.ts';
import type { Viewer } from '../access/policy.ts';
import type { App, Trx } from '../app.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Settings } from '../live.ts';
import {
  endInvitations,
  goodInvitation,
  insertInvitation,
  invitationAccount,
  invitedUser,
  lockUser,
  updateUser,
  useInvitation,
  userById,
} from './store.ts';

/** Days for which the link of an invitation works. */
export const invitationDays = 7;

const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');

/**
 * Makes an account, or takes the one that was invited before, and a new link for it; former links end. The link is told here, and in the
 * log where an e-mail alone signs in anyway; only its hash is stored. CONFLICT for who is active or disabled. `actor` is the inviting admin's e-mail, null for the operator.
 */
export async function inviteUser(
  app: Pick<App, 'db' | 'clock' | 'log'>,
  { publicUrl, demoLogin }: Pick<Settings, 'publicUrl' | 'demoLogin'>,
  actor: string | null,
  input: InviteInput,
): Promise<Invitation> {
  const now = app.clock.now();
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + invitationDays * 86_400_000);
  const user = await app.db.transaction(async (trx) => {
    const { id, status } = await invitedUser(trx, { id: newId(), email: input.email, createdAt: now });
    if (status === 'active') throw new AppError('CONFLICT', 'This person has an account already.');
    if (status === 'disabled') {
      throw new AppError('CONFLICT', 'This account is disabled. Enable it instead of inviting again.');
    }
    const { name, role, isAdmin } = input;
    await updateUser(trx, id, { name, role, isAdmin });
    await endInvitations(trx, id, now);
    await insertInvitation(trx, {
      token_hash: sha256(token),
      account_id: id,
      created_at: now,
      expires_at: expiresAt,
    });
    const invited = await userById(trx, id);
    if (!invited) throw new Error('the account that was just locked is gone');
    await recordAudit(trx, {
      action: 'user.invited',
      actor,
      subject: invited.email,
      details: { isAdmin: String(invited.isAdmin), ...(invited.role ? { role: invited.role } : {}) },
      createdAt: now,
    });
    return invited;
  });
  const url = `${publicUrl()}/auth/invite/${token}`;
  app.log.info({ email: user.email, ...(demoLogin && { link: url }), expiresAt }, 'Someone was invited');
  return { user, url, expiresAt };
}

type Member = Extract<Viewer, { kind: 'member' }>;

/** Uses a link up, once, and makes its account active; undefined when the link is unknown, used, expired or its account was disabled. */
export async function acceptInvitation(
  app: Pick<App, 'db' | 'clock'>,
  token: string,
): Promise<Member | undefined> {
  return app.db.transaction((trx) => takeInvitation(trx, token, app.clock.now()));
}

/** The same inside a transaction, which holds the account from then on. `details` go beside it into the record. */
export async function takeInvitation(
  trx: Trx,
  token: string,
  createdAt: Date,
  details: Record<string, string> = {},
): Promise<Member | undefined> {
  const hash = sha256(token);
  const id = await invitationAccount(trx, hash);
  // The account before the link, as everything does that ends links.
  const user = id && (await lockUser(trx, id));
  if (!user || !(await useInvitation(trx, hash, createdAt)) || user.status !== 'invited') return undefined;
  await updateUser(trx, user.id, { status: 'active' });
  const { id: userId, email, name, isAdmin, role } = user;
  await recordAudit(trx, { action: 'user.joined', actor: email, subject: email, details, createdAt });
  return { kind: 'member', key: `user:${userId}`, userId, email, name, isAdmin, role };
}

/** Would this link be good right now? Uses nothing up. */
export async function isInvitationGood(app: Pick<App, 'db' | 'clock'>, token: string): Promise<boolean> {
  return goodInvitation(app.db.query, sha256(token), app.clock.now());
}
