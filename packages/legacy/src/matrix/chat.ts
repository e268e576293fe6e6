import {
  type Entries,
  everywhere,
  managers,
  nobody,
  owners,
  type Place,
  question,
  readers,
  type Statuses,
} from './kinds.ts';

const inForeign: Statuses = [404, 403, 404, 404, 403, 404];
const stream = ({ instrumentId }: Place) => ({ instrument_id: instrumentId, q: question });

const picture = [{ field: 'files', filename: 'pump.png', bytes: '\x89PNG\r\n\x1a\n\0\0' }];
const attached = ({ instrumentId }: Place, more: object) => ({
  body: { instrument_id: instrumentId, question, ...more },
  files: picture,
});

export const chatEntries: Entries = {
  'POST /api/chat/ask': {
    '': {
      send: ({ instrumentId }) => ({ body: { instrument_id: instrumentId, question } }),
      ...readers(200),
    },
    'in a foreign conversation': {
      send: ({ instrumentId, foreign }) => ({
        body: { instrument_id: instrumentId, question, session_id: foreign.sessionId },
      }),
      ...nobody,
      restricted: inForeign,
    },
  },
  'GET /stream/chat': {
    '': { send: (place) => ({ query: stream(place) }), ...readers(200) },
    'in a foreign conversation': {
      send: (place) => ({ query: { ...stream(place), session_id: place.foreign.sessionId } }),
      ...nobody,
      restricted: inForeign,
    },
  },
  'GET /api/citations/turn/:turn_id': {
    '': { send: ({ own }, actor) => ({ params: { turn_id: own[actor].turnId } }), ...owners(200) },
    'by the user turn': {
      send: ({ own }, actor) => ({ params: { turn_id: own[actor].userTurnId } }),
      ...owners(200),
    },
    foreign: { send: ({ foreign }) => ({ params: { turn_id: foreign.turnId } }), ...nobody },
  },
  'POST /api/chat/regen/:turn_id': {
    '': { send: ({ own }, actor) => ({ params: { turn_id: own[actor].turnId } }), ...owners(200) },
    'by the user turn': {
      send: ({ own }, actor) => ({ params: { turn_id: own[actor].userTurnId } }),
      ...owners(200),
    },
    foreign: { send: ({ foreign }) => ({ params: { turn_id: foreign.turnId } }), ...nobody },
  },
  // What one thinks of an answer may be said although one may not read on.
  'POST /api/chat/turn/:turn_id/feedback': {
    '': {
      send: ({ own }, actor) => ({ params: { turn_id: own[actor].turnId }, body: { rating: 'like' } }),
      ...everywhere(200),
      missing: nobody.missing,
      ended: { public: 404, restricted: 404 },
    },
    foreign: {
      send: ({ foreign }) => ({ params: { turn_id: foreign.turnId }, body: { rating: 'like' } }),
      ...nobody,
    },
  },
  // Whoever may attach is told that such a file cannot be read.
  'POST /api/chat/attach': {
    '': { send: (place) => attached(place, {}), ...readers(415) },
    'in a foreign conversation': {
      send: (place) => attached(place, { session_id: place.foreign.sessionId }),
      ...nobody,
      restricted: inForeign,
    },
    'for the library': { send: (place) => attached(place, { ingest: 'true' }), ...managers(415) },
  },
};
