import type { App, Trx } from '../app.ts';
import { viewerOfAccount } from '../auth/sessions.ts';
import { AppError, notFound, unauthenticated } from '../errors.ts';
import { type InstrumentAction, may, refusal, type Viewer } from './policy.ts';
import { instrumentFacts, lockInstrument } from './store.ts';

/** The instrument's facts if the viewer may do that with it; otherwise throws the refusal the policy decides on. */
export async function requireInstrument(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  instrumentId: string,
  action: InstrumentAction,
) {
  const facts = await instrumentFacts(app.db.query, viewer, instrumentId);
  return allowed(viewer, action, facts);
}

/**
 * Asks the same once more, of who the viewer is by now, inside the transaction that acts; until it ends nobody deletes the instrument,
 * changes it or who may use it. Sources come first, as with whoever publishes one: hold the instrument after what else is locked.
 */
export async function holdInstrument(
  trx: Trx,
  viewer: Viewer,
  instrumentId: string,
  action: InstrumentAction,
): Promise<{ manages: boolean }> {
  // A statement of its own: what is read after it is what the one before us left.
  await lockInstrument(trx, instrumentId);
  const asker = await currentViewer(trx, viewer);
  const facts = allowed(asker, action, await instrumentFacts(trx, asker, instrumentId));
  return { manages: may(asker, 'manage', facts) };
}

async function currentViewer(trx: Trx, viewer: Viewer): Promise<Viewer> {
  if (viewer.kind === 'guest') return viewer;
  const member = await viewerOfAccount({ db: { query: trx } }, viewer.userId);
  if (!member) throw unauthenticated();
  return member;
}

function allowed<Facts extends Parameters<typeof may>[2]>(
  viewer: Viewer,
  action: InstrumentAction,
  facts: Facts | undefined,
): Facts {
  if (facts && may(viewer, action, facts)) return facts;
  switch (refusal(viewer, action, facts)) {
    case 'UNAUTHENTICATED':
      throw unauthenticated();
    case 'NOT_FOUND':
      throw notFound();
    case 'FORBIDDEN':
      throw new AppError('FORBIDDEN', refusalText[action]);
  }
}

const refusalText: Record<InstrumentAction, string> = {
  know: 'You have no access to this instrument.',
  read: 'You have no access to this instrument. Ask for access first.',
  upload: 'Only managers of this instrument may add documents to it.',
  manage: 'Only managers of this instrument may do that.',
};

/** The member who asks; a guest gets UNAUTHENTICATED. */
export function requireMember(viewer: Viewer): Extract<Viewer, { kind: 'member' }> {
  if (viewer.kind === 'guest') throw unauthenticated();
  return viewer;
}

/** The admin who asks; a guest gets UNAUTHENTICATED, any other member FORBIDDEN. */
export function requireAdmin(viewer: Viewer): Extract<Viewer, { kind: 'member' }> {
  const member = requireMember(viewer);
  if (!member.isAdmin) throw new AppError('FORBIDDEN', 'Only administrators may do that.');
  return member;
}
