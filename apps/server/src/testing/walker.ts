/** Where a walk ended, with everything on the way. */
export type Walk = { url: URL; response: Response; text: string; passed: URL[] };

/** As much of a browser as signing in needs: follows redirects from host to host and keeps each host's cookies. */
export type Walker = {
  /** Follows redirects until `stop` says so (that address is not asked for: `url` alone counts) or there are no more. */
  go(
    address: string | URL,
    options?: { headers?: Record<string, string>; stop?: (url: URL) => boolean },
  ): Promise<Walk>;
  /** The cookies that host would be sent, by name. */
  cookies(address: string | URL): Map<string, string>;
};

const most = 12;

export function newWalker(): Walker {
  const jars = new Map<string, Map<string, string>>();
  const cookies = (address: string | URL) => {
    const { host } = new URL(address);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    return jar;
  };
  return {
    cookies,
    async go(address, { headers = {}, stop = () => false } = {}) {
      const passed: URL[] = [];
      let url = new URL(address);
      let response = new Response();
      for (let steps = 0; steps < most && !(passed.length > 0 && stop(url)); steps++) {
        passed.push(url);
        const jar = cookies(url);
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        response = await fetch(url, {
          redirect: 'manual',
          headers: { accept: 'text/html', ...headers, ...(cookie && { cookie }) },
        });
        for (const line of response.headers.getSetCookie()) keep(jar, line);
        const to = response.headers.get('location');
        if (!to) return { url, response, text: await response.text(), passed };
        await response.body?.cancel();
        url = new URL(to, url);
      }
      return { url, response, text: '', passed };
    },
  };
}

function keep(jar: Map<string, string>, line: string) {
  const [pair = ''] = line.split(';');
  const at = pair.indexOf('=');
  const gone = /expires=Thu, 01 Jan 1970|max-age=0/i.test(line);
  if (gone) jar.delete(pair.slice(0, at));
  else jar.set(pair.slice(0, at), pair.slice(at + 1));
}
