import { type Entries, everywhere, finders, knowers, managedThings, plain, readers } from './kinds.ts';

export const libraryEntries: Entries = {
  'GET /api/instruments/': { '': { send: plain, ...everywhere(200) } },
  'GET /api/instruments/:id/': {
    '': { send: ({ instrumentId: id }) => ({ params: { id } }), ...knowers(200) },
  },
  'GET /api/folders/': {
    '': { send: ({ instrumentId: instrument }) => ({ query: { instrument } }), ...readers(200) },
    'of all instruments': { send: plain, ...everywhere(200) },
  },
  'GET /api/sources/': {
    '': { send: ({ instrumentId: instrument }) => ({ query: { instrument } }), ...readers(200) },
    'of all instruments': { send: plain, ...everywhere(200) },
  },
  'GET /api/instruments/:instrument/sources/': {
    '': { send: ({ instrumentId: instrument }) => ({ params: { instrument } }), ...readers(200) },
  },
  'GET /api/sources/:id/': {
    '': { send: ({ approved: id }) => ({ params: { id } }), ...finders(200) },
    'what waits for approval': { send: ({ waiting: id }) => ({ params: { id } }), ...managedThings },
  },
};
