import { newId } from '@rayni/api';
import {
  admins,
  adminsEverywhere,
  type Entries,
  everywhere,
  type Place,
  plain,
  type Scene,
} from './kinds.ts';

/** Something that was told; an id that nothing has where there is nothing. */
async function toldIn({ test }: Scene, { name }: Place): Promise<string> {
  const id = newId();
  if (name === 'missing') return id;
  await test.rayni.app.db.query
    .insertInto('feedback')
    .values({
      id,
      category: 'support',
      body: 'The page is blank.',
      meta: '{}',
      status: 'open',
      created_at: test.rayni.app.clock.now(),
    } as never)
    .execute();
  return id;
}

export const feedbackEntries: Entries = {
  'POST /api/feedback/': {
    '': {
      send: ({ instrumentId, foreign }) => ({
        body: { body: 'Hm.', instrument_id: instrumentId, last_turn_id: foreign.turnId },
      }),
      ...everywhere(201),
    },
  },
  'GET /api/feedback/': { '': { send: plain, ...adminsEverywhere(200) } },
  'POST /api/feedback/:id/respond': {
    '': {
      send: async (place, _actor, scene) => ({
        params: { id: await toldIn(scene, place) },
        body: { response: 'Fixed.' },
      }),
      ...admins(200),
    },
  },
  'GET /api/faq/': { '': { send: plain, ...everywhere(200) } },
};
