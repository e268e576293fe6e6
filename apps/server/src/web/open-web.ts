import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MIMEType } from 'node:util';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { isFetchable, Unreachable, Unreadable, type Web } from '@rayni/api';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { isLoopback, isReachable } from './public-address.ts';

const mostBytes = 25 * 2 ** 20;
const patienceMs = 60_000;
const connectMs = 10_000;
const mostRedirects = 3;
const webPorts = [80, 443];
const redirects = new Set([301, 302, 303, 307, 308]);
/** Another try may fare better. */
const passing = new Set([408, 425, 429]);

export type WebOptions = {
  /** Said to every host that is asked. */
  userAgent: string;
  /** For development: this machine may be asked too, on any port. */
  loopback?: boolean;
  /** Every address of a name. The system's resolver without it. */
  resolve?: (hostname: string) => Promise<{ address: string; family: number }[]>;
  patienceMs?: number;
  /** For tests, which can listen on others than 80 and 443. */
  ports?: readonly number[];
};

/**
 * The web behind a guard: http and https on their own ports, no credentials, public unicast addresses only. What is checked is the very
 * address that is connected to, for every hop of at most three redirects; 25 MB, counted before and after unpacking, and 60 s in all.
 * Nothing is taken from the environment, no cookie is kept and no referrer sent.
 */
export function openWeb(options: WebOptions): Web {
  return {
    async fetch(address, signal) {
      const late = AbortSignal.timeout(options.patienceMs ?? patienceMs);
      const either = AbortSignal.any([signal, late]);
      const { promise: over, reject } = Promise.withResolvers<never>();
      either.addEventListener('abort', () => reject(either.reason), { once: true });
      // One for each page: no connection outlives what was checked for it.
      const agent = new Agent({ connect: guardedConnector(options), connections: 1, pipelining: 0 });
      try {
        // A connection that is being opened hears of no signal.
        return await Promise.race([follow(address, agent, options, either), over]);
      } catch (error) {
        signal.throwIfAborted();
        if (late.aborted) throw new Unreachable('The page did not arrive within 60 seconds.');
        throw plainly(error);
      } finally {
        // Not waited for: it would be until a connection that is being opened has failed.
        agent.destroy().catch(() => {});
      }
    },
  };
}

async function follow(address: string, agent: Agent, options: WebOptions, signal: AbortSignal) {
  let url = asUrl(address);
  for (let hops = 0; ; hops++) {
    refuse(url, options);
    const response = await request(url, {
      dispatcher: agent,
      signal,
      headers: {
        'user-agent': options.userAgent,
        accept: 'text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf',
        'accept-encoding': 'gzip, br',
      },
    });
    if (!redirects.has(response.statusCode)) return pageOf(url, response);
    // Its end comes with the agent's.
    response.body.on('error', () => {}).destroy();
    const location = oneOf(response.headers.location);
    if (location === undefined || !URL.canParse(location, url.href))
      throw new Unreadable('The address leads on to nowhere (a redirect without an address).');
    if (hops === mostRedirects)
      throw new Unreadable(`The address leads on more than ${mostRedirects} times and was given up.`);
    url = asUrl(location, url);
  }
}

function asUrl(address: string, base?: URL): URL {
  const url = URL.parse(address, base?.href);
  if (!url) throw new Unreadable('This is not an address of a web page.');
  url.hash = '';
  return url;
}

/** What can be said of an address before anything is looked up. */
function refuse(url: URL, options: WebOptions) {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Unreadable(`Only http and https addresses are fetched, and this one is ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw new Unreadable('An address with a user name or a password is not fetched.');
  const host = withoutBrackets(url.hostname);
  if (isIP(host) !== 0) checkAddress(host, portOf(url), options);
  else if (!isWebPort(portOf(url), options) && !options.loopback) throw otherPort(portOf(url));
}

const withoutBrackets = (host: string) => host.replace(/^\[(.*)\]$/, '$1');
const portOf = ({ protocol, port }: { protocol: string; port: string }) =>
  Number(port || (protocol === 'https:' ? 443 : 80));
const isWebPort = (port: number, { ports = webPorts }: WebOptions) => ports.includes(port);
const otherPort = (port: number) =>
  new Unreadable(`Only the ports 80 and 443 are fetched from, and this address names ${port}.`);

function checkAddress(address: string, port: number, options: WebOptions) {
  if (!isReachable(address, { loopback: options.loopback ?? false }))
    throw new Unreadable('This address leads into a private network; only public pages are fetched.');
  if (!isWebPort(port, options) && !isLoopback(address)) throw otherPort(port);
}

/** Connects only to addresses that were checked. A lookup hook alone is never called for an address that needs none. */
function guardedConnector(options: WebOptions): buildConnector.connector {
  return (to, done) => {
    const port = portOf(to);
    const host = withoutBrackets(to.hostname);
    if (isIP(host) !== 0) {
      try {
        checkAddress(host, port, options);
      } catch (error) {
        done(asError(error), null);
        return;
      }
    }
    const connect = buildConnector({
      allowH2: false,
      timeout: connectMs,
      lookup: checkedLookup(port, options),
    });
    connect(to, done);
  };
}

/** Every address of the name must be allowed, and one of these very addresses is connected to: there is no second look-up that could tell another. */
function checkedLookup(port: number, options: WebOptions): LookupFunction {
  const resolve = options.resolve ?? ((hostname) => systemLookup(hostname, { all: true }));
  const look = async (...[hostname, { all }, done]: Parameters<LookupFunction>) => {
    try {
      const found = await resolve(hostname);
      for (const { address } of found) checkAddress(address, port, options);
      const [first] = found;
      if (!first) throw new Unreachable('The name of this host is not known.');
      if (all) done(null, found);
      else done(null, first.address, first.family);
    } catch (error) {
      done(asError(error), []);
    }
  };
  return (...asked) => void look(...asked);
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
const oneOf = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);

async function pageOf(url: URL, { statusCode, headers, body }: Dispatcher.ResponseData) {
  const refused = statusFault(statusCode) ?? headerFault(headers);
  if (refused) {
    body.on('error', () => {}).destroy();
    throw refused;
  }
  const type = mediaTypeOf(oneOf(headers['content-type']));
  return {
    url: url.href,
    mediaType: type?.essence ?? '',
    charset: type?.params.get('charset') ?? undefined,
    bytes: await bytesOf(body, oneOf(headers['content-encoding'])),
  };
}

function statusFault(status: number): Error | undefined {
  if (status === 200 || status === 203) return undefined;
  const said = `(HTTP ${status})`;
  if (status >= 500 || passing.has(status))
    return new Unreachable(`The page’s server could not answer just now ${said}.`);
  if (status === 404 || status === 410) return new Unreadable(`There is no page at this address ${said}.`);
  if (status === 401 || status === 403)
    return new Unreadable(`The page’s server lets nobody in who has not signed in there ${said}.`);
  return new Unreadable(`The page’s server gave no page ${said}.`);
}

function headerFault(headers: Dispatcher.ResponseData['headers']): Error | undefined {
  if (Number(oneOf(headers['content-length'])) > mostBytes) return tooLarge();
  const said = oneOf(headers['content-type']);
  const type = mediaTypeOf(said);
  if (type && isFetchable(type.essence)) return undefined;
  return new Unreadable(
    `Only web pages, plain text, Markdown and PDF are fetched, and this is ${type?.essence ?? 'of a kind its server does not name'}.`,
  );
}

function mediaTypeOf(header: string | undefined): MIMEType | undefined {
  try {
    return header === undefined ? undefined : new MIMEType(header);
  } catch {
    return undefined;
  }
}

async function bytesOf(
  body: Dispatcher.ResponseData['body'],
  encoding: string | undefined,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const unpack = unpackers[(encoding ?? '').trim().toLowerCase()];
  if (unpack === undefined) {
    body.on('error', () => {}).destroy();
    throw new Unreadable(`The page is packed in a way that was not asked for (${encoding}).`);
  }
  const last = async (bytes: AsyncIterable<Buffer>) => {
    for await (const chunk of counted(bytes)) chunks.push(chunk);
  };
  const unpacked = unpack();
  await (unpacked ? pipeline(body, counted, unpacked, last) : pipeline(body, last));
  return Buffer.concat(chunks);
}

const unpackers: Record<string, (() => Transform | undefined) | undefined> = {
  '': () => undefined,
  identity: () => undefined,
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
};

async function* counted(bytes: AsyncIterable<Buffer>) {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > mostBytes) throw tooLarge();
    yield chunk;
  }
}

const tooLarge = () => new Unreadable(`The page is larger than ${mostBytes / 2 ** 20} MB.`);

/** What went wrong as one sentence for people; what may go better at another try is `Unreachable`. */
function plainly(error: unknown): Error {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof Unreadable || at instanceof Unreachable) return at;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const told = { cause: error };
  if (/CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code))
    return new Unreadable('The page’s server does not prove who it is: its certificate is not valid.', told);
  if (/^(?:Z_|ERR__)/.test(code))
    return new Unreadable('The page arrived damaged: it could not be unpacked.', told);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Unreachable('The name of this host is not known.', told);
  return new Unreachable('The page’s server could not be reached.', told);
}
