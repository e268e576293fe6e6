import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { loginByEmail, viewerOfSession } from '../auth/sessions.ts';
import { newId } from '../ids.ts';
import { testApp, type TestApp } from '../testing/test-app.ts';
import { abandonedHours, attachmentDays, sweep } from './sweep.ts';
import { claimKey, discard, releaseKey, reserveKey } from './unclaimed.ts';
import { incomingKey } from './check.ts';
import { completeUpload, initiateUpload } from './uploads.ts';

const hour = 3_600_000;
const note = 'Set the temperature to 37 degrees.';

describe('a sweep', () => {
  let setup: TestApp;
  let admin: Extract<Viewer, { kind: 'member' }>;
  beforeAll(async () => {
    setup = await testApp();
    admin = await setup.account({ isAdmin: true });
  });
  afterAll(() => setup[Symbol.asyncDispose]());

  async function begun() {
    const input = { filename: 'note.md', contentType: 'text/markdown' };
    const { uploadId } = await initiateUpload(setup.rayni.app, admin, input, 1_000_000);
    setup.put(uploadId, note);
    return uploadId;
  }
  async function kept() {
    const key = await reserveKey(setup.rayni.app);
    await setup.rayni.app.blobs.put(key, Readable.from([Buffer.from(note)]));
    return key;
  }
  const there = (key: string) => setup.rayni.app.blobs.stat(key).then((found) => found !== undefined);
  const rows = (table: 'upload' | 'unclaimed_blob') =>
    setup.rayni.app.db.query
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
      .then(({ n }) => n);

  test('leaves an upload alone until a day after its address expired, completed or not', async () => {
    const { app } = setup.rayni;
    const abandoned = await begun();
    const completed = await begun();
    const instrumentId = await setup.instrument();
    const made = await completeUpload(app, admin, { uploadId: completed, instrumentId }, 1_000_000);
    // Its address still works, and somebody used it.
    setup.put(completed, 'once more');
    setup.advance(abandonedHours * hour);
    await sweep(app);
    expect(await there(incomingKey(abandoned))).toBe(true);
    expect(await completeUpload(app, admin, { uploadId: completed, instrumentId }, 1_000_000)).toEqual(made);
    setup.advance(1.1 * hour);
    await sweep(app);
    await sweep(app);
    expect([await there(incomingKey(abandoned)), await there(incomingKey(completed))]).toEqual([
      false,
      false,
    ]);
    expect(await rows('upload')).toBe(0);
    await setup.work();
    const { blob_key } = await app.db.query
      .selectFrom('source_version')
      .select('blob_key')
      .where('id', '=', made.versionId)
      .executeTakeFirstOrThrow();
    expect(await there(blob_key)).toBe(true);
  });

  test('removes bytes that nobody claimed for a day, and never claimed ones', async () => {
    const { app } = setup.rayni;
    const [forgotten, claimed, released] = [await kept(), await kept(), await kept()];
    await app.db.transaction((trx) => claimKey(trx, claimed));
    await app.db.transaction((trx) => claimKey(trx, released));
    await sweep(app);
    expect(await there(forgotten)).toBe(true);
    await app.db.transaction((trx) => releaseKey(app, trx, released));
    await discard(app, claimed);
    setup.advance((abandonedHours + 1) * hour);
    await Promise.all([sweep(app), sweep(app), sweep(app)]);
    expect([await there(forgotten), await there(claimed), await there(released)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await rows('unclaimed_blob')).toBe(0);
    const late = app.db.transaction((trx) => claimKey(trx, forgotten));
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('and a claim at the same moment: one of them has the bytes, never neither and both', async () => {
    const { app } = setup.rayni;
    for (let round = 0; round < 20; round++) {
      const key = await kept();
      const [claim] = await Promise.allSettled([
        app.db.transaction((trx) => claimKey(trx, key)),
        discard(app, key),
      ]);
      expect(await there(key)).toBe(claim.status === 'fulfilled');
    }
  });

  test('works through more than it takes at a time', async () => {
    const { app } = setup.rayni;
    for (let n = 0; n < 250; n++) await reserveKey(app);
    setup.advance((abandonedHours + 1) * hour);
    await sweep(app);
    expect(await rows('unclaimed_blob')).toBe(0);
  });

  test('removes the rest where something cannot be removed, and says so', async () => {
    const { app } = setup.rayni;
    const [stuck, other] = [await kept(), await kept()];
    const upload = await begun();
    setup.advance((abandonedHours + 2) * hour);
    const remove: typeof app.blobs.remove = async (key) => {
      if (key === stuck) throw new Error('the store refuses');
      await app.blobs.remove(key);
    };
    await expect(sweep({ ...app, blobs: { ...app.blobs, remove } })).rejects.toThrow(/could be swept/);
    expect([await there(stuck), await there(other), await there(incomingKey(upload))]).toEqual([
      true,
      false,
      false,
    ]);
    await sweep(app);
    expect(await there(stuck)).toBe(false);
  });

  test('gets past more of what cannot be removed than it takes at a time, and asks for each once', async () => {
    const { app } = setup.rayni;
    const stuck = new Set<string>();
    for (let n = 0; n < 120; n++) stuck.add(await reserveKey(app));
    setup.advance(1000);
    const others = [await kept(), await kept()];
    setup.advance((abandonedHours + 1) * hour);
    const asked: string[] = [];
    const remove: typeof app.blobs.remove = async (key) => {
      asked.push(key);
      if (stuck.has(key)) throw new Error('the store refuses');
      await app.blobs.remove(key);
    };
    await expect(sweep({ ...app, blobs: { ...app.blobs, remove } })).rejects.toThrow(/could be swept/);
    expect(await Promise.all(others.map(there))).toEqual([false, false]);
    expect(asked.sort()).toEqual([...stuck, ...others].sort());
    await sweep(app);
    expect(await rows('unclaimed_blob')).toBe(0);
  });

  test('has the store forget what was begun a day ago and never ended; the rest goes on where it cannot', async () => {
    const { app } = setup.rayni;
    const key = await kept();
    setup.advance((abandonedHours + 1) * hour);
    const before: Date[] = [];
    const sweepUnfinished: typeof app.blobs.sweepUnfinished = async (date) => {
      before.push(date);
      throw new Error('the store refuses');
    };
    await expect(sweep({ ...app, blobs: { ...app.blobs, sweepUnfinished } })).rejects.toThrow(
      /could be swept/,
    );
    expect(before).toEqual([new Date(app.clock.now().getTime() - abandonedHours * hour)]);
    expect(await there(key)).toBe(false);
  });

  test('takes attachments out after their days, once, and leaves the library alone', async () => {
    const { app } = setup.rayni;
    const instrumentId = await setup.instrument();
    const library = await setup.document(admin, instrumentId, 'a.md', note);
    const attached = await setup.document(admin, instrumentId, 'b.md', `${note} Wait.`);
    const at = app.clock.now();
    const conversation = newId();
    await app.db.query
      .insertInto('conversation')
      .values({
        id: conversation,
        viewer_key: admin.key,
        instrument_id: instrumentId,
        title: '',
        created_at: at,
        updated_at: at,
      })
      .execute();
    await app.db.query
      .updateTable('source')
      .set({ conversation_id: conversation })
      .where('id', '=', attached)
      .execute();
    const deleted = async () => {
      const found = await app.db.query
        .selectFrom('source')
        .select(['id', 'deleted_at'])
        .where('id', 'in', [library, attached])
        .execute();
      return found.filter((row) => row.deleted_at !== null).map(({ id }) => id);
    };
    setup.advance(attachmentDays * 24 * hour - hour);
    await sweep(app);
    expect(await deleted()).toEqual([]);
    setup.advance(2 * hour);
    const forgotten: string[] = [];
    const jobs: typeof app.jobs = {
      ...app.jobs,
      async enqueue(_trx, name, data) {
        if (name === 'forget' && 'sourceId' in data) forgotten.push(data.sourceId);
      },
    };
    await Promise.all([sweep({ ...app, jobs }), sweep({ ...app, jobs })]);
    await sweep({ ...app, jobs });
    expect(await deleted()).toEqual([attached]);
    expect(forgotten).toEqual([attached]);
  });

  test('removes sessions that are over, and those alone', async () => {
    const { app } = setup.rayni;
    const old = await loginByEmail(app, admin.email);
    setup.advance(8 * 24 * hour);
    // A row of its own: signing in clears expired ones too.
    await sweep(app);
    const count = async () => (await app.db.query.selectFrom('auth_session').selectAll().execute()).length;
    expect(await count()).toBe(0);
    expect(await viewerOfSession(app, old.secret)).toBeUndefined();
    const fresh = await loginByEmail(app, admin.email);
    await sweep(app);
    expect(await viewerOfSession(app, fresh.secret)).toMatchObject({ userId: admin.userId });
  });

  test('removes the documents of an instrument that was deleted without them', async () => {
    const { app } = setup.rayni;
    const instrumentId = await setup.instrument();
    const sourceId = await setup.document(admin, instrumentId, 'note.md', note);
    const stored = await app.db.query
      .selectFrom('source_version')
      .select('blob_key')
      .where('source_id', '=', sourceId)
      .executeTakeFirstOrThrow();
    await sweep(app);
    await setup.work();
    expect(await there(stored.blob_key)).toBe(true);
    await app.db.query
      .updateTable('instrument')
      .set({ deleted_at: app.clock.now() })
      .where('id', '=', instrumentId)
      .execute();
    await sweep(app);
    await setup.work();
    expect(await there(stored.blob_key)).toBe(false);
  });
});
