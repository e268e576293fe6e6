import {
  type Actor,
  type Entries,
  finders,
  managedThings,
  type Place,
  type Scene,
  type Statuses,
} from './kinds.ts';

const found = (statuses: Statuses) =>
  statuses.map((status) => (status === 200 ? 302 : status)) as unknown as Statuses;

/** As if it were a document of that type: a copy of what is approved there. */
const as =
  (type: 'image' | 'video') =>
  async (place: Place, _actor: Actor, { test, members }: Scene) => {
    if (place.name === 'missing') return { params: { source_id: place.approved } };
    const id = await test.document(members.admin, place.instrumentId, 'shown.md', 'Shown.');
    await test.rayni.app.db.query.updateTable('source').set({ type }).where('id', '=', id).execute();
    return { params: { source_id: id } };
  };

export const viewerEntries: Entries = {
  'GET /api/viewer/pdf/:source_id': {
    '': { send: ({ pdf }) => ({ params: { source_id: pdf } }), ...finders(200) },
    'what waits for approval': {
      send: ({ waiting }) => ({ params: { source_id: waiting } }),
      ...managedThings,
    },
  },
  'GET /api/viewer/video/:source_id': { '': { send: as('video'), ...finders(200) } },
  'GET /api/viewer/text/:source_id': {
    '': { send: ({ approved }) => ({ params: { source_id: approved } }), ...finders(200) },
    'what waits for approval': {
      send: ({ waiting }) => ({ params: { source_id: waiting } }),
      ...managedThings,
    },
  },
  'GET /api/viewer/image/:source_id': { '': { send: as('image'), ...finders(200) } },
  'GET /api/citations/:citation_id/state': {
    'of their own': {
      send: ({ own }, actor) => ({ params: { citation_id: own[actor].citation } }),
      ...finders(200),
    },
    'of someone else': {
      send: ({ foreign }) => ({ params: { citation_id: foreign.citation } }),
      ...finders(200),
    },
  },
  'GET /media/:source_id': {
    '': { send: ({ approved }) => ({ params: { source_id: `${approved}.md` } }), ...finders(302) },
    'what waits for approval': {
      send: ({ waiting }) => ({ params: { source_id: waiting } }),
      public: found(managedThings.public),
      restricted: found(managedThings.restricted),
      missing: managedThings.missing,
    },
  },
};
