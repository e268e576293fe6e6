import type {
  AccessDecisionInput,
  AccessRequest,
  AccessRequestInput,
  AccessRequestsInput,
} from '@rayni/contract';
import type { App } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { recordAudit } from './audit.ts';
import { setGrant } from './grants.ts';
import type { Viewer } from './policy.ts';
import { holdInstrument, requireInstrument, requireMember } from './require.ts';
import {
  accessRequestById,
  accessRequests,
  decideRequest,
  grantOf,
  insertRequest,
  lockAccount,
  pendingRequest,
} from './store.ts';

type Ports = Pick<App, 'db' | 'clock'>;

/**
 * A member's wish to use an instrument, a public one too: a grant outlives its being closed. While one waits it is returned again;
 * CONFLICT for who has access by a grant or as an admin.
 */
export async function requestAccess(
  app: Ports,
  viewer: Viewer,
  { instrumentId, reason }: AccessRequestInput,
): Promise<AccessRequest> {
  const member = requireMember(viewer);
  await requireInstrument(app, member, instrumentId, 'know');
  if (member.isAdmin) throw hasAccess();
  return app.db.transaction(async (trx) => {
    // Two wishes at once, or a wish and a decision, go one after the other.
    await lockAccount(trx, { id: member.userId });
    const grant = await grantOf(trx, member.userId, instrumentId);
    if (grant?.status === 'active') throw hasAccess();
    const waiting = await pendingRequest(trx, member.userId, instrumentId);
    if (waiting) return waiting;
    const createdAt = app.clock.now();
    const id = newId();
    await insertRequest(trx, {
      id,
      account_id: member.userId,
      instrument_id: instrumentId,
      reason,
      status: 'pending',
      reviewer_id: null,
      created_at: createdAt,
    });
    await recordAudit(trx, {
      action: 'access.requested',
      actor: member.email,
      subject: member.email,
      instrumentId,
      createdAt,
    });
    return found(await accessRequestById(trx, instrumentId, id));
  });
}

/** The caller's own wishes and what became of them, newest first. */
export async function ownRequests(app: Pick<App, 'db'>, viewer: Viewer): Promise<AccessRequest[]> {
  return accessRequests(app.db.query, { userId: requireMember(viewer).userId });
}

/** The wishes for an instrument, for its managers, newest first. */
export async function requestsOn(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  input: AccessRequestsInput,
): Promise<AccessRequest[]> {
  await requireInstrument(app, viewer, input.instrumentId, 'manage');
  return accessRequests(app.db.query, input);
}

/** Decides a wish, once: approving makes the grant with it. CONFLICT when it was decided before. */
export async function decideAccess(
  app: Ports,
  viewer: Viewer,
  { instrumentId, requestId }: AccessDecisionInput,
  status: 'approved' | 'denied',
): Promise<AccessRequest> {
  await requireInstrument(app, viewer, instrumentId, 'manage');
  const manager = requireMember(viewer);
  return app.db.transaction(async (trx) => {
    const { userId } = found(await accessRequestById(trx, instrumentId, requestId));
    await lockAccount(trx, { id: userId });
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    const at = app.clock.now();
    if (!(await decideRequest(trx, requestId, { status, reviewerId: manager.userId, at }))) {
      throw new AppError('CONFLICT', 'This request was decided before.');
    }
    const decided = found(await accessRequestById(trx, instrumentId, requestId));
    const audit = { actor: manager.email, subject: decided.userEmail, instrumentId, createdAt: at };
    await recordAudit(trx, { ...audit, action: status === 'approved' ? 'access.approved' : 'access.denied' });
    if (status === 'approved') {
      const held = await grantOf(trx, userId, instrumentId);
      // Who was made a manager while the wish waited stays one.
      const role = held?.status === 'active' ? held.role : 'trained_user';
      await setGrant(app, trx, manager, {
        userId,
        userEmail: decided.userEmail,
        instrumentId,
        role,
        status: 'active',
      });
    }
    return decided;
  });
}

const hasAccess = () => new AppError('CONFLICT', 'You have access to this instrument already.');

function found<T>(row: T | undefined): T {
  if (!row) throw notFound();
  return row;
}
