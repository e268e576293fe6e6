import { all, has, of, onlyAdmin, type Body, type Scene } from './expect.ts';
import { type Sent, visitor } from './visit.ts';
import { walkAnswers } from './walk-answers.ts';
import { walkLibrary } from './walk-library.ts';

/** Every documented path in every spelling, as guest, member and admin, on a server in development mode with its demo. */
export async function walkAll(url: string, note: (line: string) => void) {
  const walker = visitor(url, (seconds) => note(`the limit of requests is reached, waiting ${seconds} s`));
  const { request, walk, visits } = walker;
  const admin = (method: string, path: string, sent?: Sent) => request('admin', method, path, sent);

  note('signing in');
  await walk('POST', ['/api/auth/login'], {
    send: (actor) => ({
      json: { email: actor === 'guest' ? 'nobody@rayni.invalid' : `${actor.toUpperCase()}@rayni.com` },
    }),
    status: { guest: 400, user: 200, admin: 200 },
    check: has('userId email name is_admin role allowed'),
  });
  await walk('GET', ['/api/auth/me'], {
    status: all(200),
    check: (answered, actor) =>
      has('userId email name is_admin allowed')(answered) ??
      ('isGuest' in of(answered) === (actor === 'guest') ? undefined : 'isGuest is wrong'),
  });

  const shown = (await request('guest', 'GET', '/api/instruments/')).body as Body[];
  const open = shown[0]?.id ?? '';
  const create = async () =>
    of(await admin('POST', '/api/instruments/', { json: { name: 'Smoke walk', visibility: 'restricted' } }))
      .id;
  const own = await create();
  const scene: Scene = { ...walker, note, admin, open, own, create };
  const made = await walkLibrary(scene);
  await walkAnswers(scene);

  note('clearing away');
  await walk('DELETE', ['/api/instruments/{id}/'], {
    send: async (actor) => ({ at: { id: actor === 'admin' ? (made.pop() ?? (await create())) : own } }),
    status: onlyAdmin(204),
  });
  for (const id of [own, ...made]) await admin('DELETE', '/api/instruments/{id}/', { at: { id } });
  await walk('POST', ['/api/auth/logout'], { status: all(200), check: has('message') });
  return visits;
}
