import { all, nobody, readers, finders, managers, found, missing, type Rows } from './kinds.ts';

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
};
