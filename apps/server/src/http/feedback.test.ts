import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
let admin: TestCaller;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.login((await server.account({ isAdmin: true })).email);
});
afterAll(() => server?.close());

const post = (caller: TestCaller, path: string, body: unknown, headers: Record<string, string> = {}) =>
  caller.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('feedback', () => {
  it('comes with the program it was sent by, through both doors', async () => {
    const agent = { 'user-agent': 'Lab front end 7' };
    const legacy = await post(server.guest, '/api/feedback', { body: 'One.' }, agent);
    expect(legacy.status).toBe(201);
    expect(await legacy.json()).toMatchObject({ user_agent: 'Lab front end 7', status: 'open' });
    expect(
      (await post(server.guest, '/trpc/feedback.create', { json: { body: 'Two.' } }, agent)).status,
    ).toBe(200);
    const form = await server.guest.fetch('/api/support/feedback/', {
      method: 'POST',
      headers: agent,
      body: new URLSearchParams({ body: 'Three.', category: 'idea' }),
    });
    expect(form.status).toBe(201);
    const { items } = await admin.trpc.feedback.list.query({});
    expect(items.map(({ body, category, userAgent }) => [body, category, userAgent])).toEqual([
      ['Three.', 'idea', 'Lab front end 7'],
      ['Two.', 'support', 'Lab front end 7'],
      ['One.', 'support', 'Lab front end 7'],
    ]);
  });

  it('of any shape is kept or refused, and fails nowhere', async () => {
    const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
    for (const meta of [deep('[', ']', 4_000), deep('[', ']', 200_000), deep('{"a":', '}', 100_000)]) {
      for (const [path, body] of [
        ['/api/feedback/', `{"body":"x","meta":{"deep":${meta}}}`],
        ['/trpc/feedback.create', `{"json":{"body":"x","meta":{"deep":${meta}}}}`],
      ] as const) {
        const { status } = await post(server.guest, path, body);
        expect([path, meta.length, status]).toEqual([path, meta.length, expect.toBeOneOf([200, 201, 400])]);
      }
    }
  });
});

describe('a connector', () => {
  it('syncs in the background, tells how it went, and no secret comes out anywhere', async () => {
    const config = {
      folder_id: 'folder',
      client_id: 'app',
      client_secret: 'hush-1',
      refresh_token: 'hush-2',
    };
    const made = await post(admin, '/api/connectors/create', { provider: 'google_drive', config });
    expect(made.status).toBe(201);
    const text = await made.text();
    const { id } = JSON.parse(text) as { id: string };
    const scheduled = await post(admin, `/api/connectors/${id}/sync/`, {});
    expect(scheduled.status).toBe(202);
    expect(await scheduled.json()).toMatchObject({ status: 'scheduled', ended_at: null });
    const list = async () => (await admin.fetch('/api/connectors')).text();
    await expect.poll(list, patient).toContain('"status":"failed"');
    expect(JSON.parse(await list())).toMatchObject({
      items: [
        {
          id,
          config_json: {
            folder_id: 'folder',
            client_id: 'app',
            client_secret: '••••',
            refresh_token: '••••',
          },
          last_sync: { detail: 'Documents cannot be fetched from Google Drive yet. Upload them instead.' },
        },
      ],
    });
    const bad = await post(admin, '/api/connectors', { provider: 'sharepoint', config });
    expect(bad.status).toBe(400);
    const refusal = await bad.text();
    expect(refusal).toContain('"config.site_id":["This field is required."]');
    expect([text, await list(), refusal, JSON.stringify(server.logs)].join()).not.toContain('hush');
  });
});
