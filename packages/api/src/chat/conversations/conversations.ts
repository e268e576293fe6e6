import type {
  ConversationList,
  ConversationListInput,
  ConversationSummary,
  RenameInput,
} from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import { requireInstrument, requireMember } from '../../access/require.ts';
import { notFound } from '../../errors.ts';
import type { Rayni } from '../../live.ts';
import { ownConversation } from '../own.ts';
import { conversationsOf, markRemoved, setTitle } from './store.ts';

/** The member's own conversations on instruments they may read now, newest first. A guest is nobody in particular and has no list. */
export async function listConversations(
  { app }: Pick<Rayni, 'app'>,
  viewer: Viewer,
  input: ConversationListInput,
): Promise<ConversationList> {
  requireMember(viewer);
  if (input.instrumentId) await requireInstrument(app, viewer, input.instrumentId, 'read');
  return conversationsOf(app.db.query, viewer, input);
}

/** Gives the caller's own conversation another title. */
export async function renameConversation(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  { sessionId, title }: RenameInput,
): Promise<ConversationSummary> {
  await ownConversation(rayni, viewer, sessionId);
  const renamed = await setTitle(rayni.app.db.query, sessionId, title);
  if (!renamed) throw notFound();
  return renamed;
}

/**
 * Deletes the caller's own conversation with the files that were attached to it, also where they may not read the instrument any more. Answers
 * that are being written stop, and nothing of them follows in this process.
 */
export async function removeConversation(
  rayni: Pick<Rayni, 'app' | 'live'>,
  viewer: Viewer,
  sessionId: string,
): Promise<void> {
  const { app, live } = rayni;
  await ownConversation(rayni, viewer, sessionId);
  const removed = await app.db.transaction(async (trx) => {
    const marked = await markRemoved(trx, sessionId, app.clock.now());
    for (const sourceId of marked?.attachments ?? []) await app.jobs.enqueue(trx, 'forget', { sourceId });
    return marked;
  });
  const running = (removed?.running ?? []).flatMap((turnId) => live.running.get(turnId) ?? []);
  for (const { abort } of running) abort.abort('cancelled');
  await Promise.all(running.map(({ over }) => over));
}
