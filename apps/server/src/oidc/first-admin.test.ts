import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newId } from '@rayni/api';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { findChromium } from '../testing/find-chromium.ts';
import { startTestProvider } from '../testing/oidc-server.ts';
import { startProcess } from '../testing/server-process.ts';
import { newWalker } from '../testing/walker.ts';

const adminTool = fileURLToPath(new URL('../cli/admin.ts', import.meta.url));
const executablePath = findChromium();

/** An address that is known before the server that answers on it: a reverse proxy. */
async function startProxy() {
  let target = '';
  const proxy = createServer((request, response) => {
    const { method, headers, url } = request;
    const passed = forward(new URL(url ?? '/', target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(proxy.address() as AddressInfo).port}`,
    to: (address: string) => void (target = address),
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

it('the first administrator of an installation comes by the printed link, and again without one', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'rayni-first-'));
  await using provider = await startTestProvider();
  await using proxy = await startProxy();
  const variables = {
    DEBUG: '0',
    SECRET_KEY: 'a secret key of a test, 32 characters long',
    DATA_DIR: dataDir,
    PUBLIC_URL: proxy.url,
    METRICS_PORT: 'off',
    OIDC_ISSUER: provider.options.issuer,
    OIDC_CLIENT_ID: provider.options.clientId,
    OIDC_CLIENT_SECRET: provider.options.clientSecret,
  };
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [adminTool, 'invite', 'ada@example.org', '--admin'],
    { env: { PATH: process.env['PATH'], ...variables } },
  );
  expect(stderr).toContain('ada@example.org is invited as an administrator');
  expect(stderr).not.toContain('OpenID Connect');
  const link = stdout.trim();
  expect(link).toMatch(new RegExp(`^${proxy.url}/auth/invite/[\\w-]{43}$`));

  {
    await using server = startProcess(variables);
    proxy.to(await server.ready);
    const me = async (cookie: string) => {
      const answer = await fetch(`${proxy.url}/api/auth/me`, { headers: { cookie } });
      return (await answer.json()) as Record<string, unknown>;
    };
    provider.serve(`${proxy.url}/auth/oidc/callback`);
    provider.person = { sub: newId(), claims: { email: 'somebody.else@example.org' } };
    expect(await me('')).toMatchObject({ userId: 'guest' });

    const walker = newWalker();
    await walker.go(link);
    const cookie = `rayni_session=${walker.cookies(proxy.url).get('rayni_session')}`;
    expect(await me(cookie)).toMatchObject({ email: 'ada@example.org', is_admin: true });
    const rpc = await fetch(`${proxy.url}/trpc/users.list`, { headers: { cookie } });
    expect([rpc.status, await rpc.text()]).toEqual([200, expect.stringContaining('"status":"active"')]);

    if (executablePath) {
      await using browser = await chromium.launch({
        executablePath,
        chromiumSandbox: process.getuid?.() !== 0,
      });
      const page = await browser.newPage();
      // Two redirects from another site: SameSite=Lax cookies have to come along, and nothing may take it for a prefetch.
      await page.goto(`${proxy.url}/auth/oidc/login?return_to=/api/auth/me`);
      expect(page.url()).toBe(`${proxy.url}/api/auth/me`);
      expect(await page.textContent('body')).toContain('ada@example.org');
      await page.goto(link);
      expect(await page.textContent('body')).toContain('was used before');
    }
    expect(server.printed()).not.toMatch(/"level":[56]0/);
  }
  rmSync(dataDir, { recursive: true, force: true });
}, 120_000);
