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
  if (viewer.kind === 'guest' && (action === 'upload' || action === 'manage')) throw unauthenticated();
  const facts = await instrumentFacts(app.db.query, viewer, instrumentId);
  if (!facts) throw notFound();
  if (may(viewer, action, facts)) return facts;
  const code = refusal(viewer, action, facts);
  if (code === 'NOT_FOUND') throw notFound();
  if (code === 'UNAUTHENTICATED') throw unauthenticated();
  throw new AppError('FORBIDDEN', refusalText[action]);
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
