import type { ChatEvent, ErrorCode } from '@rayni/contract';
import { TRPCError } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRouter, type Caller, createCaller } from '../router.ts';
import { guest, type TestApp, testApp } from '../testing/index.ts';
import { errorOf } from '../trpc.ts';
import type { Viewer } from './policy.ts';

const actors = ['guest', 'member', 'trained', 'manager', 'elsewhere', 'admin'] as const;
type Actor = (typeof actors)[number];
type Visibility = 'public' | 'restricted';
/** A code of the contract, `ok`, or how a stream ends that was begun and may not be read. */
type Outcome = 'ok' | 'access_revoked' | ErrorCode;

/** What there is on one instrument. */
type Place = {
  instrumentId: string;
  approved: string;
  waiting: string;
  fragment: string;
  /** Of each actor: an answer with its conversation and citation, and an upload whose bytes lie ready. */
  own: Record<
    Actor,
    { turnId: string; userTurnId: string; sessionId: string; citation: string; upload: string }
  >;
  foreign: { turnId: string; sessionId: string; upload: string };
};

type Row = {
  call: (api: Caller, place: Place, actor: Actor) => Promise<unknown>;
  public: readonly Outcome[];
  restricted: readonly Outcome[];
};

const all = ['ok', 'ok', 'ok', 'ok', 'ok', 'ok'] as const;
const nobody = Array.from(actors, () => 'NOT_FOUND' as const);
const members = ['UNAUTHENTICATED', 'ok', 'ok', 'ok', 'ok', 'ok'] as const;
// Everyone knows that the instrument exists, guests aside; what lies in it is not known to exist.
const readers = ['NOT_FOUND', 'FORBIDDEN', 'ok', 'ok', 'FORBIDDEN', 'ok'] as const;
const finders = ['NOT_FOUND', 'NOT_FOUND', 'ok', 'ok', 'NOT_FOUND', 'ok'] as const;
const managers = ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'ok', 'NOT_FOUND', 'ok'] as const;
const uploaders = ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'ok', 'FORBIDDEN', 'ok'] as const;
const foreignUploads = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'FORBIDDEN',
  'NOT_FOUND',
  'FORBIDDEN',
  'NOT_FOUND',
] as const;
const revoked = ['access_revoked', 'access_revoked', 'ok', 'ok', 'access_revoked', 'ok'] as const;

const question = 'Which temperature do I set for the calibration?';
const found = (list: unknown[]) => (list.length > 0 ? 'ok' : 'NOT_FOUND');

/** Every procedure with at least one row; several where it can be asked for several things. */
const rows: Record<string, Record<string, Row>> = {
  'auth.login': {
    '': { call: (api) => api.auth.login({ email: adminEmail() }), public: all, restricted: all },
  },
  'auth.logout': { '': { call: (api) => api.auth.logout(), public: all, restricted: all } },
  'auth.me': {
    '': { call: (api) => api.auth.me(), public: all, restricted: all },
    'allowed instruments': {
      call: async (api, { instrumentId }) =>
        found((await api.auth.me()).allowed.filter((id) => id === instrumentId)),
      public: all,
      restricted: finders,
    },
  },
  'instruments.list': {
    '': {
      call: async (api, { instrumentId }) =>
        found((await api.instruments.list()).filter(({ id }) => id === instrumentId)),
      public: all,
      restricted: ['NOT_FOUND', 'ok', 'ok', 'ok', 'ok', 'ok'],
    },
  },
  'instruments.get': {
    '': {
      call: (api, { instrumentId }) => api.instruments.get({ id: instrumentId }),
      public: all,
      restricted: ['NOT_FOUND', 'ok', 'ok', 'ok', 'ok', 'ok'],
    },
    missing: { call: (api) => api.instruments.get({ id: missing }), public: nobody, restricted: nobody },
  },
  'folders.list': {
    '': {
      call: (api, { instrumentId }) => api.folders.list({ instrumentId }),
      public: all,
      restricted: readers,
    },
    missing: {
      call: (api) => api.folders.list({ instrumentId: missing }),
      public: nobody,
      restricted: nobody,
    },
  },
  'sources.list': {
    '': {
      call: (api, { instrumentId }) => api.sources.list({ instrumentId }),
      public: all,
      restricted: readers,
    },
    'what waits for approval': {
      call: async (api, { instrumentId, waiting }) =>
        found((await api.sources.list({ instrumentId })).items.filter(({ id }) => id === waiting)),
      public: managers,
      restricted: ['NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND', 'ok', 'FORBIDDEN', 'ok'],
    },
  },
  'sources.get': {
    '': { call: (api, { approved }) => api.sources.get({ id: approved }), public: all, restricted: finders },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.get({ id: waiting }),
      public: managers,
      restricted: managers,
    },
    missing: { call: (api) => api.sources.get({ id: missing }), public: nobody, restricted: nobody },
  },
  'sources.fragments': {
    '': {
      call: (api, { approved }) => api.sources.fragments({ id: approved }),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.fragments({ id: waiting }),
      public: managers,
      restricted: managers,
    },
  },
  'sources.progress': {
    '': {
      call: async (api, { approved }) => found(await api.sources.progress({ ids: [approved, missing] })),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: async (api, { waiting }) => found(await api.sources.progress({ ids: [waiting] })),
      public: managers,
      restricted: managers,
    },
  },
  'uploads.initiate': {
    '': { call: (api) => api.uploads.initiate({}), public: members, restricted: members },
    'for an instrument': {
      call: (api, { instrumentId }) => api.uploads.initiate({ instrumentId }),
      public: uploaders,
      restricted: uploaders,
    },
  },
  'uploads.complete': {
    '': {
      call: (api, { instrumentId, own }, actor) =>
        api.uploads.complete({ instrumentId, uploadId: own[actor].upload }),
      public: uploaders,
      restricted: uploaders,
    },
    foreign: {
      call: (api, { instrumentId, foreign }) =>
        api.uploads.complete({ instrumentId, uploadId: foreign.upload }),
      public: foreignUploads,
      restricted: foreignUploads,
    },
    missing: {
      call: (api, { instrumentId }) => api.uploads.complete({ instrumentId, uploadId: missing }),
      public: foreignUploads,
      restricted: foreignUploads,
    },
  },
  'chat.start': {
    '': {
      call: (api, { instrumentId }) => api.chat.start({ instrumentId, question }),
      public: all,
      restricted: readers,
    },
    'in a foreign conversation': {
      call: (api, { instrumentId, foreign }) =>
        api.chat.start({ instrumentId, question, sessionId: foreign.sessionId }),
      public: nobody,
      restricted: ['NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND'],
    },
  },
  'chat.ask': {
    '': {
      call: (api, { instrumentId }) => api.chat.ask({ instrumentId, question }),
      public: all,
      restricted: readers,
    },
  },
  'chat.events': {
    '': {
      call: async (api, { own }, actor) => endOf(await api.chat.events({ turnId: own[actor].turnId })),
      public: all,
      restricted: revoked,
    },
    foreign: {
      call: async (api, { foreign }) => endOf(await api.chat.events({ turnId: foreign.turnId })),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.cancel': {
    '': {
      call: (api, { own }, actor) => api.chat.cancel({ turnId: own[actor].turnId }),
      public: all,
      restricted: all,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.cancel({ turnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.history': {
    '': {
      call: (api, { own }, actor) => api.chat.history({ sessionId: own[actor].sessionId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.history({ sessionId: foreign.sessionId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.citations': {
    '': {
      call: (api, { own }, actor) => api.chat.citations({ turnId: own[actor].turnId }),
      public: all,
      restricted: readers,
    },
    'by the user turn': {
      call: (api, { own }, actor) => api.chat.citations({ turnId: own[actor].userTurnId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.citations({ turnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'viewer.locate': {
    '': {
      call: (api, { approved }) => api.viewer.locate({ sourceId: approved }),
      public: all,
      restricted: finders,
    },
    'a fragment': {
      call: (api, { fragment }) => api.viewer.locate({ target: fragment }),
      public: all,
      restricted: finders,
    },
    'a citation of their own': {
      call: (api, { own }, actor) => api.viewer.locate({ target: own[actor].citation }),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.viewer.locate({ sourceId: waiting }),
      public: managers,
      restricted: managers,
    },
    missing: { call: (api) => api.viewer.locate({ target: missing }), public: nobody, restricted: nobody },
  },
  'faq.list': { '': { call: (api) => api.faq.list(), public: all, restricted: all } },
};

const missing = '0190b3a0-0000-7000-8000-000000000001';
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';

let test: TestApp;
let viewers: Record<Actor, Viewer>;
let places: Record<Visibility, Place>;
const adminEmail = () => (viewers.admin.kind === 'member' ? viewers.admin.email : '');

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
  const [fragment] = await callerOf(viewers.admin).sources.fragments({ id: approved });
  const stranger = await test.account();
  const asked = async (viewer: Viewer) => {
    const { turnId, userTurnId, sessionId, citations } = await callerOf(viewer).chat.ask({
      instrumentId,
      question,
    });
    // A guest cannot begin an upload: there is none of theirs.
    const upload = viewer.kind === 'member' ? await uploaded(viewer) : missing;
    return { turnId, userTurnId, sessionId, citation: citations[0]!.id, upload };
  };
  const uploaded = async (viewer: Viewer) => {
    const { uploadId } = await callerOf(viewer).uploads.initiate({ filename: 'own.md' });
    test.put(uploadId, note);
    return uploadId;
  };
  const own = await Promise.all(actors.map(async (actor) => [actor, await asked(viewers[actor])] as const));
  return {
    instrumentId,
    approved,
    waiting,
    fragment: fragment!.id,
    own: Object.fromEntries(own) as Place['own'],
    foreign: await asked(stranger),
  };
}

function callerOf(viewer: Viewer): Caller {
  const session = { secret: undefined, set() {}, clear() {} };
  return createCaller({ ...test.rayni, viewer, requestId: 'test', session });
}

/** How the stream of an answer ends, seen from its reader. */
async function endOf(events: AsyncIterable<unknown>): Promise<Outcome> {
  let last: ChatEvent | undefined;
  for await (const tracked of events) [, last] = tracked as [string, ChatEvent];
  if (last?.type !== 'turn-end') throw new Error('the stream ended without its end');
  return last.reason === 'access_revoked' ? 'access_revoked' : 'ok';
}

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    const result = await call;
    return result === 'NOT_FOUND' || result === 'access_revoked' ? result : 'ok';
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    return errorOf(error, 'test').info.code;
  }
}

/** How many rows each table that a call may write to has. */
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
  ] as const;
  const rows = await Promise.all(
    tables.map((table) =>
      query
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow(),
    ),
  );
  return rows.map(({ n }) => n);
}

it('has a row for every procedure there is', () => {
  expect(new Set(Object.keys(rows))).toEqual(new Set(Object.keys(appRouter._def.procedures)));
});

describe.each(
  Object.entries(rows).flatMap(([procedure, cases]) =>
    Object.entries(cases).map(([what, row]) => [what ? `${procedure}, ${what}` : procedure, row] as const),
  ),
)('%s', (_name, row) => {
  it.each(['public', 'restricted'] as const)('on a %s instrument', async (visibility) => {
    const outcomes: Outcome[] = [];
    for (const actor of actors) {
      const before = await counts();
      const outcome = await outcomeOf(row.call(callerOf(viewers[actor]), places[visibility], actor));
      outcomes.push(outcome);
      // A refusal leaves no trace.
      if (outcome !== 'ok') expect(await counts()).toEqual(before);
    }
    expect(Object.fromEntries(actors.map((actor, i) => [actor, outcomes[i]]))).toEqual(
      Object.fromEntries(actors.map((actor, i) => [actor, row[visibility][i]])),
    );
  });
});
