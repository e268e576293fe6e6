import { all, nobody, finders, managers, missing, type Rows } from './kinds.ts';

export const viewerRows: Rows = {
  'viewer.locate': {
    '': {
      call: (api, { approved }) => api.viewer.locate({ sourceId: approved }),
      public: all,
      restricted: finders,
    },
    'a fragment': {
      call: (api, { fragment }) => api.viewer.locate({ target: fragment }),
      public: all,
      restricted: finders,
    },
    'a citation of their own': {
      call: (api, { own }, actor) => api.viewer.locate({ target: own[actor].citation }),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.viewer.locate({ sourceId: waiting }),
      public: managers,
      restricted: managers,
    },
    missing: { call: (api) => api.viewer.locate({ target: missing }), public: nobody, restricted: nobody },
  },
  'viewer.recording': {
    '': {
      call: (api, { recording }) => api.viewer.recording({ sourceId: recording }),
      public: all,
      restricted: finders,
    },
    'of what is none': {
      call: (api, { approved }) => api.viewer.recording({ sourceId: approved }),
      public: nobody,
      restricted: nobody,
    },
    missing: {
      call: (api) => api.viewer.recording({ target: missing }),
      public: nobody,
      restricted: nobody,
    },
  },
  'viewer.text': {
    '': {
      call: (api, { approved }) => api.viewer.text({ sourceId: approved }),
      public: all,
      restricted: finders,
    },
    'a fragment': {
      call: (api, { fragment }) => api.viewer.text({ target: fragment }),
      public: all,
      restricted: finders,
    },
    'a citation of their own': {
      call: (api, { own }, actor) => api.viewer.text({ target: own[actor].citation }),
      public: all,
      restricted: finders,
    },
    'what waits for approval': {
      call: (api, { waiting }) => api.viewer.text({ sourceId: waiting }),
      public: managers,
      restricted: managers,
    },
    missing: { call: (api) => api.viewer.text({ target: missing }), public: nobody, restricted: nobody },
  },
  'viewer.citationState': {
    'of their own': {
      call: (api, { own }, actor) => api.viewer.citationState({ citationId: own[actor].citation }),
      public: all,
      restricted: finders,
    },
    'of someone else': {
      call: (api, { foreign }) => api.viewer.citationState({ citationId: foreign.citation }),
      public: all,
      restricted: finders,
    },
    missing: {
      call: (api) => api.viewer.citationState({ citationId: missing }),
      public: nobody,
      restricted: nobody,
    },
  },
};
