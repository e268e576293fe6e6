import type { App } from '../app.ts';
import { AppError, notFound, unauthenticated } from '../errors.ts';
import { type InstrumentAction, may, refusal, type Viewer } from './policy.ts';
import { instrumentFacts } from './store.ts';

/** The instrument's facts if the viewer may do that with it; otherwise throws the refusal the policy decides on. */
export async function requireInstrument(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  instrumentId: string,
  action: InstrumentAction,
) {
  const facts = await instrumentFacts(app.db.query, viewer, instrumentId);
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
