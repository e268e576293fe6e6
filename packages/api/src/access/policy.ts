import type { GrantRole, SourceStatus, Visibility } from '@rayni/contract';

/**
 * Who asks. `key` names the caller in turns and conversations; a guest's is used for those, its `address` for limits, neither for rights.
 * `formerKey` is what the same guest was called the day before; where nothing was asked after `since` a conversation is not theirs any more.
 */
export type Viewer =
  | { kind: 'guest'; key: `guest:${string}`; formerKey?: `guest:${string}`; since?: Date; address?: string }
  | {
      kind: 'member';
      key: `user:${string}`;
      userId: string;
      email: string;
      name: string;
      isAdmin: boolean;
      role: GrantRole | null;
      /** Of their sessions and tokens the one by which they came, as it is kept. */
      entry?: { session: string } | { token: string } | undefined;
    };

/** The same caller, however they came: what they have begun goes on when they leave. */
export const lasting = (viewer: Viewer): Viewer =>
  viewer.kind === 'member' ? { ...viewer, entry: undefined } : viewer;

/** Under which names something may stand that this caller handed in: a guest's changes at midnight, between a question and its repetition. */
export const keysOf = (viewer: Viewer): string[] =>
  viewer.kind === 'guest' && viewer.formerKey ? [viewer.key, viewer.formerKey] : [viewer.key];

/** Whose limits count: a guest's are its address's, since everything else about it is its own choice. */
export const callerOf = (viewer: Viewer): string =>
  viewer.kind === 'guest' && viewer.address !== undefined ? `address:${viewer.address}` : viewer.key;

/** What decides about an instrument: its visibility and the viewer's own active grant on it. */
export type InstrumentFacts = { visibility: Visibility; grant: GrantRole | null };

/** What one may want of an instrument: know that it exists, read and ask, add documents, decide about it. */
export type InstrumentAction = 'know' | 'read' | 'upload' | 'manage';

/** May `viewer` do that with the instrument? Admins are managers everywhere; every member knows the catalogue. */
export function may(
  viewer: Viewer,
  action: InstrumentAction,
  facts: InstrumentFacts & { trainedMayUpload?: boolean },
): boolean {
  const manager = viewer.kind === 'member' && (viewer.isAdmin || facts.grant === 'instrument_manager');
  switch (action) {
    case 'know':
      return facts.visibility === 'public' || viewer.kind === 'member';
    case 'read':
      return facts.visibility === 'public' || manager || facts.grant !== null;
    case 'upload':
      return manager || (facts.grant === 'trained_user' && facts.trainedMayUpload === true);
    case 'manage':
      return manager;
  }
}

/** May `viewer` know how far a source of the library is? The same rule as `visibleSources` with `own`. */
export function mayFollow(
  viewer: Viewer,
  facts: InstrumentFacts,
  source: { status: SourceStatus; createdBy: string | null },
): boolean {
  if (!may(viewer, 'read', facts)) return false;
  if (source.status === 'approved' || source.status === 'archived') return true;
  if (may(viewer, 'manage', facts)) return true;
  return viewer.kind === 'member' && source.createdBy === viewer.userId;
}

/** How a refusal looks: sign in first (whether the instrument exists or not), hidden as if it did not exist, or plainly forbidden. */
export function refusal(
  viewer: Viewer,
  action: InstrumentAction,
  facts: InstrumentFacts | undefined,
): 'UNAUTHENTICATED' | 'NOT_FOUND' | 'FORBIDDEN' {
  if (viewer.kind === 'guest' && (action === 'upload' || action === 'manage')) return 'UNAUTHENTICATED';
  return facts && may(viewer, 'know', facts) ? 'FORBIDDEN' : 'NOT_FOUND';
}

/** Hours for which a guest's turn can be read again. */
export const guestTurnHours = 24;

/** A member's turn is theirs; a guest's belongs to whoever asks as a guest and knows its id, for 24 hours. */
export function ownsTurn(viewer: Viewer, turn: { viewer_key: string; created_at: Date }, now: Date): boolean {
  if (viewer.kind === 'member') return turn.viewer_key === viewer.key;
  const age = now.getTime() - turn.created_at.getTime();
  return turn.viewer_key.startsWith('guest:') && age < guestTurnHours * 3_600_000;
}

/** Of the turns of a conversation that is the viewer's, those still theirs: it goes on, but each turn of a guest has its own 24 hours. */
export function stillOwned<T extends { createdAt: Date }>(viewer: Viewer, turns: T[], now: Date): T[] {
  return turns.filter((turn) =>
    ownsTurn(viewer, { viewer_key: viewer.key, created_at: turn.createdAt }, now),
  );
}
