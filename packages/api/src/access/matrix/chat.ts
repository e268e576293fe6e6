import { all, endOf, nobody, readers, revoked, question, type Rows } from './kinds.ts';

export const chatRows: Rows = {
  'chat.start': {
    '': {
      call: (api, { instrumentId }) => api.chat.start({ instrumentId, question }),
      public: all,
      restricted: readers,
    },
    'in a foreign conversation': {
      call: (api, { instrumentId, foreign }) =>
        api.chat.start({ instrumentId, question, sessionId: foreign.sessionId }),
      public: nobody,
      restricted: ['NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND'],
    },
  },
  'chat.ask': {
    '': {
      call: (api, { instrumentId }) => api.chat.ask({ instrumentId, question }),
      public: all,
      restricted: readers,
    },
  },
  'chat.events': {
    '': {
      call: async (api, { own }, actor) => endOf(await api.chat.events({ turnId: own[actor].turnId })),
      public: all,
      restricted: revoked,
    },
    foreign: {
      call: async (api, { foreign }) => endOf(await api.chat.events({ turnId: foreign.turnId })),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.cancel': {
    '': {
      call: (api, { own }, actor) => api.chat.cancel({ turnId: own[actor].turnId }),
      public: all,
      restricted: all,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.cancel({ turnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.history': {
    '': {
      call: (api, { own }, actor) => api.chat.history({ sessionId: own[actor].sessionId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.history({ sessionId: foreign.sessionId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.citations': {
    '': {
      call: (api, { own }, actor) => api.chat.citations({ turnId: own[actor].turnId }),
      public: all,
      restricted: readers,
    },
    'by the user turn': {
      call: (api, { own }, actor) => api.chat.citations({ turnId: own[actor].userTurnId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.citations({ turnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
};
