import { members, missing, type Rows } from './kinds.ts';

const gone = ['UNAUTHENTICATED', ...Array.from({ length: 5 }, () => 'NOT_FOUND' as const)] as const;

export const tokensRows: Rows = {
  'tokens.create': {
    '': { call: (api) => api.tokens.create({ name: 'script' }), public: members, restricted: members },
  },
  'tokens.list': { '': { call: (api) => api.tokens.list(), public: members, restricted: members } },
  'tokens.revoke': {
    'their own': {
      call: async (api) => {
        const { id } = await api.tokens.create({ name: 'script' });
        return api.tokens.revoke({ id });
      },
      public: members,
      restricted: members,
    },
    foreign: {
      call: (api, { foreign }) => api.tokens.revoke({ id: foreign.token }),
      public: gone,
      restricted: gone,
    },
    missing: { call: (api) => api.tokens.revoke({ id: missing }), public: gone, restricted: gone },
  },
};
