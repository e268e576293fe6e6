import type { AuditList, AuditListInput, Grant, GrantChangeInput, GrantInput } from '@rayni/contract';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { recordAudit } from './audit.ts';
import type { Viewer } from './policy.ts';
import { holdInstrument, requireAdmin, requireInstrument, requireMember } from './require.ts';
import {
  auditEntries,
  decideRequest,
  grantById,
  grantOf,
  grantsOn,
  lockAccount,
  pendingRequest,
  putGrant,
} from './store.ts';

type Ports = Pick<App, 'db' | 'clock'>;
type Manager = Extract<Viewer, { kind: 'member' }>;

/** Who may use an instrument, for its managers; revoked grants too, by e-mail. */
export async function listGrants(app: Pick<App, 'db'>, viewer: Viewer, instrumentId: string) {
  await requireInstrument(app, viewer, instrumentId, 'manage');
  return grantsOn(app.db.query, instrumentId);
}

/** Gives an account that role; a grant that is there is changed, a revoked one becomes active, a wish that waits is approved with it. An unknown or disabled account is BAD_REQUEST. */
export async function grantAccess(
  app: Ports,
  viewer: Viewer,
  { instrumentId, email, role }: GrantInput,
): Promise<Grant> {
  await requireInstrument(app, viewer, instrumentId, 'manage');
  const manager = requireMember(viewer);
  return app.db.transaction(async (trx) => {
    const account = await lockAccount(trx, { email });
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    if (!account || account.status === 'disabled') {
      const sentence = 'Nobody with this e-mail can use Rayni here.';
      throw new AppError('BAD_REQUEST', sentence, { fields: { email: [sentence] } });
    }
    const waiting = await pendingRequest(trx, account.id, instrumentId);
    if (waiting) {
      const at = app.clock.now();
      await decideRequest(trx, waiting.id, { status: 'approved', reviewerId: manager.userId, at });
      const audit = { actor: manager.email, subject: account.email, instrumentId, createdAt: at };
      await recordAudit(trx, { ...audit, action: 'access.approved' });
    }
    return setGrant(app, trx, manager, {
      userId: account.id,
      userEmail: account.email,
      instrumentId,
      role,
      status: 'active',
    });
  });
}

/** Changes the role of a grant, revokes it, or makes it active again. */
export async function changeGrant(
  app: Ports,
  viewer: Viewer,
  { instrumentId, grantId, role, status }: GrantChangeInput,
): Promise<Grant> {
  await requireInstrument(app, viewer, instrumentId, 'manage');
  const manager = requireMember(viewer);
  return app.db.transaction(async (trx) => {
    const known = await grantById(trx, instrumentId, grantId);
    if (!known) throw notFound();
    await lockAccount(trx, { id: known.userId });
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    // Another change may have come before the lock.
    const held = (await grantById(trx, instrumentId, grantId)) ?? known;
    return setGrant(app, trx, manager, { ...held, role: role ?? held.role, status: status ?? held.status });
  });
}

/** Writes a grant and the audit entry of what it changed, if anything; the account must be locked by the caller. */
export async function setGrant(
  app: Pick<App, 'clock'>,
  trx: Trx,
  manager: Manager,
  wanted: Omit<Grant, 'id' | 'createdAt'>,
): Promise<Grant> {
  const { userId, instrumentId, role, status } = wanted;
  const before = await grantOf(trx, userId, instrumentId);
  if (before?.role === role && before.status === status) return before;
  const now = app.clock.now();
  const grant: Grant = { ...wanted, id: before?.id ?? newId(), createdAt: before?.createdAt ?? now };
  await putGrant(trx, grant, now);
  const revoked = status === 'revoked' && before?.status === 'active';
  await recordAudit(trx, {
    action: revoked ? 'grant.revoked' : before ? 'grant.changed' : 'grant.created',
    actor: manager.email,
    subject: wanted.userEmail,
    instrumentId,
    details: { role, status, ...(before ? { roleBefore: before.role, statusBefore: before.status } : {}) },
    createdAt: now,
  });
  return grant;
}

/** One page of the record of who changed which right, for admins. */
export async function listAudit(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  input: AuditListInput,
): Promise<AuditList> {
  requireAdmin(viewer);
  return auditEntries(app.db.query, input);
}
