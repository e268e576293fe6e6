import type { AuditAction, User, UserChangeInput } from '@rayni/contract';
import { recordAudit } from '../access/audit.ts';
import type { Viewer } from '../access/policy.ts';
import { requireAdmin } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import {
  allUsers,
  endAllEntries,
  lockActiveAdmins,
  lockUser,
  neverJoined,
  updateUser,
  userByEmail,
} from './store.ts';

/** Who changes an account: an admin, or the operator at the command line. */
export type Actor = Extract<Viewer, { kind: 'member' }> | 'operator';

/** Everyone who may sign in, was invited or was disabled, by e-mail; for admins and the operator. */
export async function listUsers(app: Pick<App, 'db'>, viewer: Viewer | 'operator'): Promise<User[]> {
  if (viewer !== 'operator') requireAdmin(viewer);
  return allUsers(app.db.query);
}

/** The account with that e-mail, for the operator; undefined when there is none. */
export async function findUser(app: Pick<App, 'db'>, email: string): Promise<User | undefined> {
  return userByEmail(app.db.query, email);
}

/**
 * Changes an account. Disabling ends its sessions, tokens and links at once; enabling makes it what it was, `invited` where it never
 * came. CONFLICT for taking oneself or the last active admin out.
 */
export async function changeUser(
  app: Pick<App, 'db' | 'clock'>,
  actor: Actor,
  input: UserChangeInput,
): Promise<User> {
  return app.db.transaction(async (trx) => {
    const admins = await lockActiveAdmins(trx);
    // Whose own rights were taken a moment ago takes nobody else's any more.
    if (actor !== 'operator' && !admins.includes(actor.userId)) {
      throw new AppError('FORBIDDEN', 'Only administrators may do that.');
    }
    const before = await lockUser(trx, input.id);
    if (!before) throw notFound();
    const disabling = input.status === 'disabled' && before.status !== 'disabled';
    if (disabling || (input.isAdmin === false && before.isAdmin)) {
      if (actor !== 'operator' && actor.userId === before.id) {
        throw new AppError('CONFLICT', 'Ask another administrator to do this to your own account.');
      }
      if (admins.length === 1 && admins[0] === before.id) {
        throw new AppError('CONFLICT', 'This is the last active administrator.');
      }
    }
    const status = input.status && (await nextStatus(trx, before, input.status));
    const after: User = {
      ...before,
      name: input.name ?? before.name,
      role: input.role === undefined ? before.role : input.role,
      isAdmin: input.isAdmin ?? before.isAdmin,
      status: status ?? before.status,
    };
    await updateUser(trx, after.id, after);
    const createdAt = app.clock.now();
    if (disabling) await endAllEntries(trx, after.id, createdAt);
    for (const { action, details } of changes(before, after)) {
      await recordAudit(trx, {
        action,
        actor: actor === 'operator' ? null : actor.email,
        subject: after.email,
        details,
        createdAt,
      });
    }
    return after;
  });
}

async function nextStatus(
  trx: Trx,
  { id, status }: User,
  wanted: 'active' | 'disabled',
): Promise<User['status']> {
  if (wanted === 'disabled' || status === 'active') return wanted;
  if (status === 'invited') throw new AppError('CONFLICT', 'This person has not used the invitation yet.');
  return (await neverJoined(trx, id)) ? 'invited' : 'active';
}

function changes(before: User, after: User): { action: AuditAction; details: Record<string, string> }[] {
  const details: Record<string, string> = {};
  for (const field of ['name', 'role', 'isAdmin'] as const) {
    if (before[field] === after[field]) continue;
    details[field] = String(after[field]);
    details[`${field}Before`] = String(before[field]);
  }
  const found: ReturnType<typeof changes> = [];
  if (Object.keys(details).length > 0) found.push({ action: 'user.changed', details });
  if (before.status !== after.status) {
    found.push({ action: after.status === 'disabled' ? 'user.disabled' : 'user.enabled', details: {} });
  }
  return found;
}
