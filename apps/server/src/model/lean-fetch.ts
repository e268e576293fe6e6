import { Readable } from 'node:stream';
import { Agent, getGlobalDispatcher, request } from 'undici';

// One connection for each answer, as the platform's `fetch` has it: with HTTP/2 a hundred would break off with one. A proxy that Node was told of
// stays in between.
const direct = new Agent({ allowH2: false });
const dispatcher = () => {
  const usual = getGlobalDispatcher();
  return usual instanceof Agent ? direct : usual;
};

const withoutBody = new Set([204, 205, 304]);

/**
 * `fetch` for requests with a text as body, with undici's plain request beneath: while an answer streams for minutes the platform's own keeps three
 * copies of the prompt and four web streams for what was sent long ago. Other bodies, and addresses that lead elsewhere, go to the platform's.
 */
export async function leanFetch(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { body, method = 'GET', signal } = init ?? {};
  if (typeof body !== 'string' || url instanceof Request) return fetch(url, init);
  // A stream lets go of what it has handed over; of a text, a buffer or an iterable all is kept until the response has ended.
  const sent = new Readable({ read() {} });
  sent.push(body);
  sent.push(null);
  const response = await request(url, {
    method,
    headers: {
      ...Object.fromEntries(new Headers(init?.headers)),
      'content-length': String(Buffer.byteLength(body)),
    },
    body: sent,
    signal: signal ?? null,
    dispatcher: dispatcher(),
  });
  const { statusCode: status, headers } = response;
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    await response.body.dump();
    return fetch(url, init);
  }
  const told = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const one of [value ?? []].flat()) told.append(name, one);
  return new Response(withoutBody.has(status) ? null : response.body, { status, headers: told });
}
