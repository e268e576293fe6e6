import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { createRayniClient } from '@rayni/client';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../testing/find-chromium.ts';
import { hasSwift, startSwift, type SwiftServer } from '../testing/swift-server.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const executablePath = findChromium();
const client = fileURLToPath(new URL('../../../../packages/client/', import.meta.url));

type Bundler = {
  build(options: object): Promise<{ outputFiles: { text: string }[] }>;
};
declare const Rayni: { createRayniClient: typeof createRayniClient };

/** The published client as one script for a page. */
async function bundle(): Promise<string> {
  const bundler = createRequire(`${client}package.json`)('esbuild') as Bundler;
  const { outputFiles } = await bundler.build({
    entryPoints: [`${client}src/index.ts`],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'Rayni',
    platform: 'browser',
  });
  return outputFiles[0]!.text;
}

describe.skipIf(!executablePath).each(hasSwift() ? ['folder', 's3'] : ['folder'])(
  'in a real browser, of another origin than server and store, with documents in a %s',
  (kind) => {
    let pages: Server;
    let swift: SwiftServer | undefined;
    let server: TestServer;
    let browser: Browser;
    let page: Page;
    let known: { url: string; email: string; instrumentId: string };

    beforeAll(async () => {
      const script = await bundle();
      pages = createServer((_request, response) =>
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>x</title>'),
      );
      await new Promise<void>((resolve) => void pages.listen(0, '127.0.0.1', resolve));
      const origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
      if (kind === 's3') swift = await startSwift();
      server = await startTestServer({
        corsOrigins: [origin],
        maxUploadBytes: 20_000_000,
        ...(swift ? { s3: swift.s3 } : {}),
      });
      const { email } = await server.account({ isAdmin: true });
      known = { url: server.rayni.settings.publicUrl(), email, instrumentId: await server.instrument() };
      browser = await chromium.launch({
        executablePath: executablePath!,
        chromiumSandbox: process.getuid?.() !== 0,
      });
      page = await browser.newPage();
      await page.goto(origin);
      await page.addScriptTag({ content: script });
    });
    afterAll(async () => {
      await browser?.close();
      pages?.closeAllConnections();
      pages?.close();
      await server?.close();
      await swift?.close();
    });

    it('uploads.put does the three steps and tells how far it is', async () => {
      const size = 8_000_000;
      const done = await page.evaluate(
        async ({ url, email, instrumentId, size }) => {
          const rayni = Rayni.createRayniClient({ url });
          await rayni.auth.login(email);
          const told: number[] = [];
          const line = 'Set the temperature to 37 degrees.\n';
          const file = new File([line.repeat(Math.ceil(size / line.length)).slice(0, size)], 'note.txt');
          const { sourceId } = await rayni.uploads.put(file, {
            instrumentId,
            title: 'From a page',
            onProgress: (sent) => told.push(sent),
          });
          return { sourceId, told };
        },
        { ...known, size },
      );
      expect(done.told[0]).toBe(0);
      expect(done.told.at(-1)).toBe(size);
      expect(done.told).toEqual(done.told.toSorted((a, b) => a - b));
      const admin = await server.login(known.email);
      expect(await admin.trpc.sources.get.query({ id: done.sourceId })).toMatchObject({
        title: 'From a page',
        checksum: expect.stringMatching(/^sha256:/),
      });
    });

    it('uploads.put is stopped by its signal and makes nothing', async () => {
      const before = (await server.guest.trpc.sources.list.query({ instrumentId: known.instrumentId })).total;
      const outcome = await page.evaluate(async ({ url, instrumentId }) => {
        const rayni = Rayni.createRayniClient({ url });
        const stop = new AbortController();
        const file = new File([new Uint8Array(15_000_000).fill(32)], 'note.txt');
        const put = rayni.uploads.put(file, {
          instrumentId,
          signal: stop.signal,
          onProgress: () => stop.abort(new Error('changed my mind')),
        });
        return put.then(
          () => 'made',
          (error: Error) => error.message,
        );
      }, known);
      expect(outcome).toBe('changed my mind');
      const { total } = await server.guest.trpc.sources.list.query({ instrumentId: known.instrumentId });
      expect(total).toBe(before);
    });

    it('uploads.put says what may be wrong when the page cannot reach the store', async () => {
      await page.route(/\/incoming\//, (route) => route.abort());
      const outcome = await page.evaluate(async ({ url, instrumentId }) => {
        const rayni = Rayni.createRayniClient({ url, retry: { minMs: 1, maxMs: 1 } });
        const put = rayni.uploads.put(new File(['text'], 'note.txt'), { instrumentId });
        return put.then(
          () => 'made',
          (error: { code: string; message: string }) => `${error.code} ${error.message}`,
        );
      }, known);
      await page.unroute(/\/incoming\//);
      expect(outcome).toMatch(/^UNAVAILABLE .*CORS/);
    });
  },
);
