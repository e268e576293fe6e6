import {
  type Entries,
  everywhere,
  nobody,
  owners,
  type Place,
  question,
  readers,
  type Statuses,
} from './kinds.ts';

const inForeign: Statuses = [404, 403, 404, 404, 403, 404];
const stream = ({ instrumentId }: Place) => ({ instrument_id: instrumentId, q: question });

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
};
