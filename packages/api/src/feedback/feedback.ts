import type { Feedback, FeedbackInput, FeedbackList, FeedbackListInput, RespondInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { requireAdmin } from '../access/require.ts';
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { closeFeedback, feedbackPage, insertFeedback } from './store.ts';

const longestUserAgent = 500;

/** Keeps what anybody tells those who run this; a member who names no e-mail is reached under their own. */
export function createFeedback(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  userAgent: string | undefined,
  input: FeedbackInput,
): Promise<Feedback> {
  const member = viewer.kind === 'member' ? viewer : undefined;
  return insertFeedback(app.db.query, {
    id: newId(),
    account_id: member?.userId ?? null,
    email: input.email || member?.email || null,
    category: input.category,
    body: input.body,
    route: input.route ?? null,
    instrument_id: input.instrumentId ?? null,
    last_turn_id: input.lastTurnId ?? null,
    user_agent: userAgent?.slice(0, longestUserAgent) ?? null,
    meta: storable(input.meta ?? {}),
    status: 'open',
    created_at: app.clock.now(),
  });
}

/** For admins: what was told, newest first. */
export async function listFeedback(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  input: FeedbackListInput,
): Promise<FeedbackList> {
  requireAdmin(viewer);
  return feedbackPage(app.db.query, input);
}

/** For admins: answers and closes; answering again replaces the former response. */
export async function respondToFeedback(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  { id, response }: RespondInput,
): Promise<Feedback> {
  requireAdmin(viewer);
  const closed = await closeFeedback(app.db.query, id, response, app.clock.now());
  if (!closed) throw notFound();
  return closed;
}

/** JSON without what a jsonb column refuses: escaped NUL and halves of surrogate pairs; an escaped backslash before them stays one. */
const storable = (value: object): string =>
  JSON.stringify(value).replaceAll(/(\\\\)|\\u(?:0000|d[89a-f][0-9a-f]{2})/g, (_, backslash = '') =>
    String(backslash),
  );
