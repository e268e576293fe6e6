import { newId } from '@rayni/api';
import { admins, adminsEverywhere, type Entries, type Place, plain, type Scene } from './kinds.ts';

/** A connector; an id that nothing has where there is nothing. */
async function connectorIn({ test }: Scene, { name }: Place): Promise<string> {
  const id = newId();
  if (name === 'missing') return id;
  await test.rayni.app.db.query
    .insertInto('connector')
    .values({
      id,
      provider: 'sharepoint',
      config: '{"site_id":"s"}',
      sealed: null,
      created_by: null,
      created_at: test.rayni.app.clock.now(),
    })
    .execute();
  return id;
}

export const connectorEntries: Entries = {
  'GET /api/connectors': { '': { send: plain, ...adminsEverywhere(200) } },
  'POST /api/connectors': {
    '': {
      send: () => ({ body: { provider: 'sharepoint', config: { site_id: 's', client_secret: 'hush' } } }),
      ...adminsEverywhere(201),
    },
  },
  'POST /api/connectors/:id/sync': {
    '': {
      send: async (place, _actor, scene) => ({ params: { id: await connectorIn(scene, place) } }),
      ...admins(202),
    },
  },
};
