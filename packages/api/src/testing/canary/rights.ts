import type { GrantRole, SourceStatus, Visibility } from '@rayni/contract';

/** Somebody who asks; nobody in particular is a guest. */
export type Person = { id: string; key: string; secret: string; admin: boolean; disabled: boolean };
export type Instrument = {
  id: string;
  canary: string;
  folder: string;
  visibility: Visibility;
  deleted: boolean;
};
export type Document = {
  id: string;
  canary: string;
  instrument: Instrument;
  status: SourceStatus;
  deleted: boolean;
  /** Who brought it, where that is one of them. */
  broughtBy?: Person;
  /** Of an attachment: the conversation, and the key of whoever it belongs to. */
  attached?: { conversation: string; owner: string };
};

/** Everything there is, as the test has set it up and changed it since. */
export type World = {
  people: Person[];
  instruments: Instrument[];
  documents: Document[];
  /** By person and instrument, where one is in force. */
  grants: Map<string, GrantRole>;
};

// What follows says who may see what in the words of the contract, and shares no line with the product: a mistake there shows as a difference.

export const grantKey = (person: Person, { id }: Instrument) => `${person.id} ${id}`;

/** A disabled person is a guest. */
const actual = (person: Person | undefined) => (person?.disabled ? undefined : person);

export function knows(person: Person | undefined, { visibility, deleted }: Instrument): boolean {
  return !deleted && (visibility === 'public' || actual(person) !== undefined);
}

export function reads(world: World, person: Person | undefined, instrument: Instrument): boolean {
  if (instrument.deleted) return false;
  if (instrument.visibility === 'public') return true;
  const who = actual(person);
  return who !== undefined && (who.admin || world.grants.has(grantKey(who, instrument)));
}

export function manages(world: World, person: Person | undefined, instrument: Instrument): boolean {
  const who = actual(person);
  if (!who || instrument.deleted) return false;
  return who.admin || world.grants.get(grantKey(who, instrument)) === 'instrument_manager';
}

/** May open the document, and follow an old citation into it. */
export function opens(world: World, person: Person | undefined, document: Document): boolean {
  if (document.deleted || !reads(world, person, document.instrument)) return false;
  if (document.attached) return document.attached.owner === (actual(person)?.key ?? 'guest');
  if (document.status === 'approved' || document.status === 'archived') return true;
  return manages(world, person, document.instrument);
}

/** May see how far it is: whoever may open it, and who brought it as long as they may read the instrument. */
export function follows(world: World, person: Person | undefined, document: Document): boolean {
  return opens(world, person, document) || brought(world, person, document);
}

const brought = (world: World, person: Person | undefined, document: Document): boolean =>
  !document.deleted &&
  !document.attached &&
  document.broughtBy !== undefined &&
  document.broughtBy === actual(person) &&
  reads(world, person, document.instrument);

/** May be answered from it: approved documents of the library, and what was attached to that very conversation. */
export function answersFrom(
  world: World,
  person: Person | undefined,
  document: Document,
  conversation: string | undefined,
): boolean {
  if (!opens(world, person, document)) return false;
  if (document.attached) return document.attached.conversation === conversation;
  return document.status === 'approved';
}

/** Shows in a list of sources that names no status, or this one: readers are listed what is approved and what they brought, managers all. */
export function lists(
  world: World,
  person: Person | undefined,
  document: Document,
  status?: SourceStatus,
): boolean {
  if (document.deleted || document.attached || !reads(world, person, document.instrument)) return false;
  if (document.status !== (status ?? document.status)) return false;
  if (status === undefined && document.status === 'archived') return false;
  if (document.status === 'approved' || manages(world, person, document.instrument)) return true;
  return document.status !== 'archived' && brought(world, person, document);
}
