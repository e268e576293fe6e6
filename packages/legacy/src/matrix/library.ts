import { newId } from '@rayni/api';
import {
  type Actor,
  admins,
  adminsEverywhere,
  type Entries,
  everywhere,
  finders,
  keepers,
  knowers,
  managedThings,
  managers,
  type Place,
  plain,
  readers,
  type Scene,
  type Statuses,
} from './kinds.ts';

const fields = {
  name: 'Changed',
  vendor: 'V',
  models_arr: ['1'],
  visibility: 'restricted',
  description: '',
};

/** Acts of managers on what they alone may know of. */
const ownThings = (ok: number) => {
  const statuses: Statuses = [401, 404, 404, ok, 404, ok];
  return { public: statuses, restricted: statuses, missing: [401, 404, 404, 404, 404, 404] as Statuses };
};

/** An instrument to be changed or lost; an id that nothing has where there is none. */
const spareInstrument = async ({ name }: Place, _actor: Actor, { test }: Scene) => ({
  params: { id: name === 'missing' ? newId() : await test.instrument({ visibility: name }) },
});

/** A folder to be lost. */
async function spareFolder({ name, instrumentId }: Place, _actor: Actor, { test }: Scene) {
  const id = newId();
  const { db, clock } = test.rayni.app;
  const folder = { id, instrument_id: instrumentId, name: 'Spare', parent_id: null, created_at: clock.now() };
  if (name !== 'missing') await db.query.insertInto('folder').values(folder).execute();
  return { params: { id } };
}

/** An approved source to be lost. */
async function spareSource({ name, instrumentId }: Place, _actor: Actor, { test }: Scene) {
  const id = newId();
  const { db, clock } = test.rayni.app;
  const now = clock.now();
  if (name !== 'missing')
    await db.query
      .insertInto('source')
      .values({
        id,
        instrument_id: instrumentId,
        folder_id: null,
        conversation_id: null,
        type: 'note',
        title: 'Spare',
        category: null,
        description: '',
        version: '',
        model_tags: [],
        storage_uri: '',
        status: 'approved',
        status_detail: null,
        auto_approve: true,
        current_version_id: null,
        created_by: null,
        created_at: now,
        updated_at: now,
      })
      .execute();
  return { params: { id } };
}

export const libraryEntries: Entries = {
  'GET /api/instruments/': { '': { send: plain, ...everywhere(200) } },
  'GET /api/instruments/:id/': {
    '': { send: ({ instrumentId: id }) => ({ params: { id } }), ...knowers(200) },
  },
  'GET /api/folders/': {
    '': { send: ({ instrumentId: instrument }) => ({ query: { instrument } }), ...readers(200) },
    'of all instruments': { send: plain, ...everywhere(200) },
  },
  'GET /api/sources/': {
    '': { send: ({ instrumentId: instrument }) => ({ query: { instrument } }), ...readers(200) },
    'of all instruments': { send: plain, ...everywhere(200) },
  },
  'GET /api/instruments/:instrument/sources/': {
    '': { send: ({ instrumentId: instrument }) => ({ params: { instrument } }), ...readers(200) },
  },
  'GET /api/sources/:id/': {
    '': { send: ({ approved: id }) => ({ params: { id } }), ...finders(200) },
    'what waits for approval': { send: ({ waiting: id }) => ({ params: { id } }), ...managedThings },
  },
  'POST /api/instruments/': {
    '': { send: () => ({ body: fields }), ...adminsEverywhere(201) },
  },
  'PATCH /api/instruments/:id/': {
    '': {
      send: ({ instrumentId: id }) => ({ params: { id }, body: { vendor: 'Another' } }),
      ...managers(200),
    },
  },
  'PUT /api/instruments/:id/': {
    '': {
      send: async (...asked) => ({ ...(await spareInstrument(...asked)), body: fields }),
      ...admins(200),
    },
  },
  'DELETE /api/instruments/:id/': { '': { send: spareInstrument, ...admins(204) } },
  'POST /api/folders/': {
    '': {
      send: ({ instrumentId: instrument }) => ({ body: { instrument, name: 'Made' } }),
      ...managers(201),
    },
  },
  'PATCH /api/folders/:id/': {
    '': { send: ({ folder: id }) => ({ params: { id }, body: { name: 'Renamed' } }), ...keepers(200) },
  },
  'DELETE /api/folders/:id/': { '': { send: spareFolder, ...keepers(204) } },
  'POST /api/sources/': {
    'a note': {
      send: ({ instrumentId: instrument }) => ({
        body: { instrument, type: 'note', title: 'Made', text: 'Made.' },
      }),
      ...managers(201),
    },
    'a web page': {
      send: ({ instrumentId: instrument }) => ({
        body: { instrument, type: 'url', storage_uri: 'https://lab.example/' },
      }),
      ...managers(201),
    },
  },
  'PATCH /api/sources/:id/': {
    '': { send: ({ approved: id }) => ({ params: { id }, body: { description: 'New.' } }), ...keepers(200) },
    'what waits for approval': {
      send: ({ waiting: id }) => ({ params: { id }, body: { description: 'New.' } }),
      ...ownThings(200),
    },
  },
  'DELETE /api/sources/:id/': { '': { send: spareSource, ...keepers(204) } },
  'PATCH /api/sources/:id/archive': {
    '': { send: spareSource, ...keepers(200) },
    'what waits for approval': { send: ({ waiting: id }) => ({ params: { id } }), ...ownThings(409) },
  },
  // What is approved there is no page: whoever may change it is told so.
  'POST /api/sources/:id/refetch': {
    '': { send: ({ approved: id }) => ({ params: { id } }), ...keepers(400) },
    'what waits for approval': { send: ({ waiting: id }) => ({ params: { id } }), ...ownThings(400) },
  },
  'GET /api/source-versions/': {
    '': { send: ({ approved: source }) => ({ query: { source } }), ...finders(200) },
    'what waits for approval': { send: ({ waiting: source }) => ({ query: { source } }), ...managedThings },
    'of all sources': { send: plain, ...everywhere(200) },
  },
};
