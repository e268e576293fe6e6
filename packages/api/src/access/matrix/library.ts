import {
  all,
  changers,
  finders,
  foreignUploads,
  found,
  managers,
  missing,
  nobody,
  onlyOf,
  presentOf,
  readers,
  type Rows,
  uploaders,
} from './kinds.ts';

const admins = ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'ok'] as const;
/** Of what only admins may touch, and is not there. */
const noneToRemove = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'FORBIDDEN',
  'FORBIDDEN',
  'FORBIDDEN',
  'NOT_FOUND',
] as const;
/** Of a thing that is not there. */
const gone = ['UNAUTHENTICATED', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'] as const;
/** Of what only managers know. */
const kept = ['UNAUTHENTICATED', 'NOT_FOUND', 'NOT_FOUND', 'ok', 'NOT_FOUND', 'ok'] as const;
const noPage = {
  public: changers.public.map((outcome) => (outcome === 'ok' ? 'BAD_REQUEST' : outcome)),
  restricted: changers.restricted.map((outcome) => (outcome === 'ok' ? 'BAD_REQUEST' : outcome)),
};
const keptNoPage = kept.map((outcome) => (outcome === 'ok' ? 'BAD_REQUEST' : outcome));
const everyField = {
  name: 'Replaced',
  vendor: '',
  models: [],
  visibility: 'restricted' as const,
  description: '',
};

export const libraryRows: Rows = {
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
  'instruments.create': {
    '': { call: (api) => api.instruments.create({ name: 'Created' }), public: admins, restricted: admins },
  },
  'instruments.update': {
    '': {
      call: (api, { instrumentId }) => api.instruments.update({ id: instrumentId, vendor: 'Another' }),
      public: uploaders,
      restricted: uploaders,
    },
    missing: {
      call: (api) => api.instruments.update({ id: missing, vendor: 'Another' }),
      public: gone,
      restricted: gone,
    },
  },
  'instruments.replace': {
    '': {
      call: (api, { spare }) => api.instruments.replace({ id: spare.instrumentId, ...everyField }),
      public: admins,
      restricted: admins,
    },
    missing: {
      call: (api) => api.instruments.replace({ id: missing, ...everyField }),
      public: noneToRemove,
      restricted: noneToRemove,
    },
  },
  'instruments.delete': {
    '': {
      call: (api, { spare }) => api.instruments.delete({ id: spare.instrumentId }),
      public: admins,
      restricted: admins,
    },
    missing: {
      call: (api) => api.instruments.delete({ id: missing }),
      public: noneToRemove,
      restricted: noneToRemove,
    },
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
  'folders.create': {
    '': {
      call: (api, { instrumentId }) => api.folders.create({ instrumentId, name: 'Created' }),
      public: uploaders,
      restricted: uploaders,
    },
    missing: {
      call: (api) => api.folders.create({ instrumentId: missing, name: 'Created' }),
      public: gone,
      restricted: gone,
    },
  },
  'folders.update': {
    '': {
      call: (api, { spare }, actor) => api.folders.update({ id: spare[actor].folder, name: 'Renamed' }),
      ...changers,
    },
    missing: {
      call: (api) => api.folders.update({ id: missing, name: 'Renamed' }),
      public: gone,
      restricted: gone,
    },
  },
  'folders.delete': {
    '': {
      call: (api, { spare }, actor) => api.folders.delete({ id: spare[actor].folder }),
      ...changers,
    },
    missing: { call: (api) => api.folders.delete({ id: missing }), public: gone, restricted: gone },
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
  'sources.preview': {
    '': {
      call: (api, { approved }) => api.sources.preview({ id: approved }),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.preview({ id: waiting }),
      public: managers,
      restricted: managers,
    },
    missing: { call: (api) => api.sources.preview({ id: missing }), public: nobody, restricted: nobody },
  },
  'sources.events': {
    'of an instrument': {
      call: async (api, { instrumentId }) => presentOf(await api.sources.events({ instrumentId })),
      public: all,
      restricted: readers,
    },
    'of sources': {
      call: async (api, { approved }) =>
        found(await presentOf(await api.sources.events({ ids: [approved, missing] }))),
      public: all,
      restricted: finders,
    },
    'of what waits for approval': {
      call: async (api, { waiting }) => found(await presentOf(await api.sources.events({ ids: [waiting] }))),
      public: managers,
      restricted: managers,
    },
    'of a missing instrument': {
      call: async (api) => presentOf(await api.sources.events({ instrumentId: missing })),
      public: nobody,
      restricted: nobody,
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
  'sources.versions': {
    '': {
      call: async (api, { approved }) => found(await api.sources.versions({ sourceId: approved })),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.versions({ sourceId: waiting }),
      public: managers,
      restricted: managers,
    },
    'of every source': {
      call: async (api, { approved }) =>
        found((await api.sources.versions({})).filter(({ sourceId }) => sourceId === approved)),
      public: all,
      restricted: finders,
    },
    missing: {
      call: (api) => api.sources.versions({ sourceId: missing }),
      public: nobody,
      restricted: nobody,
    },
  },
  'sources.create': {
    '': {
      call: (api, { instrumentId }) =>
        api.sources.create({ instrumentId, type: 'note', title: 'Created', text: 'Created.' }),
      public: uploaders,
      restricted: uploaders,
    },
    missing: {
      call: (api) =>
        api.sources.create({ instrumentId: missing, type: 'note', title: 'Created', text: 'Created.' }),
      public: gone,
      restricted: gone,
    },
  },
  'sources.edit': {
    '': {
      call: (api, { spare }, actor) => api.sources.edit({ id: spare[actor].source, text: 'Edited.' }),
      ...changers,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.edit({ id: waiting, text: 'Edited.' }),
      public: kept,
      restricted: kept,
    },
    missing: {
      call: (api) => api.sources.edit({ id: missing, text: 'Edited.' }),
      public: gone,
      restricted: gone,
    },
  },
  'sources.refetch': {
    // What is approved there is a note: whoever may change it is told so.
    '': { call: (api, { approved }) => api.sources.refetch({ id: approved }), ...noPage },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.refetch({ id: waiting }),
      public: keptNoPage,
      restricted: keptNoPage,
    },
    missing: { call: (api) => api.sources.refetch({ id: missing }), public: gone, restricted: gone },
  },
  'sources.update': {
    '': {
      call: (api, { approved }) => api.sources.update({ id: approved, description: 'Updated.' }),
      ...changers,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.sources.update({ id: waiting, description: 'Updated.' }),
      public: kept,
      restricted: kept,
    },
    missing: {
      call: (api) => api.sources.update({ id: missing, description: 'Updated.' }),
      public: gone,
      restricted: gone,
    },
  },
  'sources.approveMany': {
    // Each for itself: of what one may not decide about the answer says so, and the call as a whole stands.
    '': {
      call: async (api, { approved }) => onlyOf(await api.sources.approveMany({ ids: [approved] })),
      ...changers,
    },
    missing: {
      call: async (api) => onlyOf(await api.sources.approveMany({ ids: [missing] })),
      public: gone,
      restricted: gone,
    },
  },
  'sources.moveMany': {
    '': {
      call: (api, { instrumentId, spare }, actor) =>
        api.sources.moveMany({ instrumentId, ids: [spare[actor].source], folderId: null }),
      public: uploaders,
      restricted: uploaders,
    },
    'a source that is not there': {
      call: (api, { instrumentId }) => api.sources.moveMany({ instrumentId, ids: [missing], folderId: null }),
      public: foreignUploads,
      restricted: foreignUploads,
    },
    'of a missing instrument': {
      call: (api, { approved }) =>
        api.sources.moveMany({ instrumentId: missing, ids: [approved], folderId: null }),
      public: gone,
      restricted: gone,
    },
  },
  'sources.archive': {
    '': {
      call: (api, { spare }, actor) => api.sources.archive({ id: spare[actor].source }),
      ...changers,
    },
    missing: { call: (api) => api.sources.archive({ id: missing }), public: gone, restricted: gone },
  },
  'sources.delete': {
    '': {
      call: (api, { spare }, actor) => api.sources.delete({ id: spare[actor].source }),
      ...changers,
    },
    missing: { call: (api) => api.sources.delete({ id: missing }), public: gone, restricted: gone },
  },
};
