import { sourceListInput, type SourceStatus } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../../access/policy.ts';
import { retrieve } from '../../retrieval/retrieve.ts';
import { guest, insertInstrument, testApp, type TestApp } from '../../testing/index.ts';
import { locateProof } from '../../viewer/locate.ts';
import { updateSource } from '../change.ts';
import { sourceProgress } from '../progress/store.ts';
import { isReadable, listSources, listVersions, visibleSource } from '../store.ts';
import { approveMany } from './approve-many.ts';
import { previewSource } from './preview.ts';

type Member = Extract<Viewer, { kind: 'member' }>;
const text = '# Calibration\n\nSet the temperature to 37 °C.\n\n# Cleaning\n\nReplace the filter.\n';
const question = 'Which temperature do I set for the calibration?';

describe.each(testEngines())('review on %s', (engine) => {
  let test: TestApp;
  let instrumentId: string;
  let manager: Member;
  let trained: Member;
  let other: Member;
  beforeAll(async () => {
    test = await testApp({ engine });
    instrumentId = await insertInstrument(app(), { visibility: 'restricted', trainedMayUpload: true });
    [manager, trained, other] = [await test.account(), await test.account(), await test.account()];
    await test.grant(manager, instrumentId, 'instrument_manager');
    await test.grant(trained, instrumentId);
    await test.grant(other, instrumentId);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const brought = (viewer: Viewer, bytes = text) => test.document(viewer, instrumentId, 'note.md', bytes);
  const setTo = (id: string, status: SourceStatus) =>
    app().db.query.updateTable('source').set({ status }).where('id', '=', id).execute();
  const statusFor = async (viewer: Viewer, id: string) =>
    (await visibleSource(app().db.query, viewer, id))?.status;
  const found = async (viewer: Viewer) => {
    const { passages } = await retrieve({ app: app(), indexes: test.rayni.live.indexes }, viewer, {
      instrumentId,
      question,
    });
    return passages.map(({ sourceId }) => sourceId);
  };

  it('what a manager brings is approved by itself; what a trained user brings waits, and they can follow it', async () => {
    const own = await brought(manager);
    expect(await statusFor(other, own)).toBe('approved');
    const id = await brought(trained, 'The temperature of the calibration of the detector is 4 °C.');
    const { query } = app().db;
    const listed = async (viewer: Viewer) => {
      const { items, total } = await listSources(query, viewer, sourceListInput.parse({ instrumentId }));
      expect(total).toBe(items.length);
      return items.map((item) => item.id);
    };
    for (const viewer of [trained, manager]) {
      expect(await statusFor(viewer, id)).toBe('embedded');
      expect(await listed(viewer)).toContain(id);
      expect(await sourceProgress(query, viewer, { ids: [id] })).toMatchObject([
        { status: 'embedded', done: 1 },
      ]);
    }
    for (const viewer of [other, guest]) {
      expect(await statusFor(viewer, id)).toBe(undefined);
      expect(await listed(viewer)).not.toContain(id);
      expect(await sourceProgress(query, viewer, { ids: [id] })).toEqual([]);
    }
    // How far it is, not what it holds; and nobody is answered from it.
    expect(await isReadable(query, trained, id)).toBe(false);
    expect(await listVersions(query, trained, { sourceId: id, limit: 10 })).toEqual([]);
    await expect(previewSource(app(), trained, { id, page: 1, pageSize: 5 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(locateProof(app(), trained, { sourceId: id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const viewer of [trained, other, manager]) expect(await found(viewer)).toEqual([own]);
    // Known, and not theirs to decide.
    await expect(updateSource(app(), trained, { id, status: 'approved' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(updateSource(app(), other, { id, status: 'approved' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });

    await updateSource(app(), manager, { id, status: 'rejected', detail: 'A draft.' });
    expect(await visibleSource(query, trained, id)).toMatchObject({
      status: 'rejected',
      statusDetail: 'A draft.',
    });
    await updateSource(app(), manager, { id, status: 'processing' });
    await updateSource(app(), manager, { id, status: 'approved' });
    expect(new Set(await found(other))).toEqual(new Set([own, id]));
  });

  it('who brought a source loses it with the right to its instrument', async () => {
    const id = await brought(trained);
    const setGrant = (status: 'active' | 'revoked') =>
      app()
        .db.query.updateTable('access_grant')
        .set({ status })
        .where('account_id', '=', trained.userId)
        .execute();
    await setGrant('revoked');
    expect(await statusFor(trained, id)).toBe(undefined);
    expect(await sourceProgress(app().db.query, trained, { ids: [id] })).toEqual([]);
    await setGrant('active');
    expect(await statusFor(trained, id)).toBe('embedded');
  });

  it('shows a manager what waits, fragment by fragment with its place', async () => {
    const section = (name: string) =>
      `# ${name}\n\n${Array.from({ length: 12 }, (_, i) => `The ${name.toLowerCase()} takes step ${i} of the twelve that there are.`).join(' ')}\n`;
    const long = `${section('Calibration')}\n${section('Cleaning')}`;
    const id = await brought(trained, long);
    const first = await previewSource(app(), manager, { id, page: 1, pageSize: 1 });
    const second = await previewSource(app(), manager, { id, page: 2, pageSize: 1 });
    expect(first.total).toBe(2);
    for (const { items } of [first, second])
      expect(items).toMatchObject([{ sourceId: id, locator: { kind: 'text' } }]);
    expect([...first.items, ...second.items].map(({ ordinal }) => ordinal)).toEqual([1, 2]);
    expect((await previewSource(app(), manager, { id, page: 3, pageSize: 1 })).items).toEqual([]);
    for (const { text: said, locator } of [...first.items, ...second.items])
      expect(locator.kind === 'text' && long.slice(locator.start, locator.end)).toBe(said);
  });

  it('approves many, each for itself, and says what came of each', async () => {
    const ids = [
      await brought(trained),
      await brought(trained),
      await brought(trained),
      await brought(trained),
    ];
    const [waits, done, rejected, archived] = ids as [string, string, string, string];
    await setTo(done, 'approved');
    await setTo(rejected, 'rejected');
    await setTo(archived, 'archived');
    const missing = crypto.randomUUID();
    const outcomes = await approveMany(app(), manager, [waits, rejected, missing, done, archived, waits]);
    expect(outcomes).toEqual([
      { id: waits, status: 'approved', code: null, message: null },
      { id: rejected, status: 'rejected', code: 'CONFLICT', message: expect.stringContaining('rejected') },
      { id: missing, status: null, code: 'NOT_FOUND', message: expect.any(String) },
      { id: done, status: 'approved', code: null, message: null },
      { id: archived, status: 'approved', code: null, message: null },
    ]);
    await setTo(waits, 'embedded');
    expect(await approveMany(app(), trained, [waits])).toMatchObject([
      { status: 'embedded', code: 'FORBIDDEN' },
    ]);
    expect(await approveMany(app(), other, [waits])).toMatchObject([{ status: null, code: 'NOT_FOUND' }]);
    await expect(approveMany(app(), guest, [waits])).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await statusFor(manager, waits)).toBe('embedded');
  });
});
