import { setTimeout as sleep } from 'node:timers/promises';
import { testEngines } from '@rayni/database/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach } from '../chat/attachments/attach.ts';
import type { App } from '../app.ts';
import { createFolder, deleteFolder, updateFolder } from '../folders/folders.ts';
import { dissolveFolder, lockFolders } from '../folders/store.ts';
import { deleteInstrument, updateInstrument } from '../instruments/change.ts';
import { archiveSource, deleteSource, updateSource } from '../sources/change.ts';
import { createSource } from '../sources/create.ts';
import { footprint, type TestApp, testApp } from '../testing/index.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';
import { changeGrant, grantAccess, listGrants } from './grants.ts';
import { decideAccess, requestAccess } from './requests.ts';
import type { Viewer } from './policy.ts';

type Member = Extract<Viewer, { kind: 'member' }>;
const maxBytes = 1_000_000;
const text = 'Set the temperature to 37 degrees.';

describe.each(testEngines())('what was allowed when it began, on %s', (engine) => {
  let test: TestApp;
  let admin: Member;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  /** The product in which that happens once, when bytes are on their way. */
  const whileStoring = (happens: () => Promise<unknown>): App => {
    let once: typeof happens | undefined = happens;
    const now = async () => {
      const run = once;
      once = undefined;
      await run?.();
    };
    const { blobs } = app();
    return {
      ...app(),
      blobs: {
        ...blobs,
        copy: async (from, to) => (await now(), blobs.copy(from, to)),
        put: async (key, bytes) => (await now(), blobs.put(key, bytes)),
      },
    };
  };
  /** The product in which that happens once, after rights were looked at and before anything is written. */
  const beforeWriting = (happens: () => Promise<unknown>): App => {
    let once: typeof happens | undefined = happens;
    const { db } = app();
    return {
      ...app(),
      db: {
        ...db,
        async transaction(run) {
          const first = once;
          once = undefined;
          await first?.();
          return db.transaction(run);
        },
      },
    };
  };

  async function managed() {
    const instrumentId = await test.instrument();
    const manager = await test.account();
    await test.grant(manager, instrumentId, 'instrument_manager');
    const [held] = (await listGrants(app(), admin, instrumentId)).filter(
      ({ userId }) => userId === manager.userId,
    );
    const set = (change: { status?: 'revoked'; role?: 'trained_user' }) =>
      changeGrant(app(), admin, { instrumentId, grantId: held!.id, ...change });
    return { instrumentId, manager, set, revoke: () => set({ status: 'revoked' }) };
  }
  async function put(viewer: Viewer) {
    const input = { filename: 'note.md', contentType: 'text/markdown' };
    const { uploadId } = await initiateUpload(app(), viewer, input, maxBytes);
    test.put(uploadId, text);
    return uploadId;
  }
  const sourcesOf = (instrumentId: string) =>
    app().db.query.selectFrom('source').selectAll().where('instrument_id', '=', instrumentId).execute();
  const unclaimed = () => app().db.query.selectFrom('unclaimed_blob').select('key').execute();

  it('is no upload of a manager who was revoked while the bytes were copied', async () => {
    const { instrumentId, manager, revoke } = await managed();
    const uploadId = await put(manager);
    const completing = completeUpload(whileStoring(revoke), manager, { uploadId, instrumentId }, maxBytes);
    await expect(completing).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await sourcesOf(instrumentId)).toEqual([]);
    expect(await unclaimed()).toEqual([]);
  });

  it('is an upload that waits for approval when its manager may only upload now', async () => {
    const { instrumentId, manager, set } = await managed();
    await updateInstrument(app(), admin, { id: instrumentId, trainedMayUpload: true });
    const during = whileStoring(() => set({ role: 'trained_user' }));
    await completeUpload(during, manager, { uploadId: await put(manager), instrumentId }, maxBytes);
    expect(await sourcesOf(instrumentId)).toMatchObject([{ auto_approve: false }]);
  });

  it('is no new version by whom may only upload now', async () => {
    const { instrumentId, manager, set } = await managed();
    await updateInstrument(app(), admin, { id: instrumentId, trainedMayUpload: true });
    const sourceId = await test.document(admin, instrumentId, 'note.md', 'An older text of the same.');
    const during = whileStoring(() => set({ role: 'trained_user' }));
    const uploadId = await put(manager);
    const completing = completeUpload(during, manager, { uploadId, instrumentId, sourceId }, maxBytes);
    await expect(completing).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is no upload of somebody whose account was disabled, nor of an admin who is none any more', async () => {
    for (const change of [{ status: 'disabled' as const }, { is_admin: false }]) {
      const other = await test.account({ isAdmin: true });
      const instrumentId = await test.instrument();
      const during = whileStoring(() =>
        app().db.query.updateTable('account').set(change).where('id', '=', other.userId).execute(),
      );
      const uploadId = await put(other);
      const code = 'status' in change ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      await expect(completeUpload(during, other, { uploadId, instrumentId }, maxBytes)).rejects.toMatchObject(
        {
          code,
        },
      );
      expect(await sourcesOf(instrumentId)).toEqual([]);
    }
  });

  it('is nothing on an instrument that was deleted while the bytes were on their way', async () => {
    for (const what of ['upload', 'note'] as const) {
      const instrumentId = await test.instrument();
      const uploadId = await put(admin);
      const during = whileStoring(() => deleteInstrument(app(), admin, instrumentId));
      const bringing =
        what === 'upload'
          ? completeUpload(during, admin, { uploadId, instrumentId }, maxBytes)
          : createSource(during, admin, { instrumentId, type: 'note', title: 'Note', text });
      await expect(bringing).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await sourcesOf(instrumentId)).toEqual([]);
      expect(await unclaimed()).toEqual([]);
    }
  });

  it('is no file attached to a question, nor one for the library', async () => {
    const ask = (rayniApp: App, viewer: Viewer, instrumentId: string, uploadId: string, ingest: boolean) =>
      attach(
        { ...test.rayni, app: rayniApp },
        viewer,
        { instrumentId, uploadIds: [uploadId], question: 'Which temperature?', ingest },
        new AbortController().signal,
      );
    const { instrumentId, manager, revoke } = await managed();
    const toLibrary = ask(whileStoring(revoke), manager, instrumentId, await put(manager), true);
    await expect(toLibrary).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const close = () => updateInstrument(app(), admin, { id: instrumentId, visibility: 'restricted' });
    const member = await test.account();
    const attached = ask(whileStoring(close), member, instrumentId, await put(member), false);
    await expect(attached).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await sourcesOf(instrumentId)).toEqual([]);
    const gone = await test.instrument();
    const remove = () => deleteInstrument(app(), admin, gone);
    const lost = ask(whileStoring(remove), member, gone, await put(member), false);
    await expect(lost).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await sourcesOf(gone)).toEqual([]);
  });

  it('is nothing a manager does who was revoked before it is written', async () => {
    const { instrumentId, manager, revoke } = await managed();
    const again = () =>
      grantAccess(app(), admin, { instrumentId, email: manager.email, role: 'instrument_manager' });
    const sourceId = await test.document(admin, instrumentId, 'note.md', text);
    const note = await createSource(app(), admin, { instrumentId, type: 'note', title: 'Note', text });
    await test.work();
    const folder = await createFolder(app(), admin, { instrumentId, name: 'Manuals', parentId: null });
    const member = await test.account();
    const { id: requestId } = await requestAccess(app(), member, { instrumentId, reason: '' });
    const other = await test.account();
    const acts: Record<string, (during: App) => Promise<unknown>> = {
      'a note': (during) => createSource(during, manager, { instrumentId, type: 'note', title: 'Two', text }),
      'a web page': (during) =>
        createSource(during, manager, { instrumentId, type: 'url', url: 'https://lab.example/' }),
      'another text': (during) => updateSource(during, manager, { id: note.id, text: 'Another text.' }),
      'a title': (during) => updateSource(during, manager, { id: sourceId, title: 'Another' }),
      'an archived source': (during) => archiveSource(during, manager, sourceId),
      'a deleted source': (during) => deleteSource(during, manager, sourceId),
      'a folder': (during) => createFolder(during, manager, { instrumentId, name: 'Two', parentId: null }),
      'a renamed folder': (during) => updateFolder(during, manager, { id: folder.id, name: 'Two' }),
      'a removed folder': (during) => deleteFolder(during, manager, folder.id),
      'a grant': (during) =>
        grantAccess(during, manager, { instrumentId, email: other.email, role: 'trained_user' }),
      'its own grant': async (during) => {
        const own = (await listGrants(app(), admin, instrumentId)).find(
          ({ userId }) => userId === manager.userId,
        );
        return changeGrant(during, manager, { instrumentId, grantId: own!.id, status: 'active' });
      },
      'a decision': (during) => decideAccess(during, manager, { instrumentId, requestId }, 'approved'),
      'a change of the instrument': (during) =>
        updateInstrument(during, manager, { id: instrumentId, description: 'Another' }),
    };
    for (const [what, act] of Object.entries(acts)) {
      let before: Record<string, string> | undefined;
      const during = beforeWriting(async () => {
        await revoke();
        before = await footprint(app());
      });
      await expect(act(during), what).rejects.toMatchObject({ code: 'FORBIDDEN' });
      // The key of a note's bytes is struck out again.
      expect({ ...(await footprint(app())), unclaimed_blob: '' }, what).toEqual({
        ...before,
        unclaimed_blob: '',
      });
      await again();
    }
  });

  // The embedded engine does one after the other.
  it.runIf(engine === 'postgres')('is no upload into a folder that is being removed', async () => {
    const instrumentId = await test.instrument();
    const folder = await createFolder(app(), admin, { instrumentId, name: 'Manuals', parentId: null });
    const input = { uploadId: await put(admin), instrumentId, folderId: folder.id };
    const removed = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const removing = app().db.transaction(async (trx) => {
      await lockFolders(trx, instrumentId);
      await dissolveFolder(trx, folder.id, null);
      removed.resolve();
      await commit.promise;
    });
    await removed.promise;
    let over = false;
    const completing = completeUpload(app(), admin, input, maxBytes)
      .catch((error: unknown) => error)
      .finally(() => (over = true));
    // The server has databases of other tests, too.
    const waiting = sql<{
      n: number;
    }>`select count(*)::int as n from pg_locks join pg_stat_activity using (pid)
      where not granted and datname = current_database()`;
    while (!over && (await waiting.execute(app().db.query)).rows[0]?.n === 0) await sleep(10);
    commit.resolve();
    await removing;
    expect(await completing).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await sourcesOf(instrumentId)).toEqual([]);
  });

  it('is no wish for an instrument that is gone', async () => {
    const instrumentId = await test.instrument();
    const member = await test.account();
    const during = beforeWriting(() => deleteInstrument(app(), admin, instrumentId));
    await expect(requestAccess(during, member, { instrumentId, reason: '' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('does not hang when managers approve, archive and upload at the same moment', async () => {
    const { instrumentId, manager } = await managed();
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4])
      ids.push(await test.document(admin, instrumentId, `note-${n}.md`, `${text} ${n}`));
    const uploads = [await put(manager), await put(manager)];
    await Promise.all([
      ...ids.map((id) => archiveSource(app(), manager, id)),
      ...uploads.map((uploadId) => completeUpload(app(), manager, { uploadId, instrumentId }, maxBytes)),
    ]);
    const found = await sourcesOf(instrumentId);
    expect(found.map(({ status }) => status).sort()).toEqual([
      'archived',
      'archived',
      'archived',
      'archived',
      'uploaded',
      'uploaded',
    ]);
  });
});
