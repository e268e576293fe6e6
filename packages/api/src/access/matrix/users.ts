import { newId } from '../../ids.ts';
import { admins, missing, type Rows } from './kinds.ts';

const everywhere = <T>(outcomes: T) => ({ public: outcomes, restricted: outcomes });
const adminsFor = <T extends string>(outcome: T) => everywhere([...admins.slice(0, -1), outcome] as const);

export const usersRows: Rows = {
  'users.list': { '': { call: (api) => api.users.list(), ...everywhere(admins) } },
  'users.invite': {
    '': {
      call: (api) => api.users.invite({ email: `${newId()}@example.org` }),
      ...everywhere(admins),
    },
    'someone who is there': {
      call: (api, { adminEmail }) => api.users.invite({ email: adminEmail }),
      ...adminsFor('CONFLICT'),
    },
  },
  'users.change': {
    '': {
      call: (api, { access: { user } }) => api.users.change({ id: user.id, name: newId() }),
      ...everywhere(admins),
    },
    missing: { call: (api) => api.users.change({ id: missing, name: 'x' }), ...adminsFor('NOT_FOUND') },
  },
};
