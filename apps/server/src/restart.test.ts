import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createRayniClient, type Draft, emptyDraft, type RayniClient, reduceAnswer } from '@rayni/client';
import type { Answer, Citation } from '@rayni/contract';
import { demoScript, type ScriptedOpenAI, startScriptedOpenAI } from '@rayni/scripted-openai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findChromium } from './testing/find-chromium.ts';
import { type ServerProcess, startProcess } from './testing/server-process.ts';

const executablePath = findChromium();
const patient = { timeout: 120_000, interval: 20 };
const question = 'How do I calibrate this instrument?';

/** The whole of what a page needs: it shows what it reads, begins anew at each `start`, and leaves it to the browser to come back. */
const page = `<!doctype html><meta charset="utf-8"><title>One answer</title>
<h1>One answer</h1><p id="text"></p><ol id="seen"></ol><script>
  var seen = [];
  var source = new EventSource(new URLSearchParams(location.search).get('stream'));
  for (const name of ['start', 'token', 'done', 'error']) source.addEventListener(name, (event) => {
    seen.push({ name, id: event.lastEventId, data: event.data === undefined ? undefined : JSON.parse(event.data) });
    const text = document.querySelector('#text');
    if (name === 'start') text.textContent = '';
    if (name === 'token') text.textContent += JSON.parse(event.data).t;
    const line = document.createElement('li');
    line.textContent = name + ' ' + (event.data ?? '(the connection)');
    document.querySelector('#seen').append(line);
  });
</script>`;

type Seen = { name: string; id?: string; data?: { t?: string; turn_id?: string; citations?: object[] } };
/** What a reader was handed. */
type Read = { types: string[]; drafts: Draft[] };

let openai: ScriptedOpenAI;
let server: ServerProcess;
let pages: Server;
let browser: Browser | undefined;
let tab: Page;
let client: RayniClient;
let dir: string;
let url: string;
/** Nobody was cut off while this one was written. */
let control: Answer;
let asked: { turnId: string; userTurnId: string };
const readers: Record<'ask' | 'follow', Read> = {
  ask: { types: [], drafts: [emptyDraft] },
  follow: { types: [], drafts: [emptyDraft] },
};
const statuses: number[] = [];

beforeAll(async () => {
  const interrupted = executablePath ? 2 : 1;
  let calls = 0;
  openai = await startScriptedOpenAI({
    // Says the beginning and would go on in ten minutes; whoever asks again gets the whole.
    script: (request) =>
      demoScript(
        calls++ < interrupted
          ? { trouble: { do: 'stall', after: 12, ms: 600_000 }, intervalMs: 5 }
          : { intervalMs: 5 },
      )(request),
  });
  pages = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(page));
  await new Promise<void>((resolve) => void pages.listen(0, '127.0.0.1', resolve));
  const front = `http://localhost:${(pages.address() as AddressInfo).port}`;
  dir = mkdtempSync(path.join(os.tmpdir(), 'rayni-restart-'));
  const variables = { DATA_DIR: dir, OPENAI_BASE_URL: openai.url, CORS_ORIGINS: front };
  server = startProcess(variables);
  url = await server.ready;
  client = createRayniClient({ url, retry: { minMs: 50, maxMs: 500 } });
  const [instrument] = await client.trpc.instruments.list.query();
  const instrumentId = instrument!.id;

  const stream = client.chat.ask({ instrumentId, question });
  const reading = [read(stream, readers.ask)];
  asked = await stream.started();
  await vi.waitUntil(() => readers.ask.drafts.at(-1)!.text, patient);
  reading.push(read(client.chat.follow(asked.turnId), readers.follow));
  if (executablePath) {
    browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
    tab = await browser.newPage();
    tab.on('response', (response) => {
      if (response.url().startsWith(`${url}/stream/chat`)) statuses.push(response.status());
    });
    const address = new URL('/stream/chat', url);
    address.search = new URLSearchParams({ instrument_id: instrumentId, q: question }).toString();
    await tab.goto(`${front}/?stream=${encodeURIComponent(address.href)}`);
    await vi.waitUntil(() => tab.textContent('#text'), patient);
  }
  await vi.waitUntil(() => readers.follow.drafts.at(-1)!.text, patient);

  server.child.kill('SIGKILL');
  expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
  server = startProcess({ ...variables, PORT: new URL(url).port });
  await server.ready;
  await Promise.all(reading);
  control = await client.chat.answer({ instrumentId, question });
}, 240_000);

afterAll(async () => {
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
  await server?.[Symbol.asyncDispose]();
  await openai?.close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

async function read(events: AsyncIterable<Parameters<typeof reduceAnswer>[1]>, into: Read) {
  for await (const event of events) {
    into.types.push(event.type);
    into.drafts.push(reduceAnswer(into.drafts.at(-1)!, event));
  }
}

/** A Proof without its own id, which every answer makes anew. */
const proofs = (citations: Citation[]) => citations.map(({ id: _id, ...proof }) => proof);
const count = (types: string[], type: string) => types.filter((one) => one === type).length;

describe('a server that is killed in the middle of an answer and started again', () => {
  it.each(['ask', 'follow'] as const)('keeps what a waiting client reads by %s whole', async (how) => {
    const { types, drafts } = readers[how];
    const { text, citations, end } = drafts.at(-1)!;
    expect(control).toMatchObject({ reason: 'answered', text: expect.stringMatching(/\S.{40}/) });
    expect(text).toBe(control.text);
    expect(proofs(citations)).toEqual(proofs(control.citations));
    expect(citations.length).toBeGreaterThan(0);
    expect(end).toMatchObject({
      reason: 'answered',
      length: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    const stored = await client.trpc.chat.snapshot.query({ turnId: asked.turnId });
    expect(stored).toMatchObject({ status: 'done', text, citations });
    expect(['turn-start', 'turn-reset', 'turn-end'].map((type) => count(types, type))).toEqual([1, 1, 1]);
    // The half that was shown before is gone, not gone on with.
    const reset = types.indexOf('turn-reset');
    const shown = drafts[reset]!.text;
    expect(shown).not.toBe('');
    expect(text.startsWith(shown) && text !== shown).toBe(true);
    expect(drafts[reset + 1]).toEqual(emptyDraft);
  });

  it.skipIf(!executablePath)(
    'lets a bare page begin anew, end with the whole, and ask no more',
    async () => {
      // The browser itself is told that there is nothing to come back for.
      await expect.poll(() => tab.evaluate<number>('source.readyState'), patient).toBe(2);
      const all = await tab.evaluate<Seen[]>('seen');
      const told = all.filter(({ data }) => data !== undefined);
      const names = told.map(({ name }) => name);
      expect(names.join(' ')).toMatch(/^start( token)+ start( token)+ done$/);
      const restart = names.lastIndexOf('start');
      const words = (events: Seen[]) => events.map(({ data }) => data?.t ?? '').join('');
      const [before, after] = [words(told.slice(0, restart)), words(told.slice(restart))];
      expect(after).toBe(control.text);
      expect(after.startsWith(before) && after !== before).toBe(true);
      expect(await tab.textContent('#text')).toBe(control.text);
      expect(told[restart]!.data).toEqual(told[0]!.data);

      const { data } = told.at(-1)!;
      const [answer, ...others] = await client.trpc.chat.versions.query({
        userTurnId: told[0]!.data!.turn_id!,
      });
      expect(others).toEqual([]);
      expect(answer).toMatchObject({ turnId: data!.turn_id, status: 'done', text: control.text });
      expect(answer!.turnId).not.toBe(asked.turnId);
      expect(proofs(answer!.citations)).toEqual(proofs(control.citations));
      expect(data!.citations).toHaveLength(control.citations.length);
      const seqs = told.map(({ id }) => Number(id!.split(':')[1]));
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(statuses).toEqual([200, 200, 204]);
    },
    120_000,
  );

  it('asks the model again for each answer that was cut, and for nothing else', () => {
    expect(openai.calls.filter(({ chat }) => chat)).toHaveLength(executablePath ? 5 : 3);
  });
});
