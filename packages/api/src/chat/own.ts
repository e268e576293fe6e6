import { ownsTurn, type Viewer } from '../access/policy.ts';
import { notFound } from '../errors.ts';
import type { Rayni } from '../live.ts';
import { conversationById, newestTurnOf, turnById } from './store.ts';

type Deps = Pick<Rayni, 'app'>;
type Conversation = NonNullable<Awaited<ReturnType<typeof conversationById>>>;

/** The caller's own answer; what is not theirs is not there. */
export async function ownTurn({ app }: Deps, viewer: Viewer, turnId: string) {
  const turn = await turnById(app.db.query, turnId);
  if (!turn || !ownsTurn(viewer, turn, app.clock.now())) throw notFound();
  return turn;
}

/** The caller's own answer, for the id of a question the newest one to it. */
export async function ownAnswer(deps: Deps, viewer: Viewer, id: string) {
  const newest = await newestTurnOf(deps.app.db.query, id);
  return ownTurn(deps, viewer, newest?.id ?? id);
}

/** The conversation that was found, if it is the caller's; a guest's is as old as what was last asked in it. */
export function requireOwn(
  { app }: Deps,
  viewer: Viewer,
  conversation: Conversation | undefined,
): Conversation {
  const owner = conversation && { viewer_key: conversation.viewer_key, created_at: conversation.updated_at };
  if (!owner || !ownsTurn(viewer, owner, app.clock.now())) throw notFound();
  return conversation;
}

/** The caller's own conversation. */
export async function ownConversation(deps: Deps, viewer: Viewer, sessionId: string) {
  return requireOwn(deps, viewer, await conversationById(deps.app.db.query, sessionId));
}
