import { Readable } from 'node:stream';
import { testEngines } from '@rayni/database/testing';
import type { KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../app.ts';
import { newId } from '../ids.ts';
import { testApp, type TestApp } from '../testing/index.ts';
import { forgetSource } from './forget.ts';

const versions = 2;
const fragments = 3;

describe.each(testEngines())('a deleted source on %s', (engine) => {
  let test: TestApp;
  let instrumentId: string;
  beforeAll(async () => {
    test = await testApp({ engine });
    instrumentId = await test.instrument();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  /** A source with two versions, each with its bytes and a reading; its first text is one that `shared` names too. */
  async function stored(shared: string) {
    const { db, blobs, clock } = test.rayni.app;
    const { query } = db;
    const now = clock.now();
    const id = newId();
    const own = newId();
    await query
      .insertInto('source')
      .values({
        id,
        instrument_id: instrumentId,
        folder_id: null,
        conversation_id: null,
        type: 'note',
        title: 'Note',
        category: null,
        description: '',
        version: '',
        model_tags: [],
        storage_uri: '',
        status: 'approved',
        status_detail: null,
        auto_approve: true,
        current_version_id: null,
        created_by: null,
        created_at: now,
        updated_at: now,
      })
      .execute();
    const keys: string[] = [];
    for (let ordinal = 1; ordinal <= versions; ordinal++) {
      const version = newId();
      const reading = newId();
      keys.push(`versions/${version}`);
      await blobs.put(keys.at(-1)!, Readable.from([Buffer.from('bytes')]));
      await query
        .insertInto('source_version')
        .values({
          id: version,
          source_id: id,
          ordinal,
          blob_key: keys.at(-1)!,
          filename: 'note.md',
          media_type: 'text/markdown',
          size: 5,
          sha256: 'ab',
          current_reading_id: null,
          created_by: null,
          created_at: now,
        })
        .execute();
      keys.push(`versions/${newId()}`);
      await blobs.put(keys.at(-1)!, Readable.from([Buffer.from('WEBVTT')]));
      await query
        .insertInto('companion')
        .values({
          id: newId(),
          version_id: version,
          kind: 'captions',
          blob_key: keys.at(-1)!,
          filename: 'note.vtt',
          media_type: 'text/vtt',
          size: 6,
          sha256: 'cd',
          created_by: null,
          created_at: now,
        })
        .execute();
      await query
        .insertInto('reading')
        .values({
          id: reading,
          version_id: version,
          reader: 'note',
          reader_version: 1,
          segment: new Uint8Array([1]),
          created_at: now,
        })
        .execute();
      await query
        .insertInto('unit')
        .values({ reading_id: reading, ordinal: 1, text: 'abc', places: new Uint8Array([1]) })
        .execute();
      for (let i = 1; i <= fragments; i++) {
        await query
          .insertInto('fragment')
          .values({
            id: newId(),
            reading_id: reading,
            ordinal: i,
            heading: '',
            kind: 'prose',
            text: 'a',
            ranges: '[]',
            segments: '[]',
            embed_hash: i === 1 ? shared : `${own}-${i}`,
          })
          .execute();
      }
    }
    const hashes = [shared, ...Array.from({ length: fragments - 1 }, (_, i) => `${own}-${i + 2}`)];
    await query
      .insertInto('embedding')
      .values(hashes.map((embed_hash) => ({ model: 'm', embed_hash, vector: new Uint8Array(4) })))
      .onConflict((oc) => oc.doNothing())
      .execute();
    return { id, keys, hashes };
  }

  const remove = (id: string) =>
    test.rayni.app.db.query
      .updateTable('source')
      .set({ deleted_at: test.rayni.app.clock.now() })
      .where('id', '=', id)
      .execute();

  /** What there is of a source. */
  async function left({ id, keys, hashes }: Awaited<ReturnType<typeof stored>>) {
    const { db, blobs } = test.rayni.app;
    const readings = db.query
      .selectFrom('reading')
      .innerJoin('source_version', 'source_version.id', 'reading.version_id')
      .where('source_version.source_id', '=', id);
    const rows = await readings.select(['reading.id', 'reading.segment']).execute();
    const texts = async (table: 'fragment' | 'unit') =>
      (
        await db.query
          .selectFrom(table)
          .select('reading_id')
          .where('reading_id', 'in', readings.select('reading.id'))
          .execute()
      ).length;
    const vectors = await db.query
      .selectFrom('embedding')
      .select('embed_hash')
      .where('embed_hash', 'in', hashes)
      .execute();
    const companions = await db.query
      .selectFrom('companion')
      .innerJoin('source_version', 'source_version.id', 'companion.version_id')
      .select('companion.id')
      .where('source_version.source_id', '=', id)
      .execute();
    const bytes = await Promise.all(keys.map((key) => blobs.stat(key)));
    return {
      readings: rows.length,
      segments: rows.filter((row) => row.segment !== null).length,
      fragments: await texts('fragment'),
      units: await texts('unit'),
      vectors: vectors.map((row) => row.embed_hash),
      companions: companions.length,
      bytes: bytes.filter((each) => each !== undefined).length,
    };
  }
  const nothing = (vectors: string[]) => ({
    readings: versions,
    segments: 0,
    fragments: 0,
    units: 0,
    vectors,
    companions: 0,
    bytes: 0,
  });

  it('leaves its empty readings, and vectors only where a living source has the same text', async () => {
    const shared = newId();
    const [one, other] = [await stored(shared), await stored(shared)];
    const whole = await left(other);
    expect(whole).toMatchObject({ readings: versions, segments: versions, bytes: 2 * versions });
    await remove(one.id);
    await forgetSource(test.rayni.app, one.id);
    expect(await left(one)).toEqual(nothing([shared]));
    expect(await left(other)).toEqual(whole);
    await remove(other.id);
    await forgetSource(test.rayni.app, other.id);
    expect(await left(other)).toEqual(nothing([]));
  });

  it('is not touched before it is deleted', async () => {
    const one = await stored(newId());
    const whole = await left(one);
    await forgetSource(test.rayni.app, one.id);
    await forgetSource(test.rayni.app, newId());
    expect(await left(one)).toEqual(whole);
  });

  it('leaves nothing, at whatever step its removal dies first', async () => {
    for (let step = 1; ; step++) {
      const one = await stored(newId());
      await remove(one.id);
      const died = await forgetSource(dyingAt(test.rayni.app, step), one.id).then(
        () => false,
        (error: Error) => error.message === 'died',
      );
      await forgetSource(test.rayni.app, one.id);
      expect(await left(one)).toEqual(nothing([]));
      if (!died) {
        // Every statement and every removal of bytes was one step.
        expect(step).toBeGreaterThan(versions * 8);
        return;
      }
    }
  });

  /** The product, dying before its n-th statement or removal of bytes. */
  function dyingAt(app: App, n: number): App {
    let steps = 0;
    const step = () => {
      if (++steps >= n) throw new Error('died');
    };
    const dying: KyselyPlugin = {
      transformQuery({ node }) {
        step();
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    return {
      ...app,
      db: { ...app.db, query: app.db.query.withPlugin(dying) },
      blobs: {
        ...app.blobs,
        async remove(key) {
          step();
          await app.blobs.remove(key);
        },
      },
    };
  }
});
