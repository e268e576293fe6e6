import { openFolderStore } from '../blobs/folder-store.ts';
import { buildHost } from '../host.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
let server: TestServer;
let file: string;
beforeAll(async () => {
  server = await startTestServer();
  const admin = await server.login((await server.account({ isAdmin: true })).email);
  const instrumentId = await server.instrument();
  const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
  await server.read(admin, sourceId);
  const [key] = (
    await server.database.pool.query<{ blob_key: string }>('select blob_key from source_version')
  ).rows.map(({ blob_key }) => blob_key);
  file = (await server.rayni.app.blobs.sign('GET', key!, { expiresIn: 60, contentType: 'text/html' })).url;
});
afterAll(() => server.close());

it('sends whoever opens the bare address to the documentation of the API', async () => {
  const bare = await server.guest.fetch('/', { redirect: 'manual' });
  expect([bare.status, bare.headers.get('location')]).toEqual([302, '/api/docs/']);
  const page = await server.guest.fetch('/');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
});

describe('every page and file', () => {
  const sandbox = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
  it.each([
    ['an answer', () => '/trpc/faq.list', "default-src 'none'"],
    ['an error', () => '/nothing/here', "default-src 'none'"],
    ['the page of the API', () => '/api/docs/', "default-src 'none'"],
    ['the page of an invitation', () => '/auth/invite/x', "default-src 'none'"],
    ['a stored file', () => file, sandbox],
  ])('(%s) is never sniffed, framed or told to other sites', async (_name, path, policy) => {
    const { headers } = await server.guest.fetch(
      new URL(path(), server.url).href.replace('localhost', '127.0.0.1'),
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('permissions-policy')).toContain('camera=()');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const csp = headers.get('content-security-policy');
    expect(csp).toContain(policy);
    expect(csp).not.toMatch(/unsafe-eval|script-src[^;]*'unsafe-inline'|\*/);
    if (policy === sandbox) expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    else expect(csp).toContain("frame-ancestors 'none'");
    // Over plain http it would lock people out of what has no https.
    expect(headers.get('strict-transport-security')).toBeNull();
  });
});

describe('forwarded headers', () => {
  const hostBehind = (trustProxy: string[]) =>
    buildHost({
      rayni: server.rayni,
      store: openFolderStore({
        root: server.dataDir,
        secret: 's',
        publicUrl: () => '',
        now: () => new Date(),
      }),
      logger: server.logger,
      publicUrl: () => 'https://lab.example',
      corsOrigins: [],
      trustProxy,
      secureCookies: true,
      guestSalt: 'salt',
      version: '0',
      ready: () => true,
    });

  it.each([
    ['nobody is trusted', [], '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['the peer is the proxy', ['198.51.100.1'], '198.51.100.1', '203.0.113.9', '203.0.113.9'],
    ['the peer is in a range', ['198.51.100.0/24'], '198.51.100.77', '203.0.113.9', '203.0.113.9'],
    ['the peer is beside the range', ['198.51.100.0/24'], '198.51.101.1', '203.0.113.9', '198.51.101.1'],
    [
      'the caller made some up before the proxy',
      ['198.51.100.1'],
      '198.51.100.1',
      '10.0.0.1, 203.0.113.9',
      '203.0.113.9',
    ],
    [
      'two proxies stand in a row',
      ['198.51.100.1', '10.0.0.5'],
      '198.51.100.1',
      '203.0.113.9, 10.0.0.5',
      '203.0.113.9',
    ],
    ['it is this machine, and not on the list', ['198.51.100.1'], '127.0.0.1', '203.0.113.9', '127.0.0.1'],
  ])('where %s', async (_name, trustProxy, remoteAddress, forwarded, seen) => {
    const host = await hostBehind(trustProxy);
    host.get('/who', ({ ip, viewer }) => ({ ip, viewer }));
    const response = await host.inject({
      url: '/who',
      remoteAddress,
      headers: {
        'x-forwarded-for': forwarded,
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=10.9.9.9',
      },
    });
    expect(response.json()).toMatchObject({ ip: seen, viewer: { address: seen } });
    expect(response.headers['strict-transport-security']).toMatch(/max-age=\d{7,}/);
    await host.close();
  });
});
