import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { footprint } from '@rayni/api/testing';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../testing/find-chromium.ts';
import { foreignPage, frontEnd, type Known, submit } from '../testing/pages.ts';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const executablePath = findChromium();
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';

// Of a page's own world only this: with the whole of it in scope, server code that leans on it would compile.
declare const location: { href: string };

let pages: Server;
let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let known: Known;
let port: number;
let adminEmail: string;
let caller: TestCaller;
/** Every request that reached the server under test. */
const arrived: { method: string; path: string; cookie: boolean; site: string | undefined }[] = [];
const watch = (message: unknown) => {
  const { request } = message as { request: IncomingMessage };
  const { host, cookie, 'sec-fetch-site': site } = request.headers;
  if (!known || host !== new URL(known.api).host) return;
  arrived.push({
    method: request.method ?? '',
    path: request.url ?? '',
    cookie: cookie !== undefined,
    site: site?.toString(),
  });
};

beforeAll(async () => {
  if (!executablePath) return;
  // Empty pages, for front end and foreigners alike: what they are depends on the name they are opened by.
  pages = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>x</title>'),
  );
  await new Promise<void>((resolve) => void pages.listen(0, '127.0.0.1', resolve));
  ({ port } = pages.address() as AddressInfo);
  server = await startTestServer({ corsOrigins: [`http://localhost:${port}`] });
  const admin = await server.account({ isAdmin: true });
  adminEmail = admin.email;
  caller = await server.login(admin.email);
  const instrumentId = await server.instrument();
  const { sourceId } = await server.upload(caller, 'note.md', note, { instrumentId });
  await server.read(caller, sourceId);
  const { id: folderId } = await caller.trpc.folders.create.mutate({ instrumentId, name: 'Old' });
  known = { api: server.rayni.settings.publicUrl(), instrumentId, sourceId, folderId, question };
  subscribe('http.server.request.start', watch);
  browser = await chromium.launch({
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--host-resolver-rules=MAP *.test 127.0.0.1'],
  });
  context = await browser.newContext();
});
afterAll(async () => {
  unsubscribe('http.server.request.start', watch);
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
  await server?.close();
});

const settled = () => expect.poll(() => server.rayni.live.running.size, patient).toBe(0);

async function opened(address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

describe.skipIf(!executablePath)('in a real browser', () => {
  it('a front end on another port of the same machine does everything with its cookie', async () => {
    const page = await opened(`http://localhost:${port}/`);
    const { sourceId, ...did } = await page.evaluate(frontEnd, { ...known, email: adminEmail });
    expect(did).toEqual({
      login: [200, true],
      me: [200, adminEmail],
      list: [200, '1', true],
      ask: [200, true],
      procedure: 200,
      stream: ['start', 'token', 'done'],
      change: [200, 'Renamed'],
      remove: 204,
      signed: 201,
      put: 200,
      complete: 200,
      media: [206, note.slice(0, 4)],
    });
    await page.close();
    await settled();
    await server.read(caller, sourceId);
  });

  describe.each([
    ['on another port of the same machine, where the cookie goes along', 'localhost', 'same-site'],
    ['on another site', 'evil.test', 'cross-site'],
  ])('a page %s', (_name, host, site) => {
    let foreign: Server;
    let address: string;
    beforeAll(async () => {
      foreign = createServer((_request, response) =>
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>y</title>'),
      );
      await new Promise<void>((resolve) => void foreign.listen(0, '127.0.0.1', resolve));
      address = `http://${host}:${(foreign.address() as AddressInfo).port}/`;
    });
    afterAll(() => {
      foreign?.closeAllConnections();
      foreign?.close();
    });

    it('changes nothing and reads nothing', async () => {
      const before = await footprint(server.rayni.app);
      arrived.length = 0;
      const page = await opened(address);
      const outcomes = await page.evaluate(foreignPage, known);
      expect(Object.entries(outcomes).filter(([, outcome]) => outcome !== 'nothing')).toEqual([]);
      expect(Object.keys(outcomes).length).toBeGreaterThan(40);
      await page.close();
      await settled();
      expect(await footprint(server.rayni.app)).toEqual(before);
      // It was the server that refused, not the browser that did not ask.
      const posts = arrived.filter(({ method }) => method === 'POST');
      expect(new Set(posts.map(({ path }) => path))).toEqual(
        new Set([
          '/api/auth/logout',
          '/api/chat/ask',
          '/api/chat/attach',
          '/trpc/auth.logout',
          '/trpc/chat.start',
          '/api/uploads/initiate',
        ]),
      );
      // A socket says nothing of sites.
      const sites = arrived.filter(({ path }) => path !== '/trpc').map((one) => one.site);
      expect(sites).toContain(site);
      expect(sites).not.toContain('same-origin');
      expect(posts.some(({ cookie }) => cookie)).toBe(site === 'same-site');
      expect(arrived.filter(({ path }) => path.startsWith('/stream/chat')).length).toBeGreaterThan(3);
      expect(arrived.filter(({ method }) => !['GET', 'POST', 'OPTIONS'].includes(method))).toEqual([]);
    });

    it('asks nothing by sending its visitor there', async () => {
      const before = await footprint(server.rayni.app);
      arrived.length = 0;
      const { api, instrumentId } = known;
      const stream = `${api}/stream/chat?instrument_id=${instrumentId}&q=hello`;
      const page = await opened(address);
      await page.evaluate((url) => void (location.href = url), stream);
      await page.waitForURL(`${api}/**`);
      expect(await page.textContent('body')).toContain('FORBIDDEN_ORIGIN');
      await page.goto(address);
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
        await page.evaluate(submit, {
          url: `${api}/api/chat/ask`,
          type,
          fields: { instrument_id: instrumentId, question },
        });
        await page.waitForURL(`${api}/**`);
        expect(await page.textContent('body')).toContain('FORBIDDEN_ORIGIN');
        await page.goto(address);
      }
      await page.close();
      await settled();
      expect(await footprint(server.rayni.app)).toEqual(before);
      // A navigation brings the cookie along, whatever site it comes from.
      expect(arrived[0]).toMatchObject({ method: 'GET', cookie: true, site });
    });
  });

  it('and whoever was signed in still is', async () => {
    const page = await opened(`http://localhost:${port}/`);
    const email = await page.evaluate(async (api) => {
      const response = await fetch(`${api}/api/auth/me`, { credentials: 'include' });
      return ((await response.json()) as { email: string }).email;
    }, known.api);
    expect(email).toBe(adminEmail);
    await page.close();
  });
});
