import { all, has, hasItems, members, of, onlyAdmin, type Body, type Scene } from './expect.ts';
import { type Actor, type Answered, namesFault, type Sent, short } from './visit.ts';

const citationNames = 'source_id source_title source_type fragment_id score id marker quote support locator';
const feedbackNames =
  'id email category body route instrument_id last_turn_id user_agent status admin_response responded_at created_at';
const question = 'How do I calibrate this instrument?';

/** Asking, files, connectors, places of Proofs and feedback. */
export async function walkAnswers({ request, walk, admin, note, open, own }: Scene): Promise<void> {
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
  const { items: cited } = (await request('guest', 'GET', `/api/citations/turn/${turns.guest}`)).body as {
    items: Body[];
  };
  await walk('GET', ['/api/citations/{id}/state'], {
    send: () => ({ at: { id: cited[0]?.id ?? '' } }),
    status: all(200),
    check: ({ body }) =>
      namesFault(body, 'id source_id state quote version newest_version passage closeness difference') ??
      ((body as { state?: string }).state === 'current' ? undefined : short(body)),
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
  const [film] = (await request('guest', 'GET', '/api/sources/', { query: { type: 'video' } }))
    .body as Body[];
  await walk('GET', ['/api/viewer/video/{id}'], {
    send: () => ({ at: { id: film?.id ?? '' } }),
    status: all(200),
    check: (answered) =>
      has('type t_start t_end transcript duration poster_url url quote')(answered) ??
      ((answered.body as { transcript: unknown[] }).transcript.length > 0 ? undefined : 'no transcript'),
  });
  // A source of another type is not there for these rows.
  await walk('GET', ['/api/viewer/video/{id}', '/api/viewer/image/{id}'], {
    send: () => ({ at: { id: pdf } }),
    status: all(404),
  });
  await walk('GET', ['/api/viewer/text/{id}'], {
    send: () => ({ at: { id: pdf } }),
    status: all(200),
    check: has('type title version current page_url units url quote'),
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
