import { afterAll, beforeAll, expect, it } from 'vitest';
import { listAudit } from '../access/grants.ts';
import type { Viewer } from '../access/policy.ts';
import { guest, testApp, type TestApp } from '../testing/index.ts';
import { createInstrument, deleteInstrument, replaceInstrument, updateInstrument } from './change.ts';
import { catalogue, knownInstrument } from './store.ts';

let test: TestApp;
let admin: Viewer;
beforeAll(async () => {
  test = await testApp();
  admin = await test.account({ isAdmin: true });
});
afterAll(() => test[Symbol.asyncDispose]());

const fresh = {
  name: 'Centrifuge',
  vendor: '',
  models: [],
  visibility: 'restricted' as const,
  description: '',
  trainedMayUpload: false,
};
const facts = (id: string) =>
  test.rayni.app.db.query
    .selectFrom('instrument')
    .select('trained_may_upload')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

it('a new instrument is seen as its visibility says', async () => {
  const { app } = test.rayni;
  const closed = await createInstrument(app, admin, fresh);
  const open = await createInstrument(app, admin, { ...fresh, visibility: 'public' });
  const seen = (await catalogue(app.db.query, guest)).map(({ id }) => id);
  expect(seen).toContain(open.id);
  expect(seen).not.toContain(closed.id);
  await updateInstrument(app, admin, { id: open.id, visibility: 'restricted' });
  expect(await knownInstrument(app.db.query, guest, open.id)).toBeUndefined();
});

it('an update keeps what it leaves out, a replacement writes every field', async () => {
  const { app } = test.rayni;
  const { id } = await createInstrument(app, admin, { ...fresh, vendor: 'Maker', trainedMayUpload: true });
  test.advance(1_000);
  const updated = await updateInstrument(app, admin, { id, models: ['C-1', 'C-2'] });
  expect(updated).toMatchObject({ name: 'Centrifuge', vendor: 'Maker', models: ['C-1', 'C-2'] });
  expect(updated.updatedAt).toEqual(app.clock.now());
  const { trainedMayUpload: _, ...fields } = fresh;
  const replaced = await replaceInstrument(app, admin, { id, ...fields, name: 'Another' });
  expect(replaced).toMatchObject({ name: 'Another', vendor: '', models: [] });
  // The dialect of PUT has no word for it.
  expect(await facts(id)).toEqual({ trained_may_upload: true });
});

it('who may read and upload is noted with every change of it, by whom, before and after', async () => {
  const { app } = test.rayni;
  const noted = async (instrumentId: string) => {
    const { items } = await listAudit(app, admin, { instrumentId, page: 1, pageSize: 50 });
    return items
      .reverse()
      .map(({ action, actor, subject, details }) => ({ action, actor, subject, details }));
  };
  const actor = admin.kind === 'member' ? admin.email : '';
  const manager = await test.account();
  const { id } = await createInstrument(app, admin, fresh);
  const created = {
    action: 'instrument.created',
    actor,
    subject: null,
    details: { visibility: 'restricted', trainedMayUpload: 'false' },
  };
  expect(await noted(id)).toEqual([created]);

  await test.grant(manager, id, 'instrument_manager');
  test.advance(1_000);
  await updateInstrument(app, manager, { id, visibility: 'public', trainedMayUpload: true });
  const changed = {
    action: 'instrument.changed',
    actor: manager.email,
    subject: null,
    details: {
      visibilityBefore: 'restricted',
      visibility: 'public',
      trainedMayUploadBefore: 'false',
      trainedMayUpload: 'true',
    },
  };
  expect(await noted(id)).toEqual([created, changed]);

  // A name is nobody's right, and neither is what was so before.
  await updateInstrument(app, manager, { id, name: 'Another', visibility: 'public' });
  expect(await noted(id)).toEqual([created, changed]);

  test.advance(1_000);
  await deleteInstrument(app, admin, id);
  const entries = await noted(id);
  expect(entries).toContainEqual({
    action: 'instrument.deleted',
    actor,
    subject: null,
    details: { visibility: 'public', trainedMayUpload: 'true' },
  });
  await expect(deleteInstrument(app, admin, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await noted(id)).toHaveLength(entries.length);
});
