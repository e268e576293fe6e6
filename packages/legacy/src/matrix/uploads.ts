import { callAs } from '@rayni/api/testing';
import { type Actor, type Entries, managers, membersEverywhere, type Scene } from './kinds.ts';

/** An upload of that actor, with bytes; a guest and whoever was one cannot begin any. */
async function begun(actor: Actor, scene: Scene): Promise<string> {
  if (actor === 'guest') return '01900000-0000-7000-8000-00000000ffff';
  const api = callAs(scene.test.rayni, scene.members[actor]);
  const { uploadId } = await api.uploads.initiate({ filename: 'own.md' });
  scene.test.put(uploadId, 'Set the temperature to 37 degrees.');
  return uploadId;
}

export const uploadEntries: Entries = {
  'POST /api/uploads/initiate': {
    '': { send: () => ({}), ...membersEverywhere(201) },
    'for an instrument': {
      send: ({ instrumentId }) => ({ body: { instrument_id: instrumentId } }),
      // No trained user: these instruments do not let them.
      ...managers(201),
    },
  },
  'PATCH /api/uploads/:upload_id/complete': {
    '': {
      send: async ({ instrumentId }, actor, scene) => ({
        params: { upload_id: await begun(actor, scene) },
        body: { instrument_id: instrumentId },
      }),
      ...managers(200),
    },
    "somebody else's": {
      send: async ({ instrumentId }, actor, scene) => ({
        params: { upload_id: await begun(actor === 'admin' ? 'manager' : 'admin', scene) },
        body: { instrument_id: instrumentId },
      }),
      ...managers(404),
    },
  },
};
