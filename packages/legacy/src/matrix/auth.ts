import { type Actor, type Entries, everywhere, plain, type Scene } from './kinds.ts';

/** Signing in and out ends the session it came with. */
const fresh = async (actor: Actor, scene: Scene) => ({ session: await scene.session(actor) });

export const authEntries: Entries = {
  'POST /api/auth/login': {
    '': {
      send: async (_place, actor, scene) => ({
        ...(await fresh(actor, scene)),
        body: { email: scene.members.member.email },
      }),
      ...everywhere(200),
    },
    'as someone who was disabled': {
      send: async (_place, actor, scene) => ({
        ...(await fresh(actor, scene)),
        body: { email: scene.members.disabled.email },
      }),
      ...everywhere(400),
    },
  },
  'POST /api/auth/logout': {
    '': { send: (_place, actor, scene) => fresh(actor, scene), ...everywhere(200) },
  },
  'GET /api/auth/me': { '': { send: plain, ...everywhere(200) } },
};
