import {
  all,
  endOf,
  found,
  members,
  missing,
  nobody,
  question,
  readers,
  revoked,
  type Rows,
  uploaders,
} from './kinds.ts';

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
  'chat.snapshot': {
    '': {
      call: (api, { own }, actor) => api.chat.snapshot({ turnId: own[actor].turnId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.snapshot({ turnId: foreign.turnId }),
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
  'chat.regenerate': {
    '': {
      call: (api, { own }, actor) => api.chat.regenerate({ turnId: own[actor].turnId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.regenerate({ turnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.regenerateAndWait': {
    'by the user turn': {
      call: (api, { own }, actor) => api.chat.regenerateAndWait({ turnId: own[actor].userTurnId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.regenerateAndWait({ turnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.versions': {
    '': {
      call: (api, { own }, actor) => api.chat.versions({ userTurnId: own[actor].userTurnId }),
      public: all,
      restricted: readers,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.versions({ userTurnId: foreign.turnId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.feedback': {
    '': {
      call: (api, { own }, actor) => api.chat.feedback({ turnId: own[actor].turnId, rating: 'like' }),
      public: all,
      restricted: all,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.feedback({ turnId: foreign.turnId, rating: 'like' }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.proofFeedback': {
    '': {
      call: (api, { own }, actor) =>
        api.chat.proofFeedback({ citationId: own[actor].citation, fault: 'outdated' }),
      public: all,
      restricted: all,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.proofFeedback({ citationId: foreign.citation, fault: 'outdated' }),
      public: nobody,
      restricted: nobody,
    },
    missing: {
      call: (api) => api.chat.proofFeedback({ citationId: missing, fault: 'outdated' }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.reportedProofs': {
    '': {
      call: (api, { instrumentId }) => api.chat.reportedProofs({ instrumentId }),
      public: uploaders,
      restricted: uploaders,
    },
  },
  'chat.conversations': {
    '': {
      call: (api, { instrumentId }) => api.chat.conversations({ instrumentId }),
      public: members,
      restricted: ['UNAUTHENTICATED', 'FORBIDDEN', 'ok', 'ok', 'FORBIDDEN', 'ok'],
    },
    'on all instruments': {
      call: async (api, { own }, actor) =>
        found(
          (await api.chat.conversations({ pageSize: 200 })).items.filter(
            ({ sessionId }) => sessionId === own[actor].sessionId,
          ),
        ),
      public: members,
      restricted: ['UNAUTHENTICATED', 'NOT_FOUND', 'ok', 'ok', 'NOT_FOUND', 'ok'],
    },
    foreign: {
      call: async (api, { foreign }) =>
        found(
          (await api.chat.conversations({ pageSize: 200 })).items.filter(
            ({ sessionId }) => sessionId === foreign.sessionId,
          ),
        ),
      public: ['UNAUTHENTICATED', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
      restricted: ['UNAUTHENTICATED', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
    },
  },
  'chat.rename': {
    '': {
      call: (api, { own }, actor) => api.chat.rename({ sessionId: own[actor].sessionId, title: 'Mine' }),
      public: all,
      restricted: all,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.rename({ sessionId: foreign.sessionId, title: 'Mine' }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.remove': {
    '': {
      call: (api, { own }, actor) => api.chat.remove({ sessionId: own[actor].spareSession }),
      public: all,
      restricted: all,
    },
    foreign: {
      call: (api, { foreign }) => api.chat.remove({ sessionId: foreign.sessionId }),
      public: nobody,
      restricted: nobody,
    },
  },
  'chat.initiateAttachment': {
    '': {
      call: (api, { instrumentId }) => api.chat.initiateAttachment({ instrumentId }),
      public: all,
      restricted: readers,
    },
    'for the library': {
      call: (api, { instrumentId }) => api.chat.initiateAttachment({ instrumentId, ingest: true }),
      public: uploaders,
      restricted: uploaders,
    },
    'for an instrument to be named later': {
      call: (api) => api.chat.initiateAttachment({}),
      public: all,
      restricted: all,
    },
  },
  // Nobody reads files here: who may attach is told that nothing was put.
  'chat.attach': {
    '': {
      call: (api, { instrumentId, own }, actor) =>
        api.chat.attach({ instrumentId, question, uploadIds: [own[actor].emptyUpload] }),
      public: Array.from(all, () => 'CONFLICT' as const),
      restricted: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'CONFLICT', 'FORBIDDEN', 'CONFLICT'],
    },
    'for the library': {
      call: (api, { instrumentId, own }, actor) =>
        api.chat.attach({ instrumentId, question, uploadIds: [own[actor].emptyUpload], ingest: true }),
      public: ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'CONFLICT', 'FORBIDDEN', 'CONFLICT'],
      restricted: ['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'CONFLICT', 'FORBIDDEN', 'CONFLICT'],
    },
    'a foreign upload': {
      call: (api, { instrumentId, foreign }) =>
        api.chat.attach({ instrumentId, question, uploadIds: [foreign.upload] }),
      public: nobody,
      restricted: ['NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND'],
    },
    'in a foreign conversation': {
      call: (api, { instrumentId, own, foreign }, actor) =>
        api.chat.attach({
          instrumentId,
          question,
          uploadIds: [own[actor].emptyUpload],
          sessionId: foreign.sessionId,
        }),
      public: nobody,
      restricted: ['NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN', 'NOT_FOUND'],
    },
  },
};
