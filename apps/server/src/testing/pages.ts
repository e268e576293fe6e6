/** What both kinds of page know of the server they call. */
export type Known = {
  api: string;
  instrumentId: string;
  sourceId: string;
  folderId: string;
  question: string;
};

// Of a page's own world only what is used below: with the whole of it in scope, server code that leans on it would compile.
type PageElement = {
  append(child: PageElement): void;
  addEventListener(name: string, heard: () => void): void;
  submit(): void;
  contentDocument: { body: { textContent: string | null } } | null;
};
declare const document: { createElement(tag: string): PageElement; body: PageElement };

/** Runs in a page: a front end of the older kind at work. */
export async function frontEnd({
  api,
  instrumentId,
  sourceId,
  folderId,
  question,
  email,
}: Known & { email: string }) {
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${api}${path}`, {
      method,
      credentials: 'include',
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { response, status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  };
  const login = await call('POST', '/api/auth/login', { email });
  const me = await call('GET', '/api/auth/me');
  const list = await call('GET', `/api/sources/?instrument=${instrumentId}`);
  const ask = await call('POST', '/api/chat/ask', { instrument_id: instrumentId, question });
  const procedure = await call('POST', '/trpc/chat.start', { json: { instrumentId, question } });
  const stream = await new Promise<string[]>((resolve, reject) => {
    const seen = new Set<string>();
    const url = `${api}/stream/chat?instrument_id=${instrumentId}&q=${encodeURIComponent(question)}`;
    const source = new EventSource(url, { withCredentials: true });
    for (const name of ['start', 'token', 'done']) source.addEventListener(name, () => seen.add(name));
    source.addEventListener('done', () => {
      source.close();
      resolve([...seen]);
    });
    source.addEventListener('error', () => reject(new Error('the stream broke')));
  });
  const change = await call('PATCH', `/api/folders/${folderId}/`, { name: 'Renamed' });
  const remove = await call('DELETE', `/api/folders/${folderId}/`);
  const signed = await call('POST', '/api/uploads/initiate', {
    filename: 'new.md',
    content_type: 'text/markdown',
  });
  const put = await fetch(signed.json.signed_url, {
    method: 'PUT',
    headers: signed.json.headers,
    body: '# Cleaning\n\nRinse the tray with water.\n',
  });
  const complete = await call('PATCH', `/api/uploads/${signed.json.upload_id}/complete`, {
    instrument_id: instrumentId,
  });
  const media = await fetch(`${api}/media/${sourceId}`, {
    credentials: 'include',
    headers: { range: 'bytes=0-3' },
  });
  return {
    login: [login.status, login.json.is_admin],
    me: [me.status, me.json.email],
    list: [
      list.status,
      list.response.headers.get('x-total-count'),
      list.response.headers.get('x-request-id') !== null,
    ],
    ask: [ask.status, ask.json.citations.length > 0],
    procedure: procedure.status,
    stream,
    change: [change.status, change.json.name],
    remove: remove.status,
    signed: signed.status,
    put: put.status,
    complete: complete.status,
    sourceId: String(complete.json.source_id),
    media: [media.status, await media.text()],
  };
}

/** Runs in a page: everything a page can try against somebody else's server. Of each try: `nothing`, or what came of it. */
export async function foreignPage({ api, instrumentId, sourceId, folderId, question }: Known) {
  const outcomes: Record<string, string> = {};
  const beacon = navigator as unknown as { sendBeacon(url: string, body: unknown): boolean };
  const ask = { instrument_id: instrumentId, question };
  const stream = `${api}/stream/chat?instrument_id=${instrumentId}&q=hello`;
  const reads = [
    '/api/auth/me',
    '/api/instruments/',
    `/api/sources/${sourceId}/`,
    '/trpc/auth.me',
    `/media/${sourceId}`,
    '/api/users',
  ];
  const acts: [path: string, fields: Record<string, string>, json: object][] = [
    ['/api/auth/logout', {}, {}],
    ['/api/chat/ask', ask, ask],
    ['/api/chat/attach', ask, ask],
    ['/trpc/auth.logout', {}, {}],
    ['/trpc/chat.start', ask, { json: { instrumentId, question } }],
    ['/api/uploads/initiate', {}, {}],
  ];
  const tried = async (name: string, run: () => Promise<string>) => {
    outcomes[name] = await run().catch(() => 'nothing');
  };
  const within = <T>(ms: number, run: (done: (outcome: T) => void) => void, otherwise: T) =>
    new Promise<T>((resolve) => {
      setTimeout(() => resolve(otherwise), ms);
      run(resolve);
    });
  const read = async (url: string, init: RequestInit) => {
    const response = await fetch(url, { credentials: 'include', ...init });
    const text = await response.text();
    return response.type === 'opaque' && text === '' ? 'nothing' : `${response.status} ${text}`;
  };

  for (const path of [...reads, stream.slice(api.length)]) {
    await tried(`GET ${path}`, () => read(`${api}${path}`, {}));
    await tried(`GET ${path}, not asking to read`, () => read(`${api}${path}`, { mode: 'no-cors' }));
  }
  for (const [path, fields, json] of acts) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const bodies: [string, NonNullable<RequestInit['body']>][] = [
      ['text', new Blob([JSON.stringify(json)], { type: 'text/plain' })],
      ['form', new URLSearchParams(fields)],
      ['files', form],
      ['nothing said', new Blob([JSON.stringify(json)])],
    ];
    for (const [kind, body] of bodies) {
      await tried(`POST ${path} as ${kind}`, () => read(`${api}${path}`, { method: 'POST', body }));
      await tried(`POST ${path} as ${kind}, not asking to read`, () =>
        read(`${api}${path}`, { method: 'POST', body, mode: 'no-cors' }),
      );
    }
    await tried(`POST ${path} without a body`, () =>
      read(`${api}${path}`, { method: 'POST', mode: 'no-cors' }),
    );
    await tried(`POST ${path} as JSON`, () =>
      read(`${api}${path}`, {
        method: 'POST',
        body: JSON.stringify(json),
        headers: { 'content-type': 'application/json' },
      }),
    );
    beacon.sendBeacon(`${api}${path}`, new URLSearchParams(fields));
    beacon.sendBeacon(`${api}${path}`, new Blob([JSON.stringify(json)], { type: 'text/plain' }));
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
      await tried(`a form as ${type} to ${path}`, () =>
        within(
          3_000,
          (done) => {
            const frame = document.createElement('iframe');
            const target = `frame ${path} ${type}`;
            Object.assign(frame, { name: target });
            document.body.append(frame);
            const sent = document.createElement('form');
            Object.assign(sent, {
              method: 'POST',
              action: `${api}${path}`,
              enctype: type,
              target,
            });
            for (const [name, value] of Object.entries(fields)) {
              const input = document.createElement('input');
              Object.assign(input, { name, value });
              sent.append(input);
            }
            document.body.append(sent);
            frame.addEventListener('load', () => {
              let text = 'nothing';
              try {
                text = frame.contentDocument?.body.textContent || 'nothing';
              } catch {
                // Another origin's document, as it should be.
              }
              done(text);
            });
            sent.submit();
          },
          'nothing',
        ),
      );
    }
  }
  for (const [method, path] of [
    ['PATCH', `/api/folders/${folderId}/`],
    ['DELETE', `/api/sources/${sourceId}/`],
    ['PATCH', `/api/sources/${sourceId}/archive`],
    ['PUT', `/api/instruments/${instrumentId}/`],
  ] as const)
    await tried(`${method} ${path}`, () =>
      read(`${api}${path}`, { method, body: '{}', headers: { 'content-type': 'text/plain' } }),
    );

  for (const tag of ['img', 'script', 'link', 'iframe', 'audio', 'object', 'prefetch', 'preload'] as const) {
    for (const url of [stream, `${api}/trpc/auth.logout`, `${api}/api/auth/logout`]) {
      await tried(`${tag} ${url.slice(api.length)}`, () =>
        within(
          1_500,
          (done) => {
            const isLink = tag === 'link' || tag === 'prefetch' || tag === 'preload';
            const element = document.createElement(isLink ? 'link' : tag);
            const link = { href: url, rel: tag === 'link' ? 'stylesheet' : tag, as: 'fetch' };
            Object.assign(element, isLink ? link : { src: url, data: url });
            // A frame loads the refusal; that it may not be looked into is the browser's part.
            element.addEventListener('load', () =>
              done(tag === 'img' || tag === 'script' || tag === 'link' ? 'loaded' : 'nothing'),
            );
            element.addEventListener('error', () => done('nothing'));
            document.body.append(element);
          },
          'nothing',
        ),
      );
    }
  }
  const rules = document.createElement('script');
  const urls = [{ source: 'list', urls: [`${stream}&guess=1`], eagerness: 'immediate' }];
  Object.assign(rules, {
    type: 'speculationrules',
    textContent: JSON.stringify({ prefetch: urls, prerender: urls }),
  });
  document.body.append(rules);

  for (const withCredentials of [true, false])
    await tried(`a stream ${withCredentials ? 'with' : 'without'} the cookie`, () =>
      within(
        3_000,
        (done) => {
          const source = new EventSource(stream, { withCredentials });
          for (const name of ['start', 'token', 'done', 'message', 'open'])
            source.addEventListener(name, () => done(name));
          source.addEventListener('error', () => {
            source.close();
            done('nothing');
          });
        },
        'nothing',
      ),
    );
  await tried('a socket', () =>
    within(
      3_000,
      (done) => {
        const socket = new WebSocket(`${api.replace('http', 'ws')}/trpc`);
        socket.addEventListener('open', () => done('open'));
        socket.addEventListener('error', () => done('nothing'));
      },
      'nothing',
    ),
  );
  return outcomes;
}

/** Runs in a page: sends a form as the page itself, which then is where the form went. */
export function submit({ url, type, fields }: { url: string; type: string; fields: Record<string, string> }) {
  const form = document.createElement('form');
  Object.assign(form, { method: 'POST', action: url, enctype: type });
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input');
    Object.assign(input, { name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}
