import { newId, type Viewer } from '@rayni/api';
import type { TestApp } from '@rayni/api/testing';
import type { Method, Path } from '../rows.ts';

/** Who asks. `disabled` and `expired` were managers of both instruments and bring a session that has ended: they are guests. */
export const actors = ['guest', 'member', 'trained', 'manager', 'elsewhere', 'admin'] as const;
export const ended = ['disabled', 'expired'] as const;
export type Actor = (typeof actors)[number] | (typeof ended)[number];
export const places = ['public', 'restricted', 'missing'] as const;
export type PlaceName = (typeof places)[number];

/** What one of the actors has asked there: while the instrument was open, and while the session still lived. */
export type Asked = { turnId: string; userTurnId: string; sessionId: string; citation: string };

/** What there is on one instrument; nothing there is has an id of the missing one. */
export type Place = {
  name: PlaceName;
  instrumentId: string;
  approved: string;
  /** Not approved yet; counts as a PDF too. */
  waiting: string;
  /** An approved document that counts as a PDF. */
  pdf: string;
  fragment: string;
  folder: string;
  own: Record<Actor, Asked>;
  foreign: Asked;
};

/** What is there beside the places, and how to set more of it. */
export type Scene = {
  test: TestApp;
  members: Record<Exclude<Actor, 'guest'>, Extract<Viewer, { kind: 'member' }>>;
  /** A new session of that actor; of those whose sessions have ended, one that has. */
  session(actor: Actor): Promise<string | undefined>;
};

/** One call. Path parameters by name; what is left out of `params` is taken from `instrumentId`, where the path asks for it. */
export type Sent = {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: object;
  /** Files of a multipart body, its fields in `body`. */
  files?: { field: string; filename: string; bytes: string }[];
  /** Another session than the actor's own. */
  session?: string | undefined;
};

/** The statuses of the six actors, in their order. Those whose session has ended get what a guest gets. */
export type Statuses = readonly [number, number, number, number, number, number];

/** One thing a row is asked for, and what becomes of it. */
export type Case = Record<PlaceName, Statuses> & {
  send: (place: Place, actor: Actor, scene: Scene) => Sent | Promise<Sent>;
  /** Where what was theirs is not a guest's. */
  ended?: Partial<Record<PlaceName, number>>;
};

/** The cases of a slice, by row (method and first spelling), then by what it is asked for. */
export type Entries = Record<`${Method} ${Path}`, Record<string, Case>>;

const six = (status: number): Statuses => [status, status, status, status, status, status];
const per = (open: Statuses, restricted: Statuses, missing = six(404)) => ({
  public: open,
  restricted,
  missing,
});

/** Whoever asks, wherever. */
export const everywhere = (ok: number) => ({ public: six(ok), restricted: six(ok), missing: six(ok) });
/** Nobody, wherever: it is not theirs, and so not there. */
export const nobody = everywhere(404);
/** The catalogue: every member knows every instrument. */
export const knowers = (ok: number) => per(six(ok), [404, ok, ok, ok, ok, ok]);
/** Readers of an instrument that is named; that it exists is known to every member. */
export const readers = (ok: number) => per(six(ok), [404, 403, ok, ok, 403, ok]);
/** Readers of a thing on an instrument; that it exists is known to them alone. */
export const finders = (ok: number) => per(six(ok), [404, 404, ok, ok, 404, ok]);
/** What managers alone may know of. */
export const managedThings = per([404, 404, 404, 200, 404, 200], [404, 404, 404, 200, 404, 200]);
/** Acts of managers on an instrument that is named. */
export const managers = (ok: number) =>
  per([401, 403, 403, ok, 403, ok], [401, 403, 403, ok, 403, ok], [401, 404, 404, 404, 404, 404]);
/** Acts of managers on a thing readers may know of: to others on a restricted instrument it is not there. */
export const keepers = (ok: number) =>
  per([401, 403, 403, ok, 403, ok], [401, 404, 403, ok, 404, ok], [401, 404, 404, 404, 404, 404]);
/** Acts of admins on an instrument that is named. */
export const admins = (ok: number) =>
  per([401, 403, 403, 403, 403, ok], [401, 403, 403, 403, 403, ok], [401, 403, 403, 403, 403, 404]);
/** Acts of admins that name no instrument. */
export const adminsEverywhere = (ok: number) => {
  const statuses: Statuses = [401, 403, 403, 403, 403, ok];
  return { public: statuses, restricted: statuses, missing: statuses };
};
/** Acts of members, wherever. */
export const membersEverywhere = (ok: number) => {
  const statuses: Statuses = [401, ok, ok, ok, ok, ok];
  return { public: statuses, restricted: statuses, missing: statuses };
};
/** What is the caller's own, on an instrument they may still read. Missing: an id that nothing has. */
export const owners = (ok: number) => ({
  ...readers(ok),
  ended: { public: 404 },
});

/** Asked for nothing but itself. */
export const plain = () => ({});

export const question = 'Which temperature do I set for the calibration?';

const nothing = (): Asked => ({
  turnId: newId(),
  userTurnId: newId(),
  sessionId: newId(),
  citation: newId(),
});

/** A place of which nothing exists. */
export function missingPlace(): Place {
  return {
    name: 'missing',
    instrumentId: newId(),
    approved: newId(),
    waiting: newId(),
    pdf: newId(),
    fragment: newId(),
    folder: newId(),
    own: Object.fromEntries([...actors, ...ended].map((actor) => [actor, nothing()])) as Place['own'],
    foreign: nothing(),
  };
}
