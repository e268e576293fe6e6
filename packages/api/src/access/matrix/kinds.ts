import type { ChatEvent, ErrorCode, SourceEvent } from '@rayni/contract';
import type { Caller } from '../../router.ts';

export const actors = ['guest', 'member', 'trained', 'manager', 'elsewhere', 'admin'] as const;
export type Actor = (typeof actors)[number];
export type Visibility = 'public' | 'restricted';
/** A code of the contract, `ok`, or how a stream ends that was begun and may not be read. */
export type Outcome = 'ok' | 'access_revoked' | ErrorCode;

/** What there is on one instrument. */
export type Place = {
  instrumentId: string;
  /** To be changed and lost: another instrument with the same grants, and on the first an approved source and a folder for each actor. */
  spare: { instrumentId: string } & Record<Actor, { source: string; folder: string }>;
  adminEmail: string;
  approved: string;
  waiting: string;
  /** An approved one of type video. */
  recording: string;
  fragment: string;
  feedback: string;
  connector: string;
  /** Of each actor: an answer with its conversation and citation, a conversation to lose, uploads whose bytes lie ready (one of captions) and one without. */
  own: Record<
    Actor,
    {
      turnId: string;
      userTurnId: string;
      sessionId: string;
      citation: string;
      spareSession: string;
      upload: string;
      captions: string;
      emptyUpload: string;
    }
  >;
  foreign: { turnId: string; sessionId: string; citation: string; upload: string; token: string };
  access: Decidable;
};

/** What there is to decide about: for each actor two wishes of others, and one person with the grant they hold. */
export type Decidable = {
  wishes: Record<Actor, { approve: string; deny: string }>;
  user: { id: string; email: string };
  grantId: string;
};

export type Row = {
  call: (api: Caller, place: Place, actor: Actor) => Promise<unknown>;
  public: readonly Outcome[];
  restricted: readonly Outcome[];
};

export const all = ['ok', 'ok', 'ok', 'ok', 'ok', 'ok'] as const;
export const nobody = Array.from(actors, () => 'NOT_FOUND' as const);
export const members = ['UNAUTHENTICATED', 'ok', 'ok', 'ok', 'ok', 'ok'] as const;
// Everyone knows that the instrument exists, guests aside; what lies in it is not known to exist.
export const readers = ['NOT_FOUND', 'FORBIDDEN', 'ok', 'ok', 'FORBIDDEN', 'ok'] as const;
export const finders = ['NOT_FOUND', 'NOT_FOUND', 'ok', 'ok', 'NOT_FOUND', 'ok'] as const;
export const managers = ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'ok', 'NOT_FOUND', 'ok'] as const;
export const uploaders = ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'ok', 'FORBIDDEN', 'ok'] as const;
export const foreignUploads = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'FORBIDDEN',
  'NOT_FOUND',
  'FORBIDDEN',
  'NOT_FOUND',
] as const;
export const admins = ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'ok'] as const;
// Where admins find that there is nothing.
export const adminsMiss = [...admins.slice(0, 5), 'NOT_FOUND'] as const;
// Who may read an instrument knows what lies in it, and may not change it; to others it is not there.
export const changers = {
  public: ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'ok', 'FORBIDDEN', 'ok'],
  restricted: ['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', 'ok', 'NOT_FOUND', 'ok'],
} as const;
export const revoked = ['access_revoked', 'access_revoked', 'ok', 'ok', 'access_revoked', 'ok'] as const;

export const question = 'Which temperature do I set for the calibration?';
/** Whether something shows in a list. */
export const found = (list: unknown[]) => (list.length > 0 ? 'ok' : 'NOT_FOUND');

export const missing = '0190b3a0-0000-7000-8000-000000000001';
/** Rows of a slice: by procedure, then by what it is asked for. Every procedure has at least one. */
export type Rows = Record<string, Record<string, Row>>;

/** What came of the only one of several that were asked for at once. */
export const onlyOf = ([only]: { code: ErrorCode | null }[]): Outcome => only?.code ?? 'ok';

/** What a follower of sources is told first; it leaves then. */
export async function presentOf(events: AsyncIterable<unknown>): Promise<unknown[]> {
  for await (const tracked of events) {
    const [, event] = tracked as [string, SourceEvent];
    if (event.type !== 'present') throw new Error('what is there comes first');
    return event.sources;
  }
  throw new Error('the stream ended before it told anything');
}

/** How the stream of an answer ends, seen from its reader. */
export async function endOf(events: AsyncIterable<unknown>): Promise<Outcome> {
  let last: ChatEvent | undefined;
  for await (const tracked of events) [, last] = tracked as [string, ChatEvent];
  if (last?.type !== 'turn-end') throw new Error('the stream ended without its end');
  return last.reason === 'access_revoked' ? 'access_revoked' : 'ok';
}
