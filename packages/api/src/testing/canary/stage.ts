import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { GrantRole, SourceStatus } from '@rayni/contract';
import type { Caller } from '../../router.ts';
import { newId } from '../../ids.ts';
import { ingest } from '../../ingest/ingest.ts';
import { encodePlaceMap } from '../../ingest/place-map-bytes.ts';
import { readNote } from '../../ingest/read-note.ts';
import type { ReadDocument } from '../../ingest/readers.ts';
import { buildSegment } from '../../retrieval/segment.ts';
import { completeUpload, initiateUpload } from '../../uploads/uploads.ts';
import { viewerOfSession } from '../../auth/sessions.ts';
import { callAs } from '../caller.ts';
import { guest, type TestApp } from '../test-app.ts';
import type { Random } from './random.ts';
import { type Document, grantKey, type Instrument, type Person, type World } from './rights.ts';

/** Of every canary there is; nothing else in the world looks like one. */
export const canaryPattern = /zq[bcdfghjkmnprstvw]{8}qz/g;

const letters = 'bcdfghjkmnprstvw'.split('');
const canaryOf = (random: Random) => `zq${Array.from({ length: 8 }, () => random.of(letters)).join('')}qz`;

/** What every document speaks of, so that any question finds all of them. */
const topics = [
  ['temperature', 'calibration', 'Set the temperature to 37 degrees for the calibration'],
  ['filter', 'cleaning', 'Replace the filter after the cleaning of the pump'],
  ['laser', 'warm-up', 'Switch on the laser and wait for the warm-up'],
  ['pressure', 'valve', 'Open the valve until the pressure is 5 bar'],
  ['sample', 'tray', 'Put the sample on the tray before the measurement'],
] as const;

/** A question that every document has words of. */
export function questionOf(random: Random): string {
  const [first, second] = [random.of(topics), random.of(topics)];
  return random.of([
    `How do I set the ${first[0]} for the ${first[1]}?`,
    `What about the ${first[0]}, the ${second[0]} and the ${second[1]}?`,
    `Which ${first[1]} comes before the ${second[1]}?`,
    `${first[2]}, is that right?`,
  ]);
}

function textOf(canary: string, random: Random): string {
  const sections = topics.map(
    ([topic, part, sentence]) =>
      `## The ${topic} and the ${part}\n\n${sentence} ${canary}. ${random.of(['Then', 'After that,'])} note the ${topic} and the ${part} in the ${canary} log ${random.below(900)}.\n`,
  );
  return `# Handling ${canary}\n\n${sections.join('\n')}`;
}

/** What the reader's process does, without a process for each of many small documents. */
const readHere: ReadDocument = async function* ({ bytes, title = '' }) {
  if (!(bytes instanceof Readable)) throw new Error('bytes come from the store');
  const { units, fragments } = await readNote(await buffer(bytes), { markdown: true });
  yield { kind: 'units', units: units.map((unit) => ({ ...unit, places: encodePlaceMap(unit.places) })) };
  yield { kind: 'fragments', fragments };
  yield { kind: 'segment', bytes: buildSegment(fragments.map((fragment) => ({ ...fragment, title }))) };
};

/** The size of a generated world. */
export type Size = { people: number; instruments: number; documents: number };

const unapproved = ['embedded', 'processing', 'rejected'] as const;
/** What was approved once is so or archived from then on: the product has no way back, and what is told of a conversation rests on that. */
const after = (status: SourceStatus) =>
  status === 'approved' || status === 'archived'
    ? (['approved', 'archived'] as const)
    : ([...unapproved, ...unapproved, 'approved'] as const);

/** Sets up a world of that size through the product, and ways to change it, each told to the world after the database has it. */
export async function setStage(test: TestApp, random: Random, size: Size) {
  const { app } = test.rayni;
  const { query } = app.db;
  const world: World = { people: [], instruments: [], documents: [], grants: new Map() };
  const keeper = await test.account({ isAdmin: true });

  async function bring(instrumentId: string, canary: string): Promise<string> {
    const most = test.rayni.settings.maxUploadBytes;
    const filename = `${canary}.md`;
    const { uploadId } = await initiateUpload(app, keeper, { filename, contentType: 'text/markdown' }, most);
    test.put(uploadId, textOf(canary, random));
    const made = await completeUpload(app, keeper, { uploadId, instrumentId }, most);
    await ingest(app, readHere, made.versionId, new AbortController().signal);
    return made.sourceId;
  }

  for (let i = 0; i < size.people; i++) {
    const admin = i === 0;
    const { userId, key, email } = await test.account({ isAdmin: admin });
    let secret = '';
    const session = { secret: undefined, set: (value: string) => void (secret = value), clear() {} };
    await callAs(test.rayni, guest, { session }).auth.login({ email });
    world.people.push({ id: userId, key, secret, admin, disabled: false });
  }
  for (let i = 0; i < size.instruments; i++) {
    const canary = canaryOf(random);
    const visibility = i % 2 === 0 ? 'restricted' : 'public';
    const id = await test.instrument({ name: `Instrument ${canary}`, visibility });
    const folder = canaryOf(random);
    await query
      .insertInto('folder')
      .values({
        id: newId(),
        instrument_id: id,
        name: `Folder ${folder}`,
        parent_id: null,
        created_at: app.clock.now(),
      })
      .execute();
    world.instruments.push({ id, canary, folder, visibility, deleted: false });
  }
  for (let i = 0; i < size.documents; i++) {
    const instrument = world.instruments[i % size.instruments];
    if (!instrument) throw new Error('no instrument');
    const canary = canaryOf(random);
    const id = await bring(instrument.id, canary);
    // As if one of them had brought it: that they could is past, what they may see of it now is what counts.
    const by = random.chance(0.5) ? random.of(world.people) : undefined;
    await query
      .updateTable('source')
      .set({ description: `About ${canary}`, ...(by && { created_by: by.id }) })
      .where('id', '=', id)
      .execute();
    const document: Document = {
      id,
      canary,
      instrument,
      status: 'approved',
      deleted: false,
      ...(by && { broughtBy: by }),
    };
    world.documents.push(document);
    if (random.chance(0.4)) await setDocument(document, { status: random.of(unapproved) });
  }

  /** As the host does it: whoever brings a session that is good, a guest otherwise. */
  async function callerOf(person: Person | undefined): Promise<Caller> {
    const viewer = (person && (await viewerOfSession(app, person.secret))) ?? guest;
    return callAs(test.rayni, viewer);
  }

  async function setGrant(person: Person, instrument: Instrument, role: GrantRole | undefined) {
    const at = app.clock.now();
    await query
      .insertInto('access_grant')
      .values({
        id: newId(),
        account_id: person.id,
        instrument_id: instrument.id,
        role: role ?? 'trained_user',
        status: role ? 'active' : 'revoked',
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['account_id', 'instrument_id'])
          .doUpdateSet({ ...(role ? { role } : {}), status: role ? 'active' : 'revoked', updated_at: at }),
      )
      .execute();
    if (role) world.grants.set(grantKey(person, instrument), role);
    else world.grants.delete(grantKey(person, instrument));
  }

  /** Half of the time the index is not told: what it still holds must not show either. */
  async function setDocument(document: Document, change: Partial<Pick<Document, 'status' | 'deleted'>>) {
    const { status = document.status, deleted = document.deleted } = change;
    test.advance(1);
    const at = app.clock.now();
    await query
      .updateTable('source')
      .set({
        status,
        archived_at: status === 'archived' ? at : null,
        deleted_at: deleted ? at : null,
        updated_at: at,
      })
      .where('id', '=', document.id)
      .execute();
    if (random.chance(0.5))
      await query
        .updateTable('instrument')
        .set((eb) => ({ index_version: eb('index_version', '+', 1) }))
        .where('id', '=', document.instrument.id)
        .execute();
    Object.assign(document, { status, deleted });
  }

  async function setInstrument(
    instrument: Instrument,
    change: Partial<Pick<Instrument, 'visibility' | 'deleted'>>,
  ) {
    const { visibility = instrument.visibility, deleted = instrument.deleted } = change;
    await query
      .updateTable('instrument')
      .set({ visibility, deleted_at: deleted ? app.clock.now() : null })
      .where('id', '=', instrument.id)
      .execute();
    Object.assign(instrument, { visibility, deleted });
  }

  async function setPerson(person: Person, change: Partial<Pick<Person, 'admin' | 'disabled'>>) {
    const { admin = person.admin, disabled = person.disabled } = change;
    await query
      .updateTable('account')
      .set({ is_admin: admin, status: disabled ? 'disabled' : 'active' })
      .where('id', '=', person.id)
      .execute();
    Object.assign(person, { admin, disabled });
  }

  /** One change of who may see what. */
  async function change(): Promise<void> {
    const person = random.of(world.people);
    const instrument = random.of(world.instruments);
    const document = random.of(world.documents);
    const roll = random.next();
    if (roll < 0.3) {
      const role = random.of([
        undefined,
        undefined,
        'trained_user',
        'trained_user',
        'instrument_manager',
      ] as const);
      await setGrant(person, instrument, role);
    } else if (roll < 0.45) {
      await setInstrument(instrument, { visibility: random.of(['public', 'restricted', 'restricted']) });
    } else if (roll < 0.8) {
      await setDocument(document, { status: random.of(after(document.status)) });
    } else if (roll < 0.88) await setDocument(document, { deleted: random.chance(0.3) });
    else if (roll < 0.92) await setInstrument(instrument, { deleted: random.chance(0.2) });
    else if (roll < 0.97) await setPerson(person, { disabled: random.chance(0.3) });
    else await setPerson(person, { admin: random.chance(0.3) });
  }

  /** Another document that belongs to a conversation alone. */
  async function attach(person: Person | undefined, instrument: Instrument, conversation: string) {
    const canary = canaryOf(random);
    const id = await bring(instrument.id, canary);
    await query.updateTable('source').set({ conversation_id: conversation }).where('id', '=', id).execute();
    const owner = person && !person.disabled ? person.key : 'guest';
    world.documents.push({
      id,
      canary,
      instrument,
      status: 'approved',
      deleted: false,
      attached: { conversation, owner },
    });
  }

  return { world, callerOf, change, attach };
}
