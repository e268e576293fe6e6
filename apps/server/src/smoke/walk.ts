import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Answered, Sent } from './visit.ts';
import { namesFault, short, visitor } from './visit.ts';

const all = (status: number) => ({ guest: status, user: status, admin: status });
const members = (status: number) => ({ guest: 401, user: status, admin: status });
const onlyAdmin = (status: number) => ({ guest: 401, user: 403, admin: status });

const instrumentNames = 'id name vendor models_arr visibility description updated_at';
const sourceNames =
  'id instrument folder type title category description version model_tags storage_uri status status_detail checksum archived archived_at created_at';
const citationNames = 'source_id source_title source_type fragment_id score id marker quote support locator';
const feedbackNames =
  'id email category body route instrument_id last_turn_id user_agent status admin_response responded_at created_at';
const question = 'How do I calibrate this instrument?';

type Body = { id: string; items: Body[]; turn_id: string; archived: boolean };
const of = (answered: Answered) => answered.body as Body;
const has =
  (names: string) =>
  ({ body }: Answered) =>
    namesFault(body, names);
const hasItems = (names: string) => (answered: Answered) => {
  const fault = namesFault(answered.body, 'items');
  const [first] = fault ? [] : of(answered).items;
  return fault ?? (first ? namesFault(first, names) : undefined);
};
const list =
  (names: string) =>
  ({ body }: Answered) =>
    !Array.isArray(body) ? `no array: ${short(body)}` : body[0] ? namesFault(body[0], names) : undefined;

/** Every documented path in every spelling, as guest, member and admin, on a server in development mode with its demo. */
export async function walkAll(url: string, note: (line: string) => void) {
  const { request, walk, visits } = visitor(url);
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

  note('instruments and folders');
  const shown = (await request('guest', 'GET', '/api/instruments/')).body as Body[];
  const open = shown[0]?.id ?? '';
  const create = async () =>
    of(await admin('POST', '/api/instruments/', { json: { name: 'Smoke walk', visibility: 'restricted' } }))
      .id;
  const own = await create();
  await walk('GET', ['/api/instruments/'], { status: all(200), check: list(instrumentNames) });
  await walk('GET', ['/api/instruments/{id}/'], {
    send: () => ({ at: { id: open } }),
    status: all(200),
    check: has(instrumentNames),
  });
  await walk('GET', ['/api/instruments/{id}/'], {
    send: () => ({ at: { id: own } }),
    status: { guest: 404, user: 200, admin: 200 },
    check: has(instrumentNames),
  });
  const made: string[] = [];
  await walk('POST', ['/api/instruments/'], {
    send: () => ({
      json: { name: 'Smoke walk', vendor: 'Walkers', models_arr: ['W-1'], visibility: 'restricted' },
    }),
    status: onlyAdmin(201),
    check: (answered) => {
      made.push(of(answered).id);
      return has(instrumentNames)(answered);
    },
  });
  for (const method of ['PATCH', 'PUT']) {
    await walk(method, ['/api/instruments/{id}/'], {
      send: () => ({
        at: { id: own },
        json: {
          name: 'Smoke walk',
          vendor: 'Walkers',
          models_arr: ['W-2'],
          visibility: 'restricted',
          description: 'Made by a walk over all paths.',
        },
      }),
      status: onlyAdmin(200),
      check: has(instrumentNames),
    });
  }
  const folder = of(
    await walk('POST', ['/api/folders/'], {
      send: () => ({ json: { instrument: own, name: 'Walks' } }),
      status: onlyAdmin(201),
      check: has('id instrument name parent'),
    }),
  ).id;
  await walk('GET', ['/api/folders/'], {
    send: () => ({ query: { instrument: own } }),
    status: { guest: 404, user: 403, admin: 200 },
    check: list('id instrument name parent'),
  });
  await walk('PATCH', ['/api/folders/{id}/'], {
    send: () => ({ at: { id: folder }, json: { name: 'Long walks' } }),
    status: { guest: 401, user: 404, admin: 200 },
    check: has('id instrument name parent'),
  });
  await walk('DELETE', ['/api/folders/{id}/'], {
    send: async () => ({
      at: {
        id: of(await admin('POST', '/api/folders/', { json: { instrument: own, name: 'Short walks' } })).id,
      },
    }),
    status: { guest: 401, user: 404, admin: 204 },
  });

  note('sources');
  const sourceOf = async (title: string) =>
    of(
      await admin('POST', '/api/sources/', {
        json: {
          instrument: own,
          type: 'note',
          title,
          text: `# Calibration\n\n${title}: set the walk to 5 km and wait for 60 minutes.\n`,
        },
      }),
    ).id;
  await walk('POST', ['/api/sources/'], {
    send: () => ({
      json: {
        instrument: own,
        type: 'note',
        title: 'Walked note',
        text: '# Calibration\n\nSet the walk to 5 km.\n',
      },
    }),
    status: onlyAdmin(201),
    check: has(sourceNames),
  });
  const source = await sourceOf('A note to walk on');
  await settled(() => admin('GET', '/api/sources/{id}/', { at: { id: source } }));
  await walk('GET', ['/api/sources/'], {
    send: () => ({ query: { instrument: open, page: '1', page_size: '1' } }),
    status: all(200),
    check: (answered) =>
      list(sourceNames)(answered) ?? (answered.headers.has('x-total-count') ? undefined : 'no X-Total-Count'),
  });
  await walk('GET', ['/api/instruments/{id}/sources/'], {
    send: () => ({ at: { id: open } }),
    status: all(200),
    check: list(sourceNames),
  });
  await walk('GET', ['/api/sources/{id}/'], {
    send: () => ({ at: { id: source } }),
    status: { guest: 404, user: 404, admin: 200 },
    check: has(sourceNames),
  });
  await walk('PATCH', ['/api/sources/{id}/'], {
    send: () => ({
      at: { id: source },
      json: { title: 'A note walked on', category: 'sop', model_tags: ['W-1'] },
    }),
    status: { guest: 401, user: 404, admin: 200 },
    check: has(sourceNames),
  });
  await walk('GET', ['/api/source-versions/', '/api/sourceversions/'], {
    send: () => ({ query: { source } }),
    status: { guest: 404, user: 404, admin: 200 },
    check: list('id source version storage_uri checksum created_at'),
  });
  await walk('PATCH', ['/api/sources/{id}/archive'], {
    send: async (actor) => {
      if (actor !== 'admin') return { at: { id: source } };
      const id = await sourceOf('A note to archive');
      await settled(() => admin('GET', '/api/sources/{id}/', { at: { id } }));
      return { at: { id } };
    },
    status: { guest: 401, user: 404, admin: 200 },
    check: (answered) => has(sourceNames)(answered) ?? (of(answered).archived ? undefined : 'not archived'),
  });
  await walk('DELETE', ['/api/sources/{id}/'], {
    send: async (actor) => ({ at: { id: actor === 'admin' ? await sourceOf('A note to delete') : source } }),
    status: { guest: 401, user: 404, admin: 204 },
  });

  note('access');
  const access = (rest: string) => `/api/instruments/{id}/access/${rest}`;
  const here: Sent = { at: { id: own } };
  await walk('POST', [access('request'), '/api/instruments/{id}/request-access'], {
    send: () => ({ ...here, json: { reason: 'to walk' } }),
    status: { guest: 401, user: 202, admin: 409 },
    check: has('id status'),
  });
  const requestNames =
    'id user user_email user_name instrument reason status reviewer reviewed_at created_at';
  await walk('GET', [access('requests')], {
    send: () => here,
    status: onlyAdmin(200),
    check: hasItems(requestNames),
  });
  for (const [act, status] of [
    ['deny', 'denied'],
    ['approve', 'approved'],
  ] as const) {
    await walk('POST', [access(`requests/{req}/${act}`)], {
      send: async (actor) => {
        // Whoever was let in by the walk before asks anew.
        if (actor === 'guest') await revoke();
        const asked = await request('user', 'POST', access('request'), { ...here, json: {} });
        return { at: { id: own, req: of(asked).id } };
      },
      status: onlyAdmin(200),
      check: ({ body }) => ((body as { status?: string }).status === status ? undefined : short(body)),
    });
  }
  await revoke();
  const grantNames = 'id user user_email instrument role status created_at';
  const granted = of(
    await walk('POST', [access('grants'), access('grants/create')], {
      send: () => ({ ...here, json: { email: 'user@rayni.com', role: 'trained_user' } }),
      status: { guest: 401, user: 403, admin: 201 },
      check: has(grantNames),
    }),
  ).id;
  await walk('GET', [access('grants')], {
    send: () => here,
    status: onlyAdmin(200),
    check: hasItems(grantNames),
  });
  await walk('PATCH', [access('grants/{grant}')], {
    send: () => ({ at: { id: own, grant: granted }, json: { status: 'revoked' } }),
    status: onlyAdmin(200),
    check: has(grantNames),
  });
  async function revoke() {
    const grants = of(await admin('GET', access('grants'), here)).items;
    for (const { id } of grants)
      await admin('PATCH', access('grants/{grant}'), {
        at: { id: own, grant: id },
        json: { status: 'revoked' },
      });
  }
  await walk('GET', ['/api/users'], {
    status: onlyAdmin(200),
    check: hasItems('id email name is_admin role status'),
  });
  await walk('POST', ['/api/users/invite'], {
    send: () => ({ json: { email: 'walker@rayni.invalid' } }),
    status: onlyAdmin(201),
    check: has('status email'),
  });

  note('chat');
  const ask: Sent = { json: { instrument_id: open, question } };
  const answerNames = 'turn_id answer citations';
  await walk('POST', ['/api/chat/ask'], { send: () => ask, status: all(200), check: answeredWell });
  await walk('GET', ['/stream/chat'], {
    send: () => ({ query: { instrument_id: open, q: question } }),
    status: all(200),
    check: streamFault,
  });
  await walk('POST', ['/api/chat/attach'], {
    send: () => {
      const form = new FormData();
      form.set('instrument_id', open);
      form.set('question', 'How far do I walk?');
      form.append(
        'files',
        new Blob(['# Walking\n\nWalk 7 km before the instrument is calibrated.\n'], {
          type: 'text/markdown',
        }),
        'walk.md',
      );
      return { form };
    },
    status: all(200),
    check: has(answerNames),
  });
  const turnOf = async (actor: Actor) => of(await request(actor, 'POST', '/api/chat/ask', ask)).turn_id;
  const turns: Record<Actor, string> = {
    guest: await turnOf('guest'),
    user: await turnOf('user'),
    admin: await turnOf('admin'),
  };
  const ofTurn = (json?: object) => (actor: Actor) => ({
    at: { turn: turns[actor] },
    ...(json ? { json } : {}),
  });
  await walk('GET', ['/api/citations/turn/{turn}', '/api/chat/turns/{turn}/citations'], {
    send: ofTurn(),
    status: all(200),
    check: hasItems(citationNames),
  });
  await walk('GET', ['/api/citations/turn/{turn}'], {
    send: (actor) => ({ at: { turn: turns[actor === 'admin' ? 'user' : 'admin'] } }),
    status: all(404),
  });
  await walk('POST', ['/api/chat/regen/{turn}', '/api/chat/turns/{turn}/regenerate'], {
    send: ofTurn(),
    status: all(200),
    check: has('turn_id answer'),
  });
  await walk('POST', ['/api/chat/turn/{turn}/feedback', '/api/chat/turns/{turn}/feedback'], {
    send: ofTurn({ rating: 'dislike', tag: 'offtopic', comment: 'A walk.' }),
    status: all(200),
    check: ({ body }) => ((body as { status?: string }).status === 'ok' ? undefined : short(body)),
  });
  function answeredWell({ body }: Answered): string | undefined {
    const { citations } = body as { citations?: unknown[] };
    return (
      namesFault(body, answerNames) ??
      (citations?.[0] ? namesFault(citations[0], citationNames) : 'without a citation')
    );
  }

  note('uploads');
  const file = Buffer.from('# Walked upload\n\nSet the upload to 9 km.\n');
  const initiate: Sent = { json: { filename: 'walk.md', content_type: 'text/markdown', size: file.length } };
  await walk('POST', ['/api/uploads/initiate'], {
    send: () => initiate,
    status: members(201),
    check: has('upload_id signed_url headers'),
  });
  const uploaded = async (actor: Actor) => {
    const begun = (await request(actor, 'POST', '/api/uploads/initiate', initiate)).body as {
      upload_id: string;
      signed_url: string;
      headers: Record<string, string>;
    };
    await fetch(begun.signed_url, { method: 'PUT', headers: begun.headers, body: file });
    return begun.upload_id;
  };
  await walk('PATCH', ['/api/uploads/{upload}/complete'], {
    send: async (actor) => ({
      at: { upload: actor === 'guest' ? own : await uploaded(actor) },
      json: { instrument_id: own, title: 'Walked upload' },
    }),
    status: onlyAdmin(200),
    check: has('source_id status'),
  });
  await walk('PATCH', ['/api/uploads/{upload}/complete'], {
    send: async () => ({
      at: {
        upload: ((await admin('POST', '/api/uploads/initiate')).body as { upload_id: string }).upload_id,
      },
      json: { instrument_id: own },
    }),
    status: { guest: 401, user: 403, admin: 409 },
  });

  note('connectors, viewer, feedback');
  const connectorNames = 'id provider created_at config_json';
  const connector = of(
    await walk('POST', ['/api/connectors', '/api/connectors/create'], {
      send: () => ({
        json: {
          provider: 'google_drive',
          config: { folder_id: 'walk', client_secret: 'a secret to be masked' },
        },
      }),
      status: onlyAdmin(201),
      check: (answered) =>
        has(connectorNames)(answered) ??
        (short(answered.body).includes('to be masked') ? 'a secret is shown' : undefined),
    }),
  ).id;
  await walk('GET', ['/api/connectors'], { status: onlyAdmin(200), check: hasItems(connectorNames) });
  await walk('POST', ['/api/connectors/{id}/sync'], {
    send: () => ({ at: { id: connector } }),
    status: onlyAdmin(202),
    check: has('status'),
  });

  const pdf =
    (
      (await request('guest', 'GET', '/api/sources/', { query: { instrument: open, type: 'pdf' } }))
        .body as Body[]
    )[0]?.id ?? '';
  await walk('GET', ['/api/viewer/pdf/{id}'], {
    send: () => ({ at: { id: pdf } }),
    status: all(200),
    check: has('type page bbox rects page_width page_height filename version checksum url quote'),
  });
  // The demo has no film and no photo: a source of another type is not there for these rows.
  await walk('GET', ['/api/viewer/video/{id}', '/api/viewer/image/{id}'], {
    send: () => ({ at: { id: pdf } }),
    status: all(404),
  });
  await walk('GET', ['/media/{id}', '/media/{id}.pdf'], {
    send: () => ({ at: { id: pdf } }),
    status: all(302),
    check: (answered) => (answered.headers.has('location') ? undefined : 'no Location'),
  });
  const told = of(
    await walk('POST', ['/api/feedback/', '/api/support/feedback'], {
      send: () => ({
        json: { category: 'support', body: 'A walk over all paths.', route: '/walk', instrument_id: open },
      }),
      status: all(201),
      check: has(feedbackNames),
    }),
  ).id;
  await walk('GET', ['/api/feedback/', '/api/support/feedback/list'], {
    status: onlyAdmin(200),
    check: hasItems(feedbackNames),
  });
  await walk('POST', ['/api/feedback/{id}/respond', '/api/support/feedback/{id}/respond'], {
    send: () => ({ at: { id: told }, json: { response: 'Thank you.' } }),
    status: onlyAdmin(200),
    check: has(feedbackNames),
  });
  await walk('GET', ['/api/faq/', '/api/support/faq'], {
    status: all(200),
    check: (answered) => {
      const ids = of(answered).items.map(({ id }) => id);
      return ['upload', 'access', 'citations', 'contact'].every((id) => ids.includes(id))
        ? undefined
        : `only ${ids.join(', ')}`;
    },
  });

  note('clearing away');
  await walk('DELETE', ['/api/instruments/{id}/'], {
    send: async (actor) => ({ at: { id: actor === 'admin' ? (made.pop() ?? (await create())) : own } }),
    status: onlyAdmin(204),
  });
  for (const id of [own, ...made]) await admin('DELETE', '/api/instruments/{id}/', { at: { id } });
  await walk('POST', ['/api/auth/logout'], { status: all(200), check: has('message') });
  return visits;
}

/** Waits until a source is no longer being read. */
async function settled(look: () => Promise<Answered>) {
  for (let tries = 0; tries < 300; tries++) {
    const { status } = (await look()).body as { status?: string };
    if (status !== 'uploaded' && status !== 'processing') return;
    await sleep(100);
  }
  throw new Error('A note was not read within 30 s.');
}

/** A stream begins with `start`, brings at least one token and ends with `done` and its citations. */
function streamFault({ headers, body }: Answered): string | undefined {
  if (!headers.get('content-type')?.startsWith('text/event-stream')) return 'no event stream';
  const events = String(body)
    .split('\n\n')
    .flatMap((frame) => /^event: (\w+)$/m.exec(frame)?.[1] ?? []);
  const said = [...new Set(events)].join(' ');
  return said === 'start token done' ? undefined : `events: ${said || short(body)}`;
}
