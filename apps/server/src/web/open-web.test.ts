import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Unreachable, Unreadable } from '@rayni/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWeb, type WebOptions } from './open-web.ts';
import { isReachable } from './public-address.ts';

const userAgent = 'Rayni/test';
const never = new AbortController().signal;

let server: Server;
let port: number;
let answer: RequestListener;
let accepted = 0;
/** Every address a socket of this process began to connect to. */
let attempts: string[] = [];
const watch = (message: unknown) => {
  const { socket } = message as { socket: Socket };
  socket.on('connectionAttempt', (address: string) => attempts.push(address));
};

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  server.on('connection', () => accepted++);
  // On every loopback address of either family there is.
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '::', resolve)).catch(
    () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
  );
  port = (server.address() as AddressInfo).port;
  subscribe('net.client.socket', watch);
});
afterAll(() => {
  unsubscribe('net.client.socket', watch);
  server.close();
});
beforeEach(() => {
  answer = (_request, response) => response.setHeader('content-type', 'text/html').end('<p>Secret.</p>');
});
afterEach(() => {
  accepted = 0;
  attempts = [];
});

const fetched = (url: string, options: Partial<WebOptions> = {}) =>
  openWeb({ userAgent, ports: [port], ...options }).fetch(url, never);
const refusal = async (url: string, options?: Partial<WebOptions>) => {
  const error: unknown = await fetched(url, options).then(
    (page) => page.url,
    (reason: unknown) => reason,
  );
  return error;
};
const resolving =
  (...answers: string[][]) =>
  async () => {
    const next = answers.length > 1 ? answers.shift() : answers[0];
    return (next ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };

/** PORT is the listener's own, so that nothing but the address stands in the way. */
const hostile = [
  // IPv4 of this machine, in every notation that is read as one.
  'http://127.0.0.1:PORT/',
  'https://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.255.255.254:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7f.0.0.1:PORT/',
  'http://0x7F.1:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.0.0.0x1:PORT/',
  'http://00000000177.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http://127。0。0。1:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  // Others that are not public.
  'http://10.0.0.1:PORT/',
  'http://10.255.255.255:PORT/',
  'http://172.16.0.1:PORT/',
  'http://172.31.255.254:PORT/',
  'http://192.168.0.1:PORT/',
  'http://100.64.0.1:PORT/',
  'http://169.254.1.1:PORT/',
  'http://192.0.0.8:PORT/',
  'http://192.0.2.1:PORT/',
  'http://198.18.0.1:PORT/',
  'http://198.51.100.7:PORT/',
  'http://203.0.113.9:PORT/',
  'http://224.0.0.1:PORT/',
  'http://239.255.255.250:PORT/',
  'http://240.0.0.1:PORT/',
  'http://255.255.255.255:PORT/',
  // Where clouds tell secrets.
  'http://169.254.169.254:PORT/latest/meta-data/',
  'http://0xa9fea9fe:PORT/',
  'http://2852039166:PORT/',
  'http://169.254.170.2:PORT/',
  'http://100.100.100.200:PORT/',
  'http://192.0.0.192:PORT/',
  'http://168.63.129.16:PORT/',
  'http://[fd00:ec2::254]:PORT/',
  // IPv6: this machine, its links, and IPv4 in disguise.
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[::ffff:169.254.169.254]:PORT/',
  'http://[::ffff:8.8.8.8]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[64:ff9b:1::a00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[2001:db8::1]:PORT/',
  'http://[2001:2::1]:PORT/',
  'http://[2001:10::1]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[fec0::1]:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[ff02::1]:PORT/',
  'http://[100::1]:PORT/',
  'http://[4000::1]:PORT/',
  // Names, all of which this resolver sends home.
  'http://localhost:PORT/',
  'http://localhost.:PORT/',
  'http://LOCALHOST:PORT/',
  'https://localhost:PORT/',
  'http://sub.localhost:PORT/',
  'http://localhost.localdomain:PORT/',
  'http://metadata.google.internal:PORT/computeMetadata/v1/',
  'http://127.0.0.1.rebound.example:PORT/',
  'http://intranet:PORT/',
  // No web address at all, or one with something in it that has no business there.
  'http://user:secret@lab.example:PORT/',
  'http://user@lab.example:PORT/',
  'http://:secret@lab.example:PORT/',
  'file:///etc/passwd',
  'ftp://lab.example/',
  'gopher://127.0.0.1:PORT/_x',
  'ws://127.0.0.1:PORT/',
  'data:text/html,<p>Secret.</p>',
  'javascript:1',
  'unix:/run/docker.sock',
  'blob:http://127.0.0.1:PORT/x',
  'http://',
  'no address',
  '//127.0.0.1:PORT/',
  // Ports where something else than the web may listen.
  'http://lab.example:22/',
  'http://lab.example:25/',
  'http://lab.example:6379/',
  'https://lab.example:8443/',
  'http://lab.example:1/',
];

describe('fetching a page', () => {
  it.each(hostile)('refuses %s and connects nowhere', async (address) => {
    const resolve = resolving(['127.0.0.1']);
    expect(await refusal(address.replaceAll('PORT', String(port)), { resolve })).toBeInstanceOf(Unreadable);
    expect({ attempts, accepted }).toEqual({ attempts: [], accepted: 0 });
  });

  it.each([
    ['127.0.0.1'],
    ['::1'],
    ['10.1.2.3'],
    ['169.254.169.254'],
    ['168.63.129.16'],
    ['fd00::1'],
    ['::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['fe80::1%lo'],
    ['0177.0.0.1'],
    ['not an address'],
    // One that is public makes the others no better.
    ['3ffe:ffff::1', '127.0.0.1'],
    ['127.0.0.1', '3ffe:ffff::1'],
  ])('refuses a name that resolves to %s %s and connects nowhere', async (...addresses) => {
    const error = await refusal(`http://lab.example:${port}/`, { resolve: resolving(addresses) });
    expect(error).toBeInstanceOf(Unreadable);
    expect({ attempts, accepted }).toEqual({ attempts: [], accepted: 0 });
  });

  it('connects to the very address that was checked, whatever the name resolves to the next time', async () => {
    let asked = 0;
    const answers = resolving(['3ffe:ffff::1'], ['127.0.0.1']);
    const resolve = () => {
      asked++;
      return answers();
    };
    // Of a network given back in 2006: nobody is there.
    const first = await refusal(`http://lab.example:${port}/`, { resolve, patienceMs: 300 });
    expect(first).toBeInstanceOf(Unreachable);
    expect({ asked, attempts, accepted }).toEqual({ asked: 1, attempts: ['3ffe:ffff::1'], accepted: 0 });
    const second = await refusal(`http://lab.example:${port}/`, { resolve });
    expect(second).toBeInstanceOf(Unreadable);
    expect({ asked, attempts, accepted }).toEqual({ asked: 2, attempts: ['3ffe:ffff::1'], accepted: 0 });
  });

  it.each([
    'http://169.254.169.254/latest/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://10.0.0.1:PORT/',
    'http://0.0.0.0:PORT/',
    'http://inside.example:PORT/',
    'http://user:secret@localhost:PORT/',
    'file:///etc/passwd',
    'javascript:1',
    'http://3ffe-ffff.example:6379/',
  ])('refuses to be led on to %s, also where this machine is allowed', async (target) => {
    answer = (_request, response) =>
      response.writeHead(302, { location: target.replace('PORT', String(port)) }).end();
    const resolve = async (name: string) =>
      name === 'localhost'
        ? [{ address: '127.0.0.1', family: 4 }]
        : [{ address: name.startsWith('3ffe') ? '3ffe:ffff::1' : '192.168.7.7', family: 4 }];
    const error = await refusal(`http://localhost:${port}/`, { loopback: true, resolve });
    expect(error).toBeInstanceOf(Unreadable);
    expect({ attempts, accepted }).toEqual({ attempts: ['127.0.0.1'], accepted: 1 });
  });

  it.each(['10.0.0.1', '192.168.1.1', '169.254.169.254', '::ffff:127.0.0.1', 'fc00::1', '0.0.0.0'])(
    'allows this machine by a switch, and %s no more than without it',
    (address) => {
      expect(isReachable(address, { loopback: true })).toBe(false);
      for (const own of ['127.0.0.1', '::1']) {
        expect(isReachable(own, { loopback: true })).toBe(true);
        expect(isReachable(own, { loopback: false })).toBe(false);
      }
    },
  );

  it.each(['1.1.1.1', '93.184.215.14', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'may reach %s',
    (address) => expect(isReachable(address, { loopback: false })).toBe(true),
  );
});

describe('a page of this machine, where a switch allows it', () => {
  const here = { loopback: true, ports: [] };
  const local = (path = '/') => `http://127.0.0.1:${port}${path}`;

  it('comes with its media type, charset and last address, and is asked for without cookie and referrer', async () => {
    const seen: Record<string, unknown>[] = [];
    answer = (request, response) => {
      seen.push(request.headers);
      if (request.url === '/old')
        response.writeHead(301, { location: '/new#part', 'set-cookie': 'a=b' }).end();
      else response.setHeader('content-type', 'text/HTML; charset="ISO-8859-1"').end('<p>37 \u00b0C');
    };
    expect(await fetched(local('/old'), here)).toEqual({
      url: local('/new'),
      mediaType: 'text/html',
      charset: 'ISO-8859-1',
      bytes: Buffer.from('<p>37 \u00b0C'),
    });
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      expect(headers).toMatchObject({ 'user-agent': userAgent });
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cookie']));
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['referer']));
    }
  });

  it('is unpacked', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ] as const) {
      answer = (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding })
          .end(pack('Spin at 300 g.'));
      expect(Buffer.from((await fetched(local(), here)).bytes).toString()).toBe('Spin at 300 g.');
    }
  });

  it.each(['deflate', 'gzip, gzip', 'zstd'])('packed as %s is refused', async (encoding) => {
    answer = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding })
        .end(gzipSync('x'));
    expect(await refusal(local(), here)).toBeInstanceOf(Unreadable);
  });

  it('damaged in packing is refused', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end('no gzip');
    expect(await refusal(local(), here)).toMatchObject({ message: expect.stringContaining('damaged') });
  });

  it('of more than 25 MB is refused: as announced, as sent, and as unpacked', async () => {
    const large = Buffer.alloc(26 * 2 ** 20, 'x');
    const headers = { 'content-type': 'text/plain' };
    const answers: RequestListener[] = [
      (_request, response) => response.writeHead(200, { ...headers, 'content-length': large.length }).end(),
      (_request, response) => response.writeHead(200, headers).end(large),
      (_request, response) =>
        response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(large)),
    ];
    for (answer of answers)
      expect(await refusal(local(), here)).toMatchObject({
        name: 'Unreadable',
        message: 'The page is larger than 25 MB.',
      });
  });

  it('is followed three times and no more', async () => {
    answer = ({ url }, response) => {
      const left = Number(url?.slice(1));
      if (left === 0) response.setHeader('content-type', 'text/plain').end('There.');
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    };
    expect((await fetched(local('/3'), here)).url).toBe(local('/0'));
    expect(await refusal(local('/4'), here)).toMatchObject({ message: expect.stringContaining('3 times') });
  });

  it.each(['image/png', 'application/json', 'text/css', 'application/zip', 'multipart/x', 'nonsense', ''])(
    'of type "%s" is refused',
    async (type) => {
      answer = (_request, response) => response.writeHead(200, type ? { 'content-type': type } : {}).end('x');
      expect(await refusal(local(), here)).toBeInstanceOf(Unreadable);
    },
  );

  it.each([
    [404, Unreadable],
    [401, Unreadable],
    [204, Unreadable],
    [304, Unreadable],
    [302, Unreadable],
    [429, Unreachable],
    [500, Unreachable],
    [503, Unreachable],
  ])('answered with %i is told apart by whether another try may help', async (status, kind) => {
    answer = (_request, response) => response.writeHead(status).end();
    expect(await refusal(local(), here)).toBeInstanceOf(kind);
  });

  it('that does not come in time, nobody listens for, or breaks off in the middle may come another time', async () => {
    answer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).write('<p>');
    expect(await refusal(local(), { ...here, patienceMs: 100 })).toMatchObject({
      name: 'Unreachable',
      message: expect.stringContaining('did not arrive'),
    });
    expect(await refusal('http://127.0.0.1:1/', here)).toBeInstanceOf(Unreachable);
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': 100 }).write('<p>');
      setImmediate(() => response.destroy());
    };
    expect(await refusal(local(), here)).toBeInstanceOf(Unreachable);
  });

  it('is not waited for when whoever asked goes away', async () => {
    const leaving = new AbortController();
    answer = () => leaving.abort(new Error('The server stops.'));
    const web = openWeb({ userAgent, ...here });
    await expect(web.fetch(local(), leaving.signal)).rejects.toThrow('The server stops.');
  });
});
