import { errorCodes } from '@rayni/contract';
import { TRPCError } from '@trpc/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRouter, type Caller } from '../router.ts';
import { callAs, guest, type TestApp, testApp } from '../testing/index.ts';
import { errorOf } from '../trpc.ts';
import { accessRows } from './matrix/access.ts';
import { authRows } from './matrix/auth.ts';
import { chatRows } from './matrix/chat.ts';
import { connectorsRows } from './matrix/connectors.ts';
import { feedbackRows } from './matrix/feedback.ts';
import { jobsRows } from './matrix/jobs.ts';
import { libraryRows } from './matrix/library.ts';
import { tokensRows } from './matrix/tokens.ts';
import { uploadsRows } from './matrix/uploads.ts';
import { usersRows } from './matrix/users.ts';
import { viewerRows } from './matrix/viewer.ts';
import {
  type Actor,
  type Decidable,
  actors,
  missing,
  type Outcome,
  type Place,
  question,
  type Rows,
  type Visibility,
} from './matrix/kinds.ts';
import type { Viewer } from './policy.ts';

const rows: Rows = {
  ...authRows,
  ...libraryRows,
  ...uploadsRows,
  ...chatRows,
  ...viewerRows,
  ...accessRows,
  ...usersRows,
  ...tokensRows,
  ...feedbackRows,
  ...connectorsRows,
  ...jobsRows,
};

const drive = { provider: 'google_drive' as const, config: { folder_id: 'f' } };
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';

let test: TestApp;
let viewers: Record<Actor, Viewer>;
let places: Record<Visibility, Place>;

beforeAll(async () => {
  test = await testApp();
  const admin = await test.account({ isAdmin: true });
  viewers = {
    guest,
    member: await test.account(),
    trained: await test.account(),
    manager: await test.account(),
    elsewhere: await test.account(),
    admin,
  };
  await test.grant(viewers.elsewhere, await test.instrument(), 'instrument_manager');
  places = { public: await place(), restricted: await place() };
  // Asked while everyone could, and closed then: what is one's own is not all one may still read.
  await test.rayni.app.db.query
    .updateTable('instrument')
    .set({ visibility: 'restricted' })
    .where('id', '=', places.restricted.instrumentId)
    .execute();
});
afterAll(() => test[Symbol.asyncDispose]());

async function place(): Promise<Place> {
  const { query } = test.rayni.app.db;
  const instrumentId = await test.instrument();
  await test.grant(viewers.trained, instrumentId, 'trained_user');
  await test.grant(viewers.manager, instrumentId, 'instrument_manager');
  const approved = await test.document(viewers.admin, instrumentId, 'note.md', note);
  const waiting = await test.document(viewers.admin, instrumentId, 'waiting.md', `${note}\nMore.\n`);
  await query.updateTable('source').set({ status: 'embedded' }).where('id', '=', waiting).execute();
  const recording = await test.document(viewers.admin, instrumentId, 'spoken.md', `${note}\nSpoken.\n`);
  await query.updateTable('source').set({ type: 'video' }).where('id', '=', recording).execute();
  const [fragment] = await as(viewers.admin).sources.fragments({ id: approved });
  const stranger = await test.account();
  const asked = async (viewer: Viewer) => {
    const { turnId, userTurnId, sessionId, citations } = await as(viewer).chat.ask({
      instrumentId,
      question,
    });
    const { sessionId: spareSession } = await as(viewer).chat.ask({ instrumentId, question });
    const { uploadId: emptyUpload } = await as(viewer).chat.initiateAttachment({});
    // A guest cannot begin an upload of a document: there is none of theirs.
    const upload = viewer.kind === 'member' ? await uploaded(viewer) : missing;
    const captions = viewer.kind === 'member' ? await uploaded(viewer, vtt) : missing;
    const citation = citations[0]!.id;
    return { turnId, userTurnId, sessionId, citation, spareSession, upload, captions, emptyUpload };
  };
  const vtt = 'WEBVTT\n\n00:00.000 --> 00:02.000\nPress start.\n';
  const uploaded = async (viewer: Viewer, bytes = note) => {
    const { uploadId } = await as(viewer).uploads.initiate({ filename: 'own.md' });
    test.put(uploadId, bytes);
    return uploadId;
  };
  const own = await Promise.all(actors.map(async (actor) => [actor, await asked(viewers[actor])] as const));
  return {
    instrumentId,
    spare: await spare(instrumentId),
    adminEmail: viewers.admin.kind === 'member' ? viewers.admin.email : '',
    approved,
    waiting,
    recording,
    fragment: fragment!.id,
    feedback: (await as(stranger).feedback.create({ body: 'The page is blank.' })).id,
    connector: (await as(viewers.admin).connectors.create(drive)).id,
    own: Object.fromEntries(own) as Place['own'],
    foreign: {
      ...(await asked(stranger)),
      token: (await as(stranger).tokens.create({ name: 'foreign' })).id,
    },
    access: await decidable(instrumentId),
  };
}

async function decidable(instrumentId: string): Promise<Decidable> {
  const wish = async () => (await as(await test.account()).access.request({ instrumentId })).id;
  const wishes = await Promise.all(
    actors.map(async (actor) => [actor, { approve: await wish(), deny: await wish() }] as const),
  );
  const { userId: id, email } = await test.account();
  const { id: grantId } = await as(viewers.admin).access.grant({ instrumentId, email });
  return {
    wishes: Object.fromEntries(wishes) as Decidable['wishes'],
    user: { id, email },
    grantId,
  };
}

async function spare(instrumentId: string): Promise<Place['spare']> {
  const api = as(viewers.admin);
  const another = await test.instrument();
  await test.grant(viewers.trained, another, 'trained_user');
  await test.grant(viewers.manager, another, 'instrument_manager');
  const things = actors.map(async (actor) => {
    const { id: folder } = await api.folders.create({ instrumentId, name: actor });
    const { id: source } = await api.sources.create({ instrumentId, type: 'note', title: actor, text: note });
    await test.rayni.app.db.query
      .updateTable('source')
      .set({ status: 'approved' })
      .where('id', '=', source)
      .execute();
    return [actor, { source, folder }] as const;
  });
  const made = Object.fromEntries(await Promise.all(things)) as Record<
    Actor,
    { source: string; folder: string }
  >;
  return { instrumentId: another, ...made };
}

const as = (viewer: Viewer): Caller => callAs(test.rayni, viewer);

/** What a call that stood may say of what it was asked for. */
const told: readonly Outcome[] = ['access_revoked', ...errorCodes];

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    const result = await call;
    return told.find((outcome) => outcome === result) ?? 'ok';
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    return errorOf(error, 'test').info.code;
  }
}

/** How many rows each table that a call may write to has, and what stands in those that calls change. */
async function counts() {
  await expect.poll(() => test.rayni.live.running.size, { timeout: 20_000, interval: 5 }).toBe(0);
  const { query } = test.rayni.app.db;
  const tables = [
    'conversation',
    'user_turn',
    'turn',
    'citation',
    'upload',
    'source',
    'source_version',
    'companion',
    'turn_feedback',
    'proof_feedback',
    'unclaimed_blob',
    'api_token',
    'audit_entry',
    'access_request',
    'access_grant',
    'account',
    'invitation',
    'feedback',
    'faq_entry',
    'connector',
    'connector_sync',
  ] as const;
  const rows = await Promise.all(
    tables.map((table) =>
      query
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow(),
    ),
  );
  const { rows: contents } = await sql`
    select md5(string_agg(line, ' ' order by line)) from (
      select instrument::text as line from instrument union all select source::text from source
      union all select source_version::text from source_version union all select folder::text from folder
      union all select access_grant::text from access_grant
    ) lines`.execute(query);
  return [...rows.map(({ n }) => n), ...contents];
}

it('has a row for every procedure there is', () => {
  expect(new Set(Object.keys(rows))).toEqual(new Set(Object.keys(appRouter._def.procedures)));
});

/** What comes of every case of a procedure, whatever it is asked for. */
const always = (cases: Rows[string], actor: Actor) =>
  new Set(
    Object.values(cases)
      .flatMap((row) => [row.public, row.restricted])
      .map((outcomes) => outcomes[actors.indexOf(actor)]),
  );
const only = (outcomes: Set<Outcome | undefined>, outcome: Outcome) =>
  outcomes.size === 1 && outcomes.has(outcome);

it.each(Object.entries(rows))(
  '%s refuses who may not call it before it looks at what was sent',
  async (path, cases) => {
    const [slice, name] = path.split('.') as [string, string];
    const call = (actor: Actor) => {
      const api = as(viewers[actor]) as unknown as Record<
        string,
        Record<string, (input: unknown) => Promise<unknown>>
      >;
      return outcomeOf(api[slice]![name]!({ not: 'what it takes' }));
    };
    const forAdmins =
      only(always(cases, 'guest'), 'UNAUTHENTICATED') && only(always(cases, 'manager'), 'FORBIDDEN');
    if (only(always(cases, 'guest'), 'UNAUTHENTICATED')) expect(await call('guest')).toBe('UNAUTHENTICATED');
    else expect(await call('guest')).not.toBe('UNAUTHENTICATED');
    if (forAdmins) expect(await call('manager')).toBe('FORBIDDEN');
  },
);

describe.each(
  Object.entries(rows).flatMap(([procedure, cases]) =>
    Object.entries(cases).map(([what, row]) => [what ? `${procedure}, ${what}` : procedure, row] as const),
  ),
)('%s', (_name, row) => {
  it.each(['public', 'restricted'] as const)('on a %s instrument', async (visibility) => {
    const outcomes: Outcome[] = [];
    for (const actor of actors) {
      const before = await counts();
      const outcome = await outcomeOf(row.call(as(viewers[actor]), places[visibility], actor));
      outcomes.push(outcome);
      // A refusal leaves no trace.
      if (outcome !== 'ok') expect(await counts()).toEqual(before);
    }
    expect(Object.fromEntries(actors.map((actor, i) => [actor, outcomes[i]]))).toEqual(
      Object.fromEntries(actors.map((actor, i) => [actor, row[visibility][i]])),
    );
  });
});
