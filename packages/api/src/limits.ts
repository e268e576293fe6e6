import type { LimitClass } from './app.ts';
import { callerOf } from './access/policy.ts';
import type { Context } from './context.ts';
import { AppError } from './errors.ts';

/** How each mutation is counted, at both doors. Total, which a test holds: what is `free` here was meant to be. Queries are free. */
export const limitOf: Readonly<Record<string, LimitClass | 'free'>> = {
  'auth.login': 'login',
  'tokens.create': 'login',
  'users.invite': 'login',

  'chat.start': 'questions',
  'chat.ask': 'questions',
  'chat.attach': 'questions',
  'chat.regenerate': 'questions',
  'chat.regenerateAndWait': 'questions',

  'chat.feedback': 'feedback',
  'chat.proofFeedback': 'feedback',
  'feedback.create': 'feedback',
  'access.request': 'feedback',

  // One of the steps of an upload, so that a file counts once.
  'uploads.initiate': 'uploads',
  'uploads.complete': 'free',
  'chat.initiateAttachment': 'uploads',
  'sources.create': 'uploads',
  'sources.refetch': 'uploads',
  'connectors.create': 'uploads',
  'connectors.sync': 'uploads',

  'auth.logout': 'free',
  'chat.cancel': 'free',
  'chat.rename': 'free',
  'chat.remove': 'free',
  'tokens.revoke': 'free',
  'feedback.respond': 'free',
  'faq.save': 'free',
  'faq.remove': 'free',
  'access.approve': 'free',
  'access.deny': 'free',
  'access.grant': 'free',
  'access.changeGrant': 'free',
  'users.change': 'free',
  'instruments.create': 'free',
  'instruments.update': 'free',
  'instruments.replace': 'free',
  'instruments.delete': 'free',
  'folders.create': 'free',
  'folders.update': 'free',
  'folders.delete': 'free',
  'sources.edit': 'free',
  'sources.update': 'free',
  'sources.approveMany': 'free',
  'sources.moveMany': 'free',
  'sources.archive': 'free',
  'sources.delete': 'free',
  'connectors.remove': 'free',
  'jobs.retry': 'free',
  'jobs.cancel': 'free',
};

/** Counts a call of that procedure; RATE_LIMITED when its caller has made too many, and then nothing was done. */
export async function requireRate(ctx: Context, path: string): Promise<void> {
  const kind = limitOf[path] ?? 'free';
  if (kind !== 'free') await takeRate(ctx, kind);
}

/** The same for what is no procedure. Whoever guesses secrets is counted by address: a session would only double the guesses. */
export async function takeRate(
  { settings, viewer, address }: Pick<Context, 'settings' | 'viewer' | 'address'>,
  kind: LimitClass,
): Promise<void> {
  const caller = kind === 'login' && address !== undefined ? `address:${address}` : callerOf(viewer);
  const retryAfter = await settings.limits?.take(kind, caller);
  if (retryAfter !== undefined) throw tooMany(retryAfter);
}

const tooMany = (retryAfter: number) =>
  new AppError('RATE_LIMITED', `Too many requests. Try again in ${retryAfter} s.`, { retryAfter });
