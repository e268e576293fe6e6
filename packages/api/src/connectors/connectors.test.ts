import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { jobHandlers } from '../jobs/handlers.ts';
import { callAs, type TestApp, testApp } from '../testing/index.ts';
import { seal, unseal } from './seal.ts';

let test: TestApp;
let api: ReturnType<typeof as>;
beforeAll(async () => {
  test = await testApp();
  api = as(await test.account({ isAdmin: true }));
});
afterAll(() => test?.[Symbol.asyncDispose]());

const as = (viewer: Viewer) => callAs(test.rayni, viewer);
const drive = {
  provider: 'google_drive' as const,
  config: { folder_id: 'folder', client_secret: 'hush', refresh_token: 'quiet' },
};
const stored = (id: string) =>
  test.rayni.app.db.query.selectFrom('connector').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const syncs = () => test.rayni.app.db.query.selectFrom('connector_sync').selectAll().execute();
const shown = async (id: string) => (await api.connectors.list()).find((one) => one.id === id);

describe('a connector', () => {
  it('shows its secrets masked, and keeps them sealed with a key that is not in the database', async () => {
    const made = await api.connectors.create(drive);
    expect(made.config).toEqual({ folder_id: 'folder', client_secret: '••••', refresh_token: '••••' });
    expect(await shown(made.id)).toEqual(made);
    const row = await stored(made.id);
    expect(row.config).toEqual(made.config);
    for (const word of ['hush', 'quiet']) expect(Buffer.from(row.sealed!).includes(word)).toBe(false);
    const { sealKey } = test.rayni.settings;
    const opened = unseal(sealKey, made.id, row.sealed!);
    expect(JSON.parse(opened)).toEqual({ client_secret: 'hush', refresh_token: 'quiet' });
  });

  it('without secrets has none sealed', async () => {
    const { id } = await api.connectors.create({ provider: 'sharepoint', config: { site_id: 's' } });
    expect((await stored(id)).sealed).toBeNull();
  });

  it('takes only what its provider knows and needs', async () => {
    const config = { folder_id: 'f', tenant_id: 't' };
    const made = await api.connectors.create({ provider: 'google_drive', config });
    expect(made.config).toEqual({ folder_id: 'f' });
    const wrong = { provider: 'sharepoint', config: { folder_id: 'f' } } as never;
    await expect(api.connectors.create(wrong)).rejects.toThrow();
  });

  it('is gone with its secrets once it is removed', async () => {
    const { id } = await api.connectors.create(drive);
    await api.connectors.remove({ id });
    expect(await shown(id)).toBeUndefined();
    expect((await stored(id)).sealed).toBeNull();
    await expect(api.connectors.remove({ id })).rejects.toThrow('Not found.');
    await expect(api.connectors.sync({ id })).rejects.toThrow('Not found.');
  });
});

describe('a sync', () => {
  it('is one, however often it is asked for at once, and another after it ended', async () => {
    const { id } = await api.connectors.create(drive);
    const before = (await syncs()).length;
    const all = await Promise.all(Array.from({ length: 5 }, () => api.connectors.sync({ id })));
    expect(new Set(all.map((sync) => JSON.stringify(sync))).size).toBe(1);
    expect(all[0]).toMatchObject({ status: 'scheduled', detail: null, endedAt: null });
    expect((await shown(id))?.lastSync).toEqual(all[0]);
    expect(await syncs()).toHaveLength(before + 1);
    await test.work();
    test.advance(1_000);
    await api.connectors.sync({ id });
    expect(await syncs()).toHaveLength(before + 2);
    await test.work();
  });

  it.each([
    ['google_drive', { folder_id: 'f' }, 'Google Drive'],
    ['sharepoint', { site_id: 's' }, 'SharePoint'],
  ] as const)('of %s ends as failed and says that it cannot be read yet', async (provider, config, name) => {
    const { id } = await api.connectors.create({ provider, config } as never);
    await api.connectors.sync({ id });
    test.advance(5_000);
    await test.work();
    const ended = (await shown(id))!.lastSync!;
    expect(ended).toMatchObject({
      status: 'failed',
      detail: `Documents cannot be fetched from ${name} yet. Upload them instead.`,
      endedAt: test.rayni.app.clock.now(),
    });
    // Once more, as a queue may do.
    const { id: syncId } = (await syncs()).find((sync) => sync.connector_id === id)!;
    test.advance(5_000);
    const handlers = jobHandlers(test.rayni.app);
    await handlers.sync.run({ syncId }, new AbortController().signal);
    await handlers.sync.lost({ syncId });
    expect((await shown(id))!.lastSync).toEqual(ended);
  });

  it('whose every try failed is ended as such', async () => {
    const { id } = await api.connectors.create(drive);
    await api.connectors.sync({ id });
    const { id: syncId } = (await syncs()).find((sync) => sync.connector_id === id)!;
    await jobHandlers(test.rayni.app).sync.lost({ syncId });
    expect((await shown(id))?.lastSync).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('our side'),
    });
  });
});

describe('what is sealed', () => {
  const key = new Uint8Array(32).fill(1);

  property.prop([fc.string({ unit: 'grapheme' }), fc.string()])(
    'opens to the same text, never twice alike',
    (text, owner) => {
      const sealed = seal(key, owner, text);
      expect(unseal(key, owner, sealed)).toBe(text);
      expect(Buffer.compare(sealed, seal(key, owner, text))).not.toBe(0);
    },
  );

  it('does not open under another key, for another owner, or with a changed byte', () => {
    const sealed = seal(key, 'a', 'hush');
    expect(() => unseal(new Uint8Array(32).fill(2), 'a', sealed)).toThrow();
    expect(() => unseal(key, 'b', sealed)).toThrow();
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => unseal(key, 'a', changed)).toThrow();
    }
    for (const length of [0, 11, 12, 27, 31]) {
      expect(() => unseal(key, 'a', sealed.subarray(0, length))).toThrow();
    }
  });
});
