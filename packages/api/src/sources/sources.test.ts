import { sourceCreateInput, sourceListInput, type SourceStatus } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ask, citationsOfTurn } from '../chat/turns.ts';
import { createFolder } from '../folders/folders.ts';
import { ingest } from '../ingest/ingest.ts';
import { encodePlaceMap } from '../ingest/place-map-bytes.ts';
import type { ReadDocument } from '../ingest/readers.ts';
import { deleteInstrument } from '../instruments/change.ts';
import { catalogue } from '../instruments/store.ts';
import { buildSegment } from '../retrieval/segment.ts';
import { retrieve } from '../retrieval/retrieve.ts';
import { guest, testApp, type TestApp } from '../testing/index.ts';
import { locateProof } from '../viewer/locate.ts';
import { archiveSource, deleteSource, updateSource } from './change.ts';
import { createSource } from './create.ts';
import { listSources, listVersions, visibleSource } from './store.ts';

const calibration = '# Calibration\n\nSet the temperature to 37 °C and wait for 20 minutes.\n';
const question = 'Which temperature do I set for the calibration?';
const never = () => new AbortController().signal;

describe.each(testEngines())('sources on %s', (engine) => {
  let test: TestApp;
  let admin: Extract<Viewer, { kind: 'member' }>;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const note = (instrumentId: string, text = calibration, title = 'Note') =>
    createSource(app(), admin, { type: 'note', instrumentId, title, text });
  const read = async (instrumentId: string, text?: string) => {
    const { id } = await note(instrumentId, text);
    await test.work();
    return id;
  };
  const source = (id: string, viewer: Viewer = admin) => visibleSource(app().db.query, viewer, id);
  const found = async (instrumentId: string, asked = question) => {
    const { passages } = await retrieve({ app: app(), indexes: test.rayni.live.indexes }, guest, {
      instrumentId,
      question: asked,
    });
    return passages.map((passage) => passage.sourceId);
  };
  const update = (id: string, status: 'approved' | 'rejected' | 'archived' | 'processing', detail?: string) =>
    updateSource(app(), admin, { id, status, ...(detail !== undefined && { detail }) });
  const setTo = (id: string, status: SourceStatus) =>
    app().db.query.updateTable('source').set({ status }).where('id', '=', id).execute();

  it('made of a note keep its text as bytes, and answer when it has been read', async () => {
    const instrumentId = await test.instrument();
    const made = await note(instrumentId);
    expect(made).toMatchObject({ type: 'note', status: 'uploaded', storageUri: `/media/${made.id}` });
    expect(await found(instrumentId)).toEqual([]);
    await test.work();
    expect(await found(instrumentId)).toEqual([made.id]);
    expect(await source(made.id, guest)).toMatchObject({ status: 'approved', checksum: made.checksum });
    const located = await locateProof(app(), guest, { sourceId: made.id });
    expect(located).toMatchObject({ filename: 'Note.md', mediaType: 'text/markdown', deleted: false });
    expect(await app().db.query.selectFrom('unclaimed_blob').selectAll().execute()).toEqual([]);
  });

  it.each([
    'https://u:secret@lab.example/',
    'https://u@lab.example/',
    'http:\\\\:secret@lab.example',
    'no address',
  ])('are not made of %s: no password is kept', (url) => {
    const input = { type: 'url', instrumentId: crypto.randomUUID(), url };
    expect(sourceCreateInput.safeParse(input).error?.issues.map(({ path }) => path)).toContainEqual(['url']);
    const good = { ...input, url: 'https://lab.example/a@b?c=d:e@f' };
    expect(sourceCreateInput.safeParse(good).success).toBe(true);
  });

  it('lie in folders of their own instrument only', async () => {
    const [here, there] = [await test.instrument(), await test.instrument()];
    const { id } = await note(here);
    const near = await createFolder(app(), admin, { instrumentId: here, name: 'Near', parentId: null });
    const far = await createFolder(app(), admin, { instrumentId: there, name: 'Far', parentId: null });
    expect(await updateSource(app(), admin, { id, folderId: near.id })).toMatchObject({ folderId: near.id });
    for (const folderId of [far.id, here]) {
      const refused = { code: 'BAD_REQUEST', fields: { folderId: [expect.any(String)] } };
      await expect(updateSource(app(), admin, { id, title: 'Moved', folderId })).rejects.toMatchObject(
        refused,
      );
      await expect(
        createSource(app(), admin, { type: 'note', instrumentId: here, title: 'N', text: 'T', folderId }),
      ).rejects.toMatchObject(refused);
    }
    // Nothing of a change that was refused is kept.
    expect(await source(id)).toMatchObject({ title: 'Note', folderId: near.id });
    expect(await updateSource(app(), admin, { id, folderId: null })).toMatchObject({ folderId: null });
    expect(await app().db.query.selectFrom('unclaimed_blob').selectAll().execute()).toEqual([]);
  });

  it('keep what an update leaves out, and give their version a new label', async () => {
    const { id } = await note(await test.instrument());
    const before = await source(id);
    const updated = await updateSource(app(), admin, {
      id,
      category: 'sop',
      modelTags: ['A', 'B'],
      version: 'rev C',
    });
    expect(updated).toEqual({ ...before, category: 'sop', modelTags: ['A', 'B'], version: 'rev C' });
    expect(await listVersions(app().db.query, admin, { sourceId: id, limit: 10 })).toMatchObject([
      { version: 'rev C', ordinal: 1 },
    ]);
  });

  it('that are archived stop answering at once, still open for old citations, and answer again when restored', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never());
    expect(await found(instrumentId)).toEqual([id]);

    const archived = await archiveSource(app(), admin, id);
    expect(archived).toMatchObject({ status: 'archived', archived: true, archivedAt: expect.any(Date) });
    expect(await found(instrumentId)).toEqual([]);
    expect(await locateProof(app(), guest, { target: citations[0]!.id })).toMatchObject({
      quote: citations[0]!.quote,
      deleted: false,
    });
    expect(await archiveSource(app(), admin, id)).toEqual(archived);

    expect(await update(id, 'approved')).toMatchObject({ archived: false, archivedAt: null });
    expect(await found(instrumentId)).toEqual([id]);
  });

  it('that are archived stay so when they get a new version', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    await archiveSource(app(), admin, id);
    await updateSource(app(), admin, { id, text: 'The temperature of the calibration is 40 °C.' });
    await test.work();
    expect(await source(id)).toMatchObject({ status: 'archived' });
    expect(await found(instrumentId)).toEqual([]);
  });

  it('change their status only as the state machine allows', async () => {
    const { id } = await note(await test.instrument());
    for (const [status, refused] of [
      ['uploaded', ['approved', 'archived']],
      ['processing', ['approved', 'archived']],
      ['embedded', ['archived', 'processing']],
      ['approved', ['rejected', 'processing']],
      ['archived', ['rejected', 'processing']],
      ['rejected', ['approved', 'archived']],
    ] as const) {
      await setTo(id, status);
      for (const to of refused) {
        await expect(update(id, to)).rejects.toMatchObject({ code: 'CONFLICT' });
        expect((await source(id))?.status).toBe(status);
      }
    }
  });

  it('that a manager rejects stay so, whatever job was on its way', async () => {
    const instrumentId = await test.instrument();
    const { id } = await note(instrumentId);
    expect(await update(id, 'rejected', 'Not ours.')).toMatchObject({ statusDetail: 'Not ours.' });
    await test.work();
    expect(await source(id)).toMatchObject({ status: 'rejected', statusDetail: 'Not ours.' });
    // Not read yet: it is read now.
    expect(await update(id, 'processing')).toMatchObject({ status: 'processing', statusDetail: null });
    await test.work();
    expect(await found(instrumentId)).toEqual([id]);
  });

  it('that a manager rejects while they are read stay so', async () => {
    const instrumentId = await test.instrument();
    const { id } = await note(instrumentId);
    await reading(id, () => update(id, 'rejected', 'Not ours.'));
    expect(await source(id)).toMatchObject({ status: 'rejected', statusDetail: 'Not ours.' });
    expect(await found(instrumentId)).toEqual([]);
    // It was read after all: it waits for approval.
    expect(await update(id, 'processing')).toMatchObject({ status: 'embedded' });
    expect(await update(id, 'approved')).toMatchObject({ status: 'approved' });
    expect(await found(instrumentId, 'gasket')).toEqual([id]);
  });

  it('show a version to readers once it has been read, to managers at once', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const manager = await test.account();
    await test.grant(manager, instrumentId, 'instrument_manager');
    const trained = await test.account();
    await test.grant(trained, instrumentId, 'trained_user');
    test.advance(1_000);
    await updateSource(app(), admin, { id, text: 'The calibration takes a temperature of 42 °C.' });
    const ordinals = async (viewer: Viewer, of: { sourceId?: string } = { sourceId: id }) => {
      const versions = await listVersions(app().db.query, viewer, { ...of, limit: 10_000 });
      return versions.filter((version) => version.sourceId === id).map(({ ordinal }) => ordinal);
    };
    for (const reader of [guest, trained, await test.account()]) {
      expect(await ordinals(reader)).toEqual([1]);
      expect(await ordinals(reader, {})).toEqual([1]);
    }
    for (const viewer of [admin, manager]) expect(await ordinals(viewer)).toEqual([2, 1]);
    await test.work();
    expect(await ordinals(guest)).toEqual([2, 1]);
  });

  it('that are archived are listed to managers only, and still open to readers', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const manager = await test.account();
    await test.grant(manager, instrumentId, 'instrument_manager');
    const trained = await test.account();
    await test.grant(trained, instrumentId, 'trained_user');
    await archiveSource(app(), admin, id);
    const listed = async (viewer: Viewer) => {
      const input = sourceListInput.parse({ instrumentId, status: 'archived' });
      const { items, total } = await listSources(app().db.query, viewer, input);
      expect(total).toBe(items.length);
      const versions = await listVersions(app().db.query, viewer, { limit: 10_000 });
      return [...items.map((item) => item.id), versions.some(({ sourceId }) => sourceId === id)];
    };
    for (const reader of [guest, trained]) {
      expect(await listed(reader)).toEqual([false]);
      expect(await source(id, reader)).toMatchObject({ status: 'archived' });
      expect(await listVersions(app().db.query, reader, { sourceId: id, limit: 10 })).toHaveLength(1);
    }
    for (const viewer of [admin, manager]) expect(await listed(viewer)).toEqual([id, true]);
  });

  it('that are deleted stop answering at once; an old Proof still has its quote and says so', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const { turnId, citations } = await ask(test.rayni, guest, { instrumentId, question }, never());
    const [proof] = citations;
    const before = await locateProof(app(), guest, { target: proof!.id });

    await deleteSource(app(), admin, id);
    const told = async () => {
      expect(await found(instrumentId)).toEqual([]);
      expect(await source(id)).toBeUndefined();
      expect(await citationsOfTurn(test.rayni, guest, turnId)).toEqual(citations);
      expect(before.url).not.toBe('');
      expect(await locateProof(app(), guest, { target: proof!.id, sourceId: id })).toEqual({
        ...before,
        deleted: true,
        url: '',
        urlExpiresAt: expect.any(Date),
      });
      for (const input of [{ sourceId: id }, { target: proof!.fragmentId }])
        await expect(locateProof(app(), guest, input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    };
    await told();
    await test.work();
    await told();
    await expect(deleteSource(app(), admin, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(updateSource(app(), admin, { id, text: 'Again.' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('that are deleted while they are read leave nothing of the reading', async () => {
    const { id } = await note(await test.instrument());
    await reading(id, () => deleteSource(app(), admin, id));
    const left = await app()
      .db.query.selectFrom('reading')
      .innerJoin('source_version', 'source_version.id', 'reading.version_id')
      .select('reading.id')
      .where('source_version.source_id', '=', id)
      .execute();
    expect(left).toEqual([]);
  });

  it('go with their instrument, and grants and wishes for access end', async () => {
    const instrumentId = await test.instrument();
    const id = await read(instrumentId);
    const member = await test.account();
    await test.grant(member, instrumentId);
    const { query } = app().db;
    await deleteInstrument(app(), admin, instrumentId);
    expect((await catalogue(query, admin)).map((each) => each.id)).not.toContain(instrumentId);
    expect(await source(id)).toBeUndefined();
    await expect(ask(test.rayni, admin, { instrumentId, question }, never())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const grants = query
      .selectFrom('access_grant')
      .select('status')
      .where('instrument_id', '=', instrumentId);
    expect(await grants.execute()).toEqual([{ status: 'revoked' }]);
    const audited = query
      .selectFrom('audit_entry')
      .select(['action', 'actor', 'subject'])
      .where('instrument_id', '=', instrumentId);
    expect(await audited.execute()).toEqual([
      { action: 'instrument.deleted', actor: admin.email, subject: null },
      { action: 'grant.revoked', actor: admin.email, subject: member.email },
    ]);
    await test.work();
    const stored = await query
      .selectFrom('source_version')
      .select('blob_key')
      .where('source_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(await app().blobs.stat(stored.blob_key)).toBeUndefined();
    await expect(deleteInstrument(app(), admin, instrumentId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  /** Reads the newest version of a source, and does something in the middle of it. */
  async function reading(sourceId: string, between: () => Promise<unknown>) {
    const { id } = await app()
      .db.query.selectFrom('source_version')
      .select('id')
      .where('source_id', '=', sourceId)
      .orderBy('ordinal', 'desc')
      .executeTakeFirstOrThrow();
    const text = 'Replace the gasket.';
    const reader: ReadDocument = async function* () {
      yield { kind: 'units', units: [{ ordinal: 1, text, places: encodePlaceMap({ kind: 'offsets' }) }] };
      await between();
      const whole = [{ unit: 1, start: 0, end: text.length }];
      yield {
        kind: 'fragments',
        fragments: [
          { ordinal: 1, heading: '', kind: 'prose', text, ranges: whole, segments: [[0, text.length]] },
        ],
      };
      yield {
        kind: 'segment',
        bytes: buildSegment([{ ordinal: 1, title: 'Note', heading: '', text }]),
      };
    };
    await ingest(app(), reader, id, never());
  }
});
