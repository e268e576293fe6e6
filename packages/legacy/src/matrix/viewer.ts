import { type Entries, finders, managedThings, type Statuses } from './kinds.ts';

const found = (statuses: Statuses) =>
  statuses.map((status) => (status === 200 ? 302 : status)) as unknown as Statuses;

export const viewerEntries: Entries = {
  'GET /api/viewer/pdf/:source_id': {
    '': { send: ({ pdf }) => ({ params: { source_id: pdf } }), ...finders(200) },
    'what waits for approval': {
      send: ({ waiting }) => ({ params: { source_id: waiting } }),
      ...managedThings,
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
