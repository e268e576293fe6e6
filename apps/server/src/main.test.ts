import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRayniClient } from '@rayni/client';
import { demoScript, type ScriptedOpenAI, startScriptedOpenAI } from '@rayni/scripted-openai';
import { afterEach, expect, it } from 'vitest';
import { demo } from '../demo/demo.ts';
import { serverSent } from './testing/server-sent.ts';
import { type ServerProcess, startProcess } from './testing/server-process.ts';

const patience = 60_000;
const children: ServerProcess[] = [];
const dirs: string[] = [];
let openai: ScriptedOpenAI | undefined;

afterEach(async () => {
  for (const child of children.splice(0)) await child[Symbol.asyncDispose]();
  await openai?.close();
  openai = undefined;
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function start(variables: Record<string, string>): ServerProcess {
  const started = startProcess(variables);
  children.push(started);
  return started;
}

function newDir(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'rayni-main-'));
  dirs.push(dir);
  return path.join(dir, 'data');
}

const question = 'How do I calibrate this instrument?';

it(
  'loads its demo once, refuses a second process, survives kill -9 during an answer, and stops in time',
  async () => {
    openai = await startScriptedOpenAI({ script: demoScript({ intervalMs: 40 }) });
    const variables = { DATA_DIR: newDir(), OPENAI_BASE_URL: openai.url };

    const interrupted = start(variables);
    await expect
      .poll(interrupted.printed, { timeout: patience, interval: 5 })
      .toContain(`1 of ${demo.sources.length} documents read`);
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toEqual({ code: 0, signal: null });
    expect(interrupted.printed()).not.toMatch(/\n\s+at /);

    const first = start(variables);
    const url = await first.ready;
    expect(first.printed()).not.toMatch(/warn|deprecat|"level":[45]0|\bat .*:\d+:\d+/i);

    const second = start(variables);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.printed()).toContain('is in use by another process');
    expect(second.printed()).not.toMatch(/\n\s+at /);

    const port = new URL(url).port;
    const taken = start({ DATA_DIR: newDir(), PORT: port });
    expect(await taken.ended).toEqual({ code: 1, signal: null });
    expect(taken.printed()).toContain(`Port ${port} is taken`);
    expect(taken.printed()).not.toMatch(/\n\s+at /);

    // One port before and after the kill, as behind a service's name: the reader only reconnects.
    const client = createRayniClient({ url, retry: { minMs: 50, maxMs: 500 } });
    const instruments = await client.trpc.instruments.list.query();
    const instrumentId = instruments[0]!.id;
    // The demo went on where it was interrupted, and loaded nothing twice.
    for (const { id } of instruments) {
      const { total } = await client.trpc.sources.list.query({ instrumentId: id });
      expect(total).toBe(demo.sources.filter((source) => source.instrumentId === id).length);
    }
    const events: string[] = [];
    let reduced = '';
    const reader = (async () => {
      for await (const event of client.chat.ask({ instrumentId, question })) {
        events.push(event.type);
        if (event.type === 'turn-reset') reduced = '';
        if (event.type === 'text-delta') reduced += event.text;
        if (event.type === 'turn-end') return event;
      }
      throw new Error('the stream ended without its end');
    })();
    await expect.poll(() => reduced.length, { timeout: patience, interval: 10 }).toBeGreaterThan(20);
    first.child.kill('SIGKILL');
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
    const next = start({ ...variables, PORT: port });
    await next.ready;
    const end = await reader;
    expect(end).toMatchObject({ reason: 'answered', length: reduced.length });
    expect(end.sha256).toBe(createHash('sha256').update(reduced).digest('hex'));
    expect(openai.calls.filter(({ chat }) => chat)).toHaveLength(2);
    expect(events.filter((type) => type === 'turn-end')).toHaveLength(1);
    expect(events.filter((type) => type === 'turn-reset')).toHaveLength(1);

    const { turnId } = await client.trpc.chat.start.mutate({ instrumentId, question });
    const input = encodeURIComponent(JSON.stringify({ json: { turnId } }));
    const stream = await fetch(`${url}/trpc/chat.events?input=${input}`, {
      headers: { accept: 'text/event-stream' },
    });
    const open = serverSent(stream);
    await open.next();
    const began = performance.now();
    next.child.kill('SIGTERM');
    expect(await next.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(10_000);
    // Cut off, not ended: a clean end would tell the reader that the answer is complete.
    await expect(
      (async () => {
        for await (const { event } of open) if (event === 'return') return 'complete';
        return 'ended';
      })(),
    ).rejects.toThrow();
    expect(next.printed()).not.toMatch(/"level":[56]0/);
  },
  patience * 2,
);

it(
  'says in one line that its document store is away, and exits with 1',
  async () => {
    const { printed, ended } = start({
      DATA_DIR: newDir(),
      // Nothing listens on the discard port.
      S3_ENDPOINT: 'http://127.0.0.1:9',
      S3_BUCKET: 'rayni',
      S3_ACCESS_KEY: 'key',
      S3_SECRET_KEY: 'hush-hush',
    });
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(printed()).toMatch(
      /^S3_ENDPOINT: http:\/\/127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\); .*\n$/,
    );
  },
  patience,
);

it('prints every fault of an unsafe configuration, exits with 2, and has touched nothing', async () => {
  const wrong = {
    PORT: 'eight',
    SECRET_KEY: 'hush-hush',
    PUBLIC_URL: 'http://rayni.example.org',
    CORS_ORIGINS: '*',
    TRUST_PROXY: 'true',
    LOG_LEVEL: 'loud',
    DEMO_LOGIN: '1',
  };
  const dataDir = newDir();
  const { ended, printed } = start({ DATA_DIR: dataDir, DEBUG: '0', ...wrong });
  expect(await ended).toEqual({ code: 2, signal: null });
  const named = [...printed().matchAll(/^([A-Z_]+): /gm)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set(Object.keys(wrong)));
  expect(printed()).not.toMatch(/\n\s+at |hush-hush/);
  expect(existsSync(dataDir)).toBe(false);
});
