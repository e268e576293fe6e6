import { setTimeout as sleep } from 'node:timers/promises';
import { all, has, hasItems, list, of, onlyAdmin, type Scene } from './expect.ts';
import type { Answered, Sent } from './visit.ts';
import { short } from './visit.ts';

const instrumentNames = 'id name vendor models_arr visibility description updated_at';
const sourceNames =
  'id instrument folder type title category description version model_tags storage_uri status status_detail checksum archived archived_at created_at';

/** Instruments, folders, sources and who may use them; returns the instruments that were made. */
export async function walkLibrary({ request, walk, admin, note, open, own }: Scene): Promise<string[]> {
  note('instruments and folders');
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
  // A note lies at no address: whoever may change it is told so.
  await walk('POST', ['/api/sources/{id}/refetch'], {
    send: () => ({ at: { id: source } }),
    status: { guest: 401, user: 404, admin: 400 },
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

  return made;
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
