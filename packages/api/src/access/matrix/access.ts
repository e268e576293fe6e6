import {
  admins,
  found,
  foreignUploads as inForeign,
  members,
  missing,
  type Rows,
  uploaders as deciders,
} from './kinds.ts';

const gone = ['UNAUTHENTICATED', ...Array.from({ length: 5 }, () => 'NOT_FOUND' as const)] as const;
// Who has access already has nothing to ask for.
const wishers = ['UNAUTHENTICATED', 'ok', 'CONFLICT', 'CONFLICT', 'ok', 'CONFLICT'] as const;
const everywhere = <T>(outcomes: T) => ({ public: outcomes, restricted: outcomes });

export const accessRows: Rows = {
  'access.request': {
    '': { call: (api, { instrumentId }) => api.access.request({ instrumentId }), ...everywhere(wishers) },
    again: { call: (api, { instrumentId }) => api.access.request({ instrumentId }), ...everywhere(wishers) },
    missing: { call: (api) => api.access.request({ instrumentId: missing }), ...everywhere(gone) },
  },
  'access.mine': {
    '': { call: (api) => api.access.mine(), ...everywhere(members) },
    foreign: {
      call: async (api, { access }) =>
        found((await api.access.mine()).filter(({ id }) => id === access.wishes.guest.approve)),
      ...everywhere(gone),
    },
  },
  'access.requests': {
    '': { call: (api, { instrumentId }) => api.access.requests({ instrumentId }), ...everywhere(deciders) },
    missing: { call: (api) => api.access.requests({ instrumentId: missing }), ...everywhere(gone) },
  },
  'access.approve': {
    '': {
      call: (api, { instrumentId, access }, actor) =>
        api.access.approve({ instrumentId, requestId: access.wishes[actor].approve }),
      ...everywhere(deciders),
    },
    again: {
      call: (api, { instrumentId, access }, actor) =>
        api.access.approve({ instrumentId, requestId: access.wishes[actor].approve }),
      ...everywhere([
        'UNAUTHENTICATED',
        'FORBIDDEN',
        'FORBIDDEN',
        'CONFLICT',
        'FORBIDDEN',
        'CONFLICT',
      ] as const),
    },
    'missing request': {
      call: (api, { instrumentId }) => api.access.approve({ instrumentId, requestId: missing }),
      ...everywhere(inForeign),
    },
    missing: {
      call: (api) => api.access.approve({ instrumentId: missing, requestId: missing }),
      ...everywhere(gone),
    },
  },
  'access.deny': {
    '': {
      call: (api, { instrumentId, access }, actor) =>
        api.access.deny({ instrumentId, requestId: access.wishes[actor].deny }),
      ...everywhere(deciders),
    },
    'missing request': {
      call: (api, { instrumentId }) => api.access.deny({ instrumentId, requestId: missing }),
      ...everywhere(inForeign),
    },
    missing: {
      call: (api) => api.access.deny({ instrumentId: missing, requestId: missing }),
      ...everywhere(gone),
    },
  },
  'access.grants': {
    '': { call: (api, { instrumentId }) => api.access.grants({ instrumentId }), ...everywhere(deciders) },
    missing: { call: (api) => api.access.grants({ instrumentId: missing }), ...everywhere(gone) },
  },
  'access.grant': {
    '': {
      call: (api, { instrumentId, access }) =>
        api.access.grant({ instrumentId, email: access.user.email, role: 'instrument_manager' }),
      ...everywhere(deciders),
    },
    'an unknown e-mail': {
      call: (api, { instrumentId }) => api.access.grant({ instrumentId, email: 'nobody@example.org' }),
      ...everywhere([
        'UNAUTHENTICATED',
        'FORBIDDEN',
        'FORBIDDEN',
        'BAD_REQUEST',
        'FORBIDDEN',
        'BAD_REQUEST',
      ] as const),
    },
    missing: {
      call: (api, { access }) => api.access.grant({ instrumentId: missing, email: access.user.email }),
      ...everywhere(gone),
    },
  },
  'access.changeGrant': {
    '': {
      call: (api, { instrumentId, access: { grantId } }) =>
        api.access.changeGrant({ instrumentId, grantId, status: 'revoked' }),
      ...everywhere(deciders),
    },
    'missing grant': {
      call: (api, { instrumentId }) =>
        api.access.changeGrant({ instrumentId, grantId: missing, status: 'revoked' }),
      ...everywhere(inForeign),
    },
    missing: {
      call: (api, { access: { grantId } }) =>
        api.access.changeGrant({ instrumentId: missing, grantId, status: 'revoked' }),
      ...everywhere(gone),
    },
  },
  'access.audit': { '': { call: (api) => api.access.audit({}), ...everywhere(admins) } },
};
