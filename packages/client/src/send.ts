import { refused } from './errors.ts';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
/** `Fetch` as tRPC and EventSource call it, each with its own idea of what is optional. */
export type Send = (
  url: string | URL,
  init?: Omit<RequestInit, 'signal'> & { signal?: AbortSignal | null | undefined },
) => Promise<Response>;
export type HeaderSource =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>);

/**
 * The one way to the server: adds token and headers, keeps the session cookie where the platform keeps none, and turns a refusal that is
 * not JSON (a proxy's page, say) into a `RayniError`.
 */
export function createSend(options: {
  fetch: Fetch | undefined;
  token: string | undefined;
  headers: HeaderSource | undefined;
}): Send {
  const cookies = cookieHolder();
  const fetch = options.fetch ?? ((url: string, init?: RequestInit) => globalThis.fetch(url, init));
  return async (address, { signal, ...init } = {}) => {
    const url = String(address);
    const headers = new Headers(init.headers);
    const extra = typeof options.headers === 'function' ? await options.headers() : options.headers;
    for (const [name, value] of Object.entries(extra ?? {})) headers.set(name, value);
    if (options.token) headers.set('authorization', `Bearer ${options.token}`);
    const held = cookies.header();
    if (held) headers.set('cookie', held);
    const response = await fetch(url, {
      ...init,
      headers,
      credentials: 'include',
      ...(signal ? { signal } : {}),
    });
    cookies.keep(response.headers.getSetCookie());
    if (!response.ok && !isJson(response)) {
      await response.body?.cancel();
      throw refused(response.status, undefined, url.split('?', 1)[0] ?? url);
    }
    return response;
  };
}

export const isJson = (response: Response): boolean =>
  /^application\/([\w.-]+\+)?json\b/i.test(response.headers.get('content-type') ?? '');

/**
 * Cookies of one server, in memory. Node's fetch keeps none. A browser keeps its own and hides `Set-Cookie` from scripts, so that this
 * stays empty there and nothing has to ask which platform it runs on.
 */
export function cookieHolder() {
  const held = new Map<string, string>();
  return {
    header: (): string | undefined =>
      held.size > 0 ? [...held].map(([name, value]) => `${name}=${value}`).join('; ') : undefined,
    keep(setCookies: string[]) {
      for (const cookie of setCookies) {
        const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
        const at = pair.indexOf('=');
        if (at < 1) continue;
        const name = pair.slice(0, at);
        if (attributes.some(isOver)) held.delete(name);
        else held.set(name, pair.slice(at + 1));
      }
    },
  };
}

function isOver(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=', 2);
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
}
