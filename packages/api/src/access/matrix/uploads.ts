import { members, uploaders, foreignUploads, missing, type Rows } from './kinds.ts';

export const uploadsRows: Rows = {
  'uploads.initiate': {
    '': { call: (api) => api.uploads.initiate({}), public: members, restricted: members },
    'for an instrument': {
      call: (api, { instrumentId }) => api.uploads.initiate({ instrumentId }),
      public: uploaders,
      restricted: uploaders,
    },
  },
  'uploads.complete': {
    '': {
      call: (api, { instrumentId, own }, actor) =>
        api.uploads.complete({ instrumentId, uploadId: own[actor].upload }),
      public: uploaders,
      restricted: uploaders,
    },
    'captions of a recording': {
      call: (api, { instrumentId, recording, own }, actor) =>
        api.uploads.complete({ instrumentId, uploadId: own[actor].captions, captionsFor: recording }),
      public: uploaders,
      restricted: uploaders,
    },
    foreign: {
      call: (api, { instrumentId, foreign }) =>
        api.uploads.complete({ instrumentId, uploadId: foreign.upload }),
      public: foreignUploads,
      restricted: foreignUploads,
    },
    missing: {
      call: (api, { instrumentId }) => api.uploads.complete({ instrumentId, uploadId: missing }),
      public: foreignUploads,
      restricted: foreignUploads,
    },
  },
};
