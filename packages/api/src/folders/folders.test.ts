import { testEngines } from '@rayni/database/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { createSource } from '../sources/create.ts';
import { moveSources } from '../sources/move.ts';
import { testApp, type TestApp } from '../testing/index.ts';
import { createFolder, deleteFolder, liesIn, mostDepth, updateFolder } from './folders.ts';
import { listFolders } from './store.ts';

describe.each(testEngines())('folders on %s', (engine) => {
  let test: TestApp;
  let admin: Viewer;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const ports = () => test.rayni.app;
  const create = async (instrumentId: string, name: string, parentId: string | null = null) =>
    (await createFolder(ports(), admin, { instrumentId, name, parentId })).id;
  const move = (id: string, parentId: string | null) => updateFolder(ports(), admin, { id, parentId });
  const parents = async (instrumentId: string) =>
    new Map(
      (await listFolders(ports().db.query, admin, instrumentId)).map(({ id, parentId }) => [id, parentId]),
    );

  it('are renamed and moved, also to the top; what is left out stays', async () => {
    const instrumentId = await test.instrument();
    const [a, b] = [await create(instrumentId, 'A'), await create(instrumentId, 'B')];
    expect(await move(b, a)).toMatchObject({ name: 'B', parentId: a });
    expect(await updateFolder(ports(), admin, { id: b, name: 'C' })).toMatchObject({
      name: 'C',
      parentId: a,
    });
    expect(await move(b, null)).toMatchObject({ name: 'C', parentId: null });
    expect(await updateFolder(ports(), admin, { id: b })).toMatchObject({ name: 'C', parentId: null });
  });

  it('never lie in themselves, nor in a folder of another instrument or in none that exists', async () => {
    const [here, there] = [await test.instrument(), await test.instrument()];
    const a = await create(here, 'A');
    const b = await create(here, 'B', a);
    const c = await create(here, 'C', b);
    const far = await create(there, 'Far');
    const refused = { code: 'BAD_REQUEST', fields: { parentId: [expect.any(String)] } };
    for (const parent of [a, b, c, far, here]) await expect(move(a, parent)).rejects.toMatchObject(refused);
    await expect(create(here, 'D', far)).rejects.toMatchObject(refused);
    expect(await parents(here)).toEqual(
      new Map([
        [a, null],
        [b, a],
        [c, b],
      ]),
    );
  });

  it('lie in one another at most so deep, also by a move of many at once', async () => {
    const instrumentId = await test.instrument();
    const chain = async (length: number) => {
      const ids: string[] = [];
      for (let i = 0; i < length; i++) ids.push(await create(instrumentId, `${i}`, ids.at(-1) ?? null));
      return ids;
    };
    const deep = await chain(mostDepth);
    const refused = { code: 'BAD_REQUEST', fields: { parentId: [expect.any(String)] } };
    await expect(create(instrumentId, 'deeper', deep.at(-1))).rejects.toMatchObject(refused);
    const short = await chain(3);
    await expect(move(short[0]!, deep[mostDepth - 3]!)).rejects.toMatchObject(refused);
    expect(await move(short[0]!, deep[mostDepth - 4]!)).toMatchObject({ parentId: deep[mostDepth - 4] });
  });

  it('moved into each other at the same time: one does, the other is refused', async () => {
    const instrumentId = await test.instrument();
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await create(instrumentId, 'A'), await create(instrumentId, 'B')];
      const done = await Promise.allSettled([move(a, b), move(b, a)]);
      expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const now = await parents(instrumentId);
      expect([now.get(a), now.get(b)].filter((parent) => parent === null)).toHaveLength(1);
    }
  });

  it('take sources in, many at once, all or none', async () => {
    const [instrumentId, elsewhere] = [await test.instrument(), await test.instrument()];
    const folder = await create(instrumentId, 'A');
    const far = await create(elsewhere, 'Far');
    const notes = (of: string, count: number) =>
      Promise.all(
        Array.from({ length: count }, () =>
          createSource(ports(), admin, { type: 'note', instrumentId: of, title: 'Note', text: 'Kept.' }),
        ),
      );
    const ids = (await notes(instrumentId, 3)).map(({ id }) => id);
    const [other] = await notes(elsewhere, 1);
    const folders = async () => {
      const rows = await ports()
        .db.query.selectFrom('source')
        .select('folder_id')
        .where('instrument_id', '=', instrumentId)
        .execute();
      return rows.map(({ folder_id }) => folder_id);
    };
    const all = (sources: string[], folderId: string | null) =>
      moveSources(ports(), admin, { instrumentId, ids: sources, folderId });
    await all([...ids, ids[0]!], folder);
    expect(await folders()).toEqual([folder, folder, folder]);
    await expect(all([ids[0]!, other!.id], null)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(all(ids, far)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await folders()).toEqual([folder, folder, folder]);
    // Whatever comes first, nothing lies in a folder that is gone.
    await Promise.allSettled([
      all(ids, folder),
      deleteFolder(ports(), admin, folder),
      all([...ids].reverse(), null),
    ]);
    expect(await folders()).toEqual([null, null, null]);
  });

  it('keep what lies in them when they are deleted: it moves to where they lay', async () => {
    const instrumentId = await test.instrument();
    const a = await create(instrumentId, 'A');
    const b = await create(instrumentId, 'B', a);
    const c = await create(instrumentId, 'C', b);
    const source = await test.document(admin, instrumentId, 'note.md', 'Kept.');
    const { query } = ports().db;
    await query.updateTable('source').set({ folder_id: b }).where('id', '=', source).execute();
    const folderOf = async () =>
      (
        await query
          .selectFrom('source')
          .select('folder_id')
          .where('id', '=', source)
          .executeTakeFirstOrThrow()
      ).folder_id;

    await deleteFolder(ports(), admin, b);
    expect(await parents(instrumentId)).toEqual(
      new Map([
        [a, null],
        [c, a],
      ]),
    );
    expect(await folderOf()).toBe(a);
    await deleteFolder(ports(), admin, a);
    expect(await parents(instrumentId)).toEqual(new Map([[c, null]]));
    expect(await folderOf()).toBe(null);
    await expect(deleteFolder(ports(), admin, a)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('moved, made and deleted at the same time stay a forest', async () => {
    const instrumentId = await test.instrument();
    const ids = await Promise.all(['A', 'B', 'C', 'D'].map((name) => create(instrumentId, name)));
    const acts = fc.array(
      fc.tuple(
        fc.constantFrom('move', 'move', 'move', 'create', 'delete'),
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
      ),
      { minLength: 4, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        const done = await Promise.allSettled(
          all.map(([act, from, to]) =>
            act === 'move'
              ? move(ids[from]!, ids[to]!)
              : act === 'create'
                ? create(instrumentId, 'E', ids[to])
                : from === 3
                  ? deleteFolder(ports(), admin, ids[3]!)
                  : Promise.resolve(),
          ),
        );
        for (const each of done)
          if (each.status === 'rejected')
            expect(['BAD_REQUEST', 'NOT_FOUND']).toContain((each.reason as { code?: string }).code);
        const now = await parents(instrumentId);
        for (const [id, parent] of now) {
          expect(parent === null || now.has(parent)).toBe(true);
          // Without a way back to itself every chain of parents ends at the top.
          expect(parent !== null && liesIn(now, parent, id)).toBe(false);
        }
      }),
      { numRuns: 15 },
    );
  });
});

it('a chain of folders is followed to its top', () => {
  const chain = new Map([
    ['a', null],
    ['b', 'a'],
    ['c', 'b'],
  ]);
  expect(liesIn(chain, 'c', 'a')).toBe(true);
  expect(liesIn(chain, 'a', 'a')).toBe(true);
  expect(liesIn(chain, 'a', 'c')).toBe(false);
});
