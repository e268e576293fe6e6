import { admins, adminsMiss, missing, type Rows } from './kinds.ts';

const site = { provider: 'sharepoint' as const, config: { site_id: 's', client_secret: 'secret' } };

export const connectorsRows: Rows = {
  'connectors.list': { '': { call: (api) => api.connectors.list(), public: admins, restricted: admins } },
  'connectors.create': {
    '': { call: (api) => api.connectors.create(site), public: admins, restricted: admins },
  },
  'connectors.sync': {
    '': {
      call: (api, { connector }) => api.connectors.sync({ id: connector }),
      public: admins,
      restricted: admins,
    },
    missing: {
      call: (api) => api.connectors.sync({ id: missing }),
      public: adminsMiss,
      restricted: adminsMiss,
    },
  },
  'connectors.remove': {
    '': {
      call: (api, { connector }) => api.connectors.remove({ id: connector }),
      public: admins,
      restricted: admins,
    },
    missing: {
      call: (api) => api.connectors.remove({ id: missing }),
      public: adminsMiss,
      restricted: adminsMiss,
    },
  },
};
