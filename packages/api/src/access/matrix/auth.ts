import { all, finders, found, type Rows } from './kinds.ts';

export const authRows: Rows = {
  'auth.login': {
    '': {
      call: (api, { adminEmail }) => api.auth.login({ email: adminEmail }),
      public: all,
      restricted: all,
    },
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
};
