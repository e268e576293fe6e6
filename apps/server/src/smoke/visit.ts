import { setTimeout as sleep } from 'node:timers/promises';

/** Who walks the paths: nobody signed in, the demo member, the demo admin. */
export const actors = ['guest', 'user', 'admin'] as const;
export type Actor = (typeof actors)[number];

export type Answered = { status: number; headers: Headers; body: unknown };

/** One request that was made: what was expected of it and what came. */
export type Visit = { method: string; path: string; actor: Actor; wanted: string; got: string; ok: boolean };

export type Sent = {
  /** Values of the `{names}` in the path. */
  at?: Record<string, string>;
  query?: Record<string, string>;
  json?: object;
  form?: FormData;
  headers?: Record<string, string>;
};

export type Expected = {
  status: Record<Actor, number>;
  /** What the body must be beside the status when the request was allowed; says what is wrong. */
  check?: (answered: Answered, actor: Actor) => string | undefined;
  send?: (actor: Actor) => Sent | Promise<Sent>;
};

/** Walks paths of one server as three people, keeps their cookies and a record of every visit. */
export function visitor(url: string, onWait: (seconds: number) => void) {
  const cookies = new Map<Actor, string>();
  const visits: Visit[] = [];

  /** As often as the server asks to come again. */
  async function request(actor: Actor, method: string, path: string, sent: Sent = {}): Promise<Answered> {
    for (;;) {
      const answered = await once(actor, method, path, sent);
      const wait = Number(answered.headers.get('retry-after') ?? 0);
      if (answered.status !== 429 || wait === 0) return answered;
      onWait(wait);
      await sleep(wait * 1000);
    }
  }

  async function once(actor: Actor, method: string, path: string, sent: Sent): Promise<Answered> {
    const query = sent.query ? `?${new URLSearchParams(sent.query).toString()}` : '';
    const filled = path.replace(/\{(\w+)\}/g, (whole, name: string) => sent.at?.[name] ?? whole);
    const cookie = cookies.get(actor);
    const response = await fetch(url + filled + query, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie ? { cookie } : {}),
        ...(sent.json ? { 'content-type': 'application/json' } : {}),
        ...sent.headers,
      },
      ...(sent.form ? { body: sent.form } : sent.json ? { body: JSON.stringify(sent.json) } : {}),
      signal: AbortSignal.timeout(90_000),
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';');
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(set)) cookies.delete(actor);
      else cookies.set(actor, pair);
    }
    const text = await response.text();
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** Every spelling in both slash forms as each of the three, in that order; returns what the last allowed one answered. */
  async function walk(method: string, spellings: readonly string[], expected: Expected): Promise<Answered> {
    let last: Answered | undefined;
    for (const spelling of spellings) {
      for (const path of [spelling, spelling.endsWith('/') ? spelling.slice(0, -1) : `${spelling}/`]) {
        for (const actor of actors) {
          const answered = await request(actor, method, path, await expected.send?.(actor));
          const wanted = expected.status[actor];
          const allowed = answered.status === wanted && wanted < 400;
          const fault =
            answered.status !== wanted
              ? `${answered.status} ${short(answered.body)}`
              : (headerFault(answered) ??
                (allowed ? expected.check?.(answered, actor) : bodyFault(answered.body)));
          visits.push({
            method,
            path,
            actor,
            wanted: String(wanted),
            got: fault ?? String(wanted),
            ok: fault === undefined,
          });
          if (allowed) last = answered;
        }
      }
    }
    return last ?? { status: 0, headers: new Headers(), body: {} };
  }
  return { request, walk, visits };
}

/** What every answer of the dialect carries. */
function headerFault({ headers }: Answered): string | undefined {
  return headers.get('x-request-id') ? undefined : 'no X-Request-Id';
}

/** What every refusal says. */
function bodyFault(body: unknown): string | undefined {
  const { detail, code } = (body ?? {}) as { detail?: unknown; code?: unknown };
  return typeof detail === 'string' && typeof code === 'string'
    ? undefined
    : `no detail and code: ${short(body)}`;
}

export const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 160) ?? '';

/** Complains about names that are missing or unexpected in an object. */
export function namesFault(value: unknown, names: string): string | undefined {
  const wanted = names.split(' ');
  if (typeof value !== 'object' || value === null) return `no object: ${short(value)}`;
  const missing = wanted.filter((name) => !(name in value));
  return missing.length > 0 ? `without ${missing.join(', ')}: ${short(value)}` : undefined;
}
