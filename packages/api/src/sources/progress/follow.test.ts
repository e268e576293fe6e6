import type { SourceEvent, SourceEventsInput } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import type { KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeGrant, grantAccess } from '../../access/grants.ts';
import type { Viewer } from '../../access/policy.ts';
import { logout, openSession, viewerOfSession } from '../../auth/sessions.ts';
import { guest, testApp, type TestApp } from '../../testing/index.ts';
import { updateInstrument } from '../../instruments/change.ts';
import { deleteSource, updateSource } from '../change.ts';
import { createSource } from '../create.ts';
import { followSources } from './follow.ts';
import { createFollowers } from './watch.ts';

type Member = Extract<Viewer, { kind: 'member' }>;
const patient = { timeout: 20_000, interval: 10 };
const text = '# Calibration\n\nSet the temperature to 37 °C and wait for 20 minutes.\n';

describe.each(testEngines())('whoever follows sources on %s', (engine) => {
  let test: TestApp;
  let admin: Member;
  const open: AbortController[] = [];
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterAll(async () => {
    for (const one of open) one.abort();
    await test[Symbol.asyncDispose]();
  });

  const app = () => test.rayni.app;
  const note = async (instrumentId: string) =>
    (await createSource(app(), admin, { type: 'note', instrumentId, title: 'Note', text })).id;

  /** Follows in the background; back once the present state was told. */
  async function following(viewer: Viewer, input: SourceEventsInput) {
    const events: SourceEvent[] = [];
    const stop = new AbortController();
    open.push(stop);
    const over = (async () => {
      for await (const event of followSources(test.rayni, viewer, input, stop.signal)) events.push(event);
    })();
    const ended = over.then(
      () => 'ended',
      (error: { code?: string }) => error.code,
    );
    await Promise.race([expect.poll(() => events.length, patient).toBeGreaterThan(0), ended]);
    const statusOf = (id: string) => {
      const last = events.findLast((event) =>
        event.type === 'present'
          ? event.sources.some(({ sourceId }) => sourceId === id)
          : (event.type === 'changed' ? event.source.sourceId : event.sourceId) === id,
      );
      if (last?.type === 'present') return last.sources.find(({ sourceId }) => sourceId === id)?.status;
      return last?.type === 'changed' ? last.source.status : last?.type;
    };
    return { events, ended, stop: () => stop.abort(), statusOf };
  }

  it('is told the present state and then each change, until they leave', async () => {
    const instrumentId = await test.instrument();
    const id = await note(instrumentId);
    const one = await following(admin, { ids: [id] });
    expect(one.events).toEqual([
      {
        type: 'present',
        sources: [{ sourceId: id, status: 'uploaded', statusDetail: null, done: 0, total: 0 }],
      },
    ]);
    await test.work();
    await expect
      .poll(() => one.events.at(-1), patient)
      .toEqual({
        type: 'changed',
        source: { sourceId: id, status: 'approved', statusDetail: null, done: 1, total: 1 },
      });
    one.stop();
    expect(await one.ended).toBe('ended');
    expect(test.rayni.live.followers.open()).toBe(0);
    // Whoever comes again is told what there is now.
    const again = await following(admin, { ids: [id], lastEventId: '2' });
    expect(again.statusOf(id)).toBe('approved');
    again.stop();
  });

  it('of an instrument is told of each source that comes, and of none elsewhere', async () => {
    const [here, there] = [await test.instrument(), await test.instrument()];
    const one = await following(admin, { instrumentId: here });
    expect(one.events).toEqual([{ type: 'present', sources: [] }]);
    const far = await note(there);
    const near = await note(here);
    await test.work();
    await expect.poll(() => one.statusOf(near), patient).toBe('approved');
    await deleteSource(app(), admin, near);
    await expect.poll(() => one.statusOf(near), patient).toBe('gone');
    expect(one.statusOf(far)).toBe(undefined);
    one.stop();
  });

  it('sees only what they may see, by their rights of that moment', async () => {
    const instrumentId = await test.instrument();
    const id = await note(instrumentId);
    const uploader = await test.account();
    const { query } = app().db;
    await query
      .updateTable('source')
      .set({ auto_approve: false, created_by: uploader.userId })
      .where('id', '=', id)
      .execute();
    const manager = await test.account();
    const grant = await grantAccess(app(), admin, {
      instrumentId,
      email: manager.email,
      role: 'instrument_manager',
    });
    const people = [guest, await test.account(), uploader, manager];
    const [byGuest, byMember, byUploader, byManager] = await Promise.all(
      people.map((viewer) => following(viewer, { ids: [id] })),
    );
    const asManager = await following(manager, { instrumentId });
    await test.work();
    for (const one of [byUploader, byManager, asManager])
      await expect.poll(() => one?.statusOf(id), patient).toBe('embedded');
    // Demoted in the middle: what waits is not theirs to see any more.
    await changeGrant(app(), admin, { instrumentId, grantId: grant.id, role: 'trained_user' });
    await updateSource(app(), admin, { id, status: 'rejected', detail: 'Not ours.' });
    await expect
      .poll(() => byUploader?.events.at(-1), patient)
      .toMatchObject({
        source: { status: 'rejected', statusDetail: 'Not ours.' },
      });
    for (const one of [byManager, asManager])
      await expect.poll(() => one?.statusOf(id), patient).toBe('gone');
    for (const one of [byGuest, byMember]) expect(one?.events).toEqual([{ type: 'present', sources: [] }]);
    await updateSource(app(), admin, { id, status: 'processing' });
    await updateSource(app(), admin, { id, status: 'approved' });
    for (const one of [byGuest, byMember, byUploader, byManager, asManager]) {
      await expect.poll(() => one?.statusOf(id), patient).toBe('approved');
      one?.stop();
    }
    expect(JSON.stringify([byGuest?.events, byMember?.events])).not.toMatch(/Not ours|rejected|embedded/);
  });

  it('stops when the right to the instrument is gone; of single sources those are gone', async () => {
    const [closed, other] = [await test.instrument(), await test.instrument()];
    const [id, kept] = [await note(closed), await note(other)];
    await test.work();
    const ofInstrument = await following(guest, { instrumentId: closed });
    const ofSources = await following(guest, { ids: [id, kept] });
    expect([ofSources.statusOf(id), ofSources.statusOf(kept)]).toEqual(['approved', 'approved']);
    await updateInstrument(app(), admin, { id: closed, visibility: 'restricted' });
    expect(await ofInstrument.ended).toBe('FORBIDDEN');
    await expect.poll(() => ofSources.statusOf(id), patient).toBe('gone');
    expect(ofSources.statusOf(kept)).toBe('approved');
    ofSources.stop();
    expect(await (await following(guest, { instrumentId: closed })).ended).toBe('NOT_FOUND');
  });

  it('stops when they are signed out', async () => {
    const instrumentId = await test.instrument();
    const id = await note(instrumentId);
    const { secret } = await openSession(app(), admin.userId);
    const viewer = await viewerOfSession(app(), secret);
    const one = await following(viewer!, { instrumentId });
    const other = await following(viewer!, { ids: [id] });
    await logout(app(), secret);
    expect(await one.ended).toBe('UNAUTHENTICATED');
    expect(await other.ended).toBe('UNAUTHENTICATED');
    await test.work();
  });

  it('costs the same two questions however many they are', async () => {
    const instrumentId = await test.instrument();
    const id = await note(instrumentId);
    let asked = 0;
    const counting: KyselyPlugin = {
      transformQuery({ node }) {
        asked += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const { db, log } = app();
    const followers = createFollowers({ db: { ...db, query: db.query.withPlugin(counting) }, log });
    await followers.listen();
    const many = Array.from({ length: 50 }, () => followers.join(admin, { instrumentId }));
    await db.query
      .updateTable('source')
      .set({ progress_done: 1, progress_total: 3 })
      .where('id', '=', id)
      .execute();
    for (const one of many) {
      const news = await one.next(new AbortController().signal);
      expect(news).toEqual(new Map([[id, expect.objectContaining({ done: 1, total: 3 })]]));
    }
    expect(asked).toBe(2);
    await followers.stop();
  });
});
