import { admins, adminsMiss, missing, type Rows } from './kinds.ts';

export const jobsRows: Rows = {
  'jobs.list': {
    '': { call: (api) => api.jobs.list({}), public: admins, restricted: admins },
  },
  'jobs.retry': {
    missing: { call: (api) => api.jobs.retry({ id: missing }), public: adminsMiss, restricted: adminsMiss },
  },
  'jobs.cancel': {
    missing: { call: (api) => api.jobs.cancel({ id: missing }), public: adminsMiss, restricted: adminsMiss },
  },
};
