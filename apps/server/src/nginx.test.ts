import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { requestLimits } from './http/request-limits.ts';

// The example of docs/deploy.md as it stands, but for its ports, in front of two servers that do what a test says.

const nginx = findNginx();
let dir: string;
let proxy: ChildProcess;
let printed = '';
let url: string;
let backends: Server[] = [];
let answer: RequestListener = (_request, response) => response.end();
/** By which of the two each request was taken. */
const taken: number[] = [];

function findNginx(): string | undefined {
  for (const folder of ['/usr/sbin', ...(process.env['PATH'] ?? '').split(path.delimiter)]) {
    const file = path.join(folder, 'nginx');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there.
    }
  }
  console.warn('NOT TESTED behind nginx: it is not installed.');
  return undefined;
}

async function listening(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(requestLimits.http, listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

beforeAll(async () => {
  if (!nginx) return;
  const started = await Promise.all(
    [0, 1].map((i) =>
      listening((request, response) => {
        taken.push(i);
        answer(request, response);
      }),
    ),
  );
  backends = started.map(({ server }) => server);
  const free = await listening(() => {});
  free.server.close();
  url = `http://127.0.0.1:${free.port}`;
  const [, example = ''] = /^```nginx\n(.*?)^```/ms.exec(
    readFileSync(new URL('../../../docs/deploy.md', import.meta.url), 'utf8'),
  ) ?? [''];
  const ports: [string, number][] = [
    ['server 127.0.0.1:8001 ', started[0]!.port],
    ['server 127.0.0.1:8002 ', started[1]!.port],
    ['listen 8080;', free.port],
  ];
  const site = ports.reduce((text, [from, port]) => {
    if (text.split(from).length !== 2) throw new Error(`"${from}" is not in the example once`);
    return text.replace(from, from.replace(/\d{4}(?=\D*$)/, String(port)));
  }, example);
  dir = mkdtempSync(path.join(os.tmpdir(), 'rayni-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const lines = temporary.map((kind) => `${kind}_temp_path ${dir}/${kind};`);
  writeFileSync(
    path.join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid ${dir}/pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${lines.join('\n')}\n${site}}\n`,
  );
  proxy = spawn(nginx, ['-e', 'stderr', '-c', path.join(dir, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  proxy.stderr!.setEncoding('utf8').on('data', (some: string) => (printed += some));
  await vi.waitFor(async () => {
    if (proxy.exitCode !== null) throw new Error(printed);
    await fetch(url);
  }, 10_000);
});
afterAll(async () => {
  for (const server of backends) server.closeAllConnections();
  if (proxy?.exitCode === null) {
    const over = once(proxy, 'close');
    proxy.kill('SIGKILL');
    await over;
  }
  for (const server of backends) server.close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(!nginx)('behind nginx as documented', () => {
  it('an event is passed on before the next one comes, at both doors', async () => {
    for (const where of ['/stream/chat?q=hello', '/trpc/chat.events?input=%7B%7D']) {
      const more = Promise.withResolvers<void>();
      answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
        void more.promise.then(() => response.end('data: 2\n\n'));
      };
      const response = await fetch(`${url}${where}`, { headers: { 'accept-encoding': 'gzip' } });
      let came = '';
      for await (const some of response.body!.pipeThrough(new TextDecoderStream())) {
        came += some;
        if (came === 'data: 1\n\n') more.resolve();
      }
      expect(came).toBe('data: 1\n\ndata: 2\n\n');
    }
  });

  it('the longest question comes through, and nobody names their own address', async () => {
    const q = encodeURIComponent('温'.repeat(4_000));
    answer = (request, response) =>
      response.end(JSON.stringify([request.url?.length, request.headers['x-forwarded-for']]));
    const response = await fetch(`${url}/stream/chat?q=${q}`, {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect(await response.json()).toEqual(['/stream/chat?q='.length + q.length, '127.0.0.1']);
  });

  it('a request goes to the other process when one is away', async () => {
    answer = (_request, response) => response.end('here');
    backends[0]!.closeAllConnections();
    await new Promise((resolve) => backends[0]!.close(resolve));
    taken.length = 0;
    for (let i = 0; i < 4; i += 1) expect(await (await fetch(`${url}/api/instruments/`)).text()).toBe('here');
    expect(taken).toEqual([1, 1, 1, 1]);
  });

  it('while both are away a stream hears nothing, which its browser tries again, and others hear 502', async () => {
    backends[1]!.closeAllConnections();
    await new Promise((resolve) => backends[1]!.close(resolve));
    for (const where of ['/stream/chat?q=hello', '/stream/chat/?q=hello'])
      await expect(fetch(`${url}${where}`)).rejects.toThrow();
    for (const where of ['/api/chat/ask', '/trpc/chat.events', '/stream/chats'])
      expect((await fetch(`${url}${where}`)).status).toBe(502);
  });
});
