import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ask } from '../chat/turns.ts';
import { retrieve } from '../retrieval/retrieve.ts';
import { guest, testApp, type TestApp } from '../testing/index.ts';
import { shownText } from '../viewer/shown-text.ts';
import { updateSource } from './change.ts';
import { createSource } from './create.ts';
import { listVersions, visibleSource } from './store.ts';

const calibration = '# Calibration\n\nSet the temperature to 37 °C and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const never = () => new AbortController().signal;

describe.each(testEngines())('notes on %s', (engine) => {
  let test: TestApp;
  let admin: Viewer;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const read = async (instrumentId: string) => {
    const made = { type: 'note', instrumentId, title: 'Note', text: calibration } as const;
    const { id } = await createSource(app(), admin, made);
    await test.work();
    return id;
  };
  const source = (id: string) => visibleSource(app().db.query, admin, id);
  const passages = async (instrumentId: string) => {
    const asked = { instrumentId, question };
    return (await retrieve({ app: app(), indexes: test.rayni.live.indexes }, guest, asked)).passages;
  };

  it('get a version for each other text, which answers once it has been read', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const versions = () => listVersions(app().db.query, admin, { sourceId: id, limit: 10 });
    const [first] = await versions();
    expect(await updateSource(app(), admin, { id, text: calibration })).toMatchObject({ status: 'approved' });
    expect(await versions()).toEqual([first]);

    test.advance(1_000);
    await updateSource(app(), admin, { id, text: 'The calibration takes a temperature of 40 °C.' });
    expect((await passages(instrumentId)).map(({ sourceId }) => sourceId)).toEqual([id]);
    expect(await versions()).toMatchObject([
      { ordinal: 2, version: '2', current: false, storageUri: '' },
      { id: first!.id, current: true },
    ]);
    await test.work();
    expect(await versions()).toMatchObject([
      { ordinal: 2, current: true, storageUri: `/media/${id}`, filename: 'Note.md' },
      { id: first!.id, checksum: first!.checksum, current: false },
    ]);
    expect((await source(id))?.checksum).not.toBe(first!.checksum);
    expect((await passages(instrumentId)).map((passage) => passage.text)).toEqual([
      'The calibration takes a temperature of 40 °C.',
    ]);
  });

  it('change text, title and label together or not at all', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never());
    const text = 'The calibration takes a temperature of 43 °C.';
    const refused = updateSource(app(), admin, { id, text, title: 'Two', status: 'rejected' });
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await source(id)).toMatchObject({ title: 'Note' });
    await updateSource(app(), admin, { id, text, title: 'Two', version: 'rev B' });
    expect(await source(id)).toMatchObject({ title: 'Two' });
    await test.work();
    expect(await source(id)).toMatchObject({ title: 'Two', version: 'rev B', status: 'approved' });
    // The old Proof opens the old text, with its mark in it.
    const [proof] = citations;
    const opened = await shownText(app(), guest, { target: proof!.id });
    expect(opened).toMatchObject({ version: '1', current: false, quote: proof!.quote });
    expect(opened.units).toMatchObject([{ ordinal: 1, text: calibration }]);
    expect(opened.units[0]!.marks.map(({ start, end }) => calibration.slice(start, end))).toEqual([
      proof!.quote,
    ]);
    const now = await shownText(app(), guest, { sourceId: id });
    expect(now).toMatchObject({ version: 'rev B', current: true, units: [{ text }] });
    // The same text again is no version, what else is said holds.
    await updateSource(app(), admin, { id, text, version: 'rev C' });
    expect(await listVersions(app().db.query, admin, { sourceId: id, limit: 10 })).toMatchObject([
      { ordinal: 2, version: 'rev C' },
      { ordinal: 1 },
    ]);
    expect(await app().db.query.selectFrom('unclaimed_blob').selectAll().execute()).toEqual([]);
  });

  it('get one version for the same text twice at the same time', async () => {
    const id = await read(await test.instrument());
    const text = 'The calibration takes a temperature of 41 °C.';
    await Promise.all([1, 2, 3].map(() => updateSource(app(), admin, { id, text })));
    const versions = await listVersions(app().db.query, admin, { sourceId: id, limit: 10 });
    expect(versions.map(({ ordinal }) => ordinal)).toEqual([2, 1]);
    expect(await app().db.query.selectFrom('unclaimed_blob').selectAll().execute()).toEqual([]);
  });

  it('are the only sources with a text to edit', async () => {
    const { id } = await createSource(app(), admin, {
      type: 'url',
      instrumentId: await test.instrument(),
      url: 'https://lab.example/',
    });
    await expect(updateSource(app(), admin, { id, text: 'Text.' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});
