import { newId } from '@rayni/api';
import {
  type Actor,
  adminsEverywhere,
  type Entries,
  managers,
  membersEverywhere,
  type Place,
  type Scene,
} from './kinds.ts';

const wishers = {
  public: [401, 202, 409, 409, 202, 409],
  restricted: [401, 202, 409, 409, 202, 409],
  missing: [401, 404, 404, 404, 404, 404],
} as const;

const here = ({ instrumentId: id }: Place) => ({ params: { id } });

/** A wish of somebody else for that instrument; an id that nothing has where there is no instrument. */
async function wishOf({ test }: Scene, { name, instrumentId }: Place): Promise<string> {
  const id = newId();
  if (name === 'missing') return id;
  await test.rayni.app.db.query
    .insertInto('access_request')
    .values({
      id,
      account_id: (await test.account()).userId,
      instrument_id: instrumentId,
      reason: '',
      status: 'pending',
      reviewer_id: null,
      created_at: test.rayni.app.clock.now(),
    })
    .execute();
  return id;
}

/** A grant of somebody else on that instrument; an id that nothing has where there is no instrument. */
async function grantOf({ test }: Scene, { name, instrumentId }: Place): Promise<string> {
  if (name === 'missing') return newId();
  const member = await test.account();
  await test.grant(member, instrumentId);
  const { id } = await test.rayni.app.db.query
    .selectFrom('access_grant')
    .select('id')
    .where('account_id', '=', member.userId)
    .executeTakeFirstOrThrow();
  return id;
}

const decided = (action: string) => async (place: Place, _actor: Actor, scene: Scene) => ({
  params: { id: place.instrumentId, req_id: await wishOf(scene, place), action },
});

export const accessEntries: Entries = {
  'POST /api/instruments/:id/access/request': { '': { send: here, ...wishers } },
  'GET /api/instruments/:id/access/requests': {
    '': { send: here, ...managers(200) },
    'that were denied': {
      send: (place) => ({ ...here(place), query: { status: 'denied' } }),
      ...managers(200),
    },
  },
  'POST /api/instruments/:id/access/requests/:req_id/:action': {
    approve: { send: decided('approve'), ...managers(200) },
    deny: { send: decided('deny'), ...managers(200) },
    'another action': { send: decided('cancel'), ...membersEverywhere(400) },
    'of another instrument': {
      send: async ({ instrumentId: id }, _actor, scene) => {
        const elsewhere = { instrumentId: await scene.test.instrument(), name: 'public' };
        return { params: { id, req_id: await wishOf(scene, elsewhere as Place), action: 'approve' } };
      },
      ...managers(404),
    },
  },
  'GET /api/instruments/:id/access/grants': { '': { send: here, ...managers(200) } },
  'POST /api/instruments/:id/access/grants': {
    '': {
      send: async (place, _actor, { test }) => ({
        ...here(place),
        body: { email: (await test.account()).email },
      }),
      ...managers(201),
    },
    'to nobody': {
      send: (place) => ({ ...here(place), body: { email: 'nobody@example.org' } }),
      ...managers(400),
    },
  },
  'PATCH /api/instruments/:id/access/grants/:grant_id': {
    '': {
      send: async (place, _actor, scene) => ({
        params: { id: place.instrumentId, grant_id: await grantOf(scene, place) },
        body: { status: 'revoked' },
      }),
      ...managers(200),
    },
  },
  'GET /api/users': { '': { send: () => ({}), ...adminsEverywhere(200) } },
  'POST /api/users/invite': {
    '': { send: () => ({ body: { email: `${newId()}@example.org` } }), ...adminsEverywhere(201) },
    'someone who is there': {
      send: (_place, _actor, { members }) => ({ body: { email: members.member.email } }),
      ...adminsEverywhere(409),
    },
  },
};
