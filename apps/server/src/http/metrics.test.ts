import { written } from '@rayni/scripted-openai';
import { ModelFault } from '@rayni/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';
import { createMetrics } from './metrics.ts';

const question = 'Which temperature do I set for the calibration?';
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';

let server: TestServer;
let admin: TestCaller;
let instrumentId: string;
beforeAll(async () => {
  server = await startTestServer({
    model: () => written('Set the temperature to 37 degrees [1].'),
    metricsPort: 0,
  });
  instrumentId = await server.instrument();
  admin = await server.login((await server.account({ isAdmin: true })).email);
});
afterAll(() => server.close());

/** The page by the rules of its format: each line a comment or `name{labels} number`. */
async function figures(page?: string): Promise<Map<string, number>> {
  const text: string = page ?? (await (await fetch(String(server.metricsUrl))).text());
  const found = new Map<string, number>();
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const parts =
      /^([a-zA-Z_:][\w:]*(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})?) (Nan|NaN|[+-]?Inf|[-+.\de]+)$/.exec(line);
    if (!parts?.[1]) throw new Error(`no line of this format: ${line}`);
    expect(found.has(parts[1])).toBe(false);
    found.set(parts[1], Number(parts[2]));
  }
  return found;
}

describe('the page of figures', () => {
  it('has those of the process and its event loop, for Prometheus alone', async () => {
    const response = await fetch(server.metricsUrl!);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = [...(await figures(await response.text())).keys()];
    for (const name of [
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'rayni_open_streams',
    ])
      expect(names).toContain(name);
    for (const [path, init] of [
      ['/', {}],
      ['/metrics', { method: 'POST' }],
      ['/metrics?x', {}],
    ] as const)
      expect((await fetch(new URL(path, server.metricsUrl), init)).status).toBe(404);
    expect((await server.guest.fetch('/metrics')).status).toBe(404);
  });

  it('counts a document, an answer and the requests for both', async () => {
    const { sourceId } = await server.upload(admin, 'note.md', note, { instrumentId });
    await server.read(admin, sourceId);
    const answer = await server.guest.trpc.chat.ask.mutate({ instrumentId, question });
    expect(answer.text).toContain('37 degrees');
    await server.guest.fetch('/trpc/nobody.knows,faq.list?batch=1');
    await server.guest.fetch('/trpc/nobody.knows.4711');
    await server.guest.fetch(`/api/sources/${sourceId}/`);
    await server.guest.fetch('/nothing/here/4711', { method: 'DELETE' });
    const expected = {
      'rayni_answers_total{reason="answered"}': 1,
      rayni_first_text_seconds_count: 1,
      'rayni_ingested_pages_total{type="note"}': 1,
      'rayni_jobs_total{kind="ingest",outcome="done"}': 1,
      'rayni_http_requests_total{method="POST",route="/trpc/chat.ask",status="200"}': 1,
      'rayni_http_requests_total{method="GET",route="/trpc/(batch)",status="207"}': 1,
      'rayni_http_requests_total{method="GET",route="/trpc/(unknown)",status="404"}': 1,
      'rayni_http_requests_total{method="DELETE",route="(none)",status="404"}': 1,
      'rayni_http_request_seconds_count{route="/trpc/chat.ask"}': 1,
    };
    await expect.poll(async () => Object.fromEntries(await figures()), patient).toMatchObject(expected);
    const all = await figures();
    expect(all.get('rayni_model_deltas_total')).toBeGreaterThan(3);
    // No label holds an id or anything a caller chose.
    const page = [...all.keys()].join('\n');
    for (const told of ['4711', sourceId, instrumentId, 'temperature', 'note.md'])
      expect(page).not.toContain(told);
  });

  it('shows streams while they are open, at both doors, and counts those that were cut', async () => {
    server.openai?.next(written('Set the temperature to 37 degrees [1]. '.repeat(300), { intervalMs: 20 }));
    const q = encodeURIComponent('To which temperature is the calibration set, and how long is it?');
    const legacy = await server.guest.fetch(`/stream/chat?instrument_id=${instrumentId}&q=${q}`);
    const [turnId = ''] = server.rayni.live.running.keys();
    const input = encodeURIComponent(JSON.stringify({ json: { turnId } }));
    const typed = await server.guest.fetch(`/trpc/chat.events?input=${input}`);
    expect((await figures()).get('rayni_open_streams')).toBe(2);
    await legacy.body?.cancel();
    await typed.body?.cancel();
    await expect.poll(async () => (await figures()).get('rayni_open_streams'), patient).toBe(0);
    const cut = 'rayni_http_requests_total{method="GET",route="/stream/chat",status="200"}';
    expect((await figures()).get(cut)).toBe(1);
    await server.guest.trpc.chat.cancel.mutate({ turnId });
    const cancelled = 'rayni_answers_total{reason="cancelled"}';
    await expect.poll(async () => (await figures()).get(cancelled), patient).toBe(1);
  });
});

it('counts faults of the model by kind, and work by how it ended', async () => {
  const metrics = createMetrics();
  const model = metrics.meteredModel({
    name: 'm',
    async *stream() {
      yield { type: 'delta', text: 'a' };
      throw new ModelFault('cut', 'Cut off.');
    },
  });
  const { signal } = new AbortController();
  const read = async () => {
    for await (const part of model.stream([], signal)) expect(part.type).toBe('delta');
  };
  await expect(read()).rejects.toThrow('Cut off.');
  const fails = { run: () => Promise.reject(new Error('no')), lost: async () => {} };
  const handlers = metrics.meteredJobs({
    ingest: fails,
    fetch: fails,
    forget: fails,
    sync: fails,
    sweep: fails,
  });
  await expect(handlers.sync.run({ syncId: 's' }, signal)).rejects.toThrow('no');
  await expect(handlers.sync.run({ syncId: 's' }, AbortSignal.abort())).rejects.toThrow('no');
  await handlers.sync.lost({ syncId: 's' });
  expect(Object.fromEntries(await figures(await metrics.page()))).toMatchObject({
    rayni_model_deltas_total: 1,
    'rayni_model_faults_total{kind="cut"}': 1,
    'rayni_jobs_total{kind="sync",outcome="failed"}': 1,
    'rayni_jobs_total{kind="sync",outcome="stopped"}': 1,
    'rayni_jobs_total{kind="sync",outcome="lost"}': 1,
  });
});
