import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type App, type Blobs, jobHandlers, type JobData, type JobName, type Viewer } from '@rayni/api';
import { callAs, guest, testApp, type TestApp } from '@rayni/api/testing';
import type { KyselyPlugin } from 'kysely';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSwift, startSwift, type SwiftServer } from '../testing/swift-server.ts';
import { openFolderStore } from './folder-store.ts';
import { openS3Store } from './s3-store.ts';

const note = 'Set the temperature to 37 degrees and wait for 20 minutes.';
const dayMs = 86_400_000;
type Job = { [N in JobName]: { name: N; data: JobData[N] } }[JobName];

class Died extends Error {}

/**
 * The product in a process that dies at its `nth` step (a call of the store or the queue, a statement, a commit; before each and after it).
 * From then on nothing it does has any effect, its own tidying up neither.
 */
function mortal(app: App, nth: number) {
  let step = 0;
  let dead = false;
  const pass = () => {
    dead ||= step++ === nth;
    if (dead) throw new Died();
  };
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    pass();
    const result = await call();
    pass();
    return result;
  };
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      pass();
      return node;
    },
    async transformResult({ result }) {
      pass();
      return result;
    },
  };
  const { blobs, db, jobs } = app;
  const dying: App = {
    ...app,
    blobs: {
      sign: (method, key, options) => around(() => blobs.sign(method, key, options)),
      put: (key, bytes) => around(() => blobs.put(key, bytes)),
      stat: (key) => around(() => blobs.stat(key)),
      async open(key, range) {
        pass();
        const stream = await blobs.open(key, range);
        try {
          pass();
        } catch (error) {
          stream.destroy();
          throw error;
        }
        return stream;
      },
      copy: (from, to) => around(() => blobs.copy(from, to)),
      remove: (key) => around(() => blobs.remove(key)),
      sweepUnfinished: (before) => around(() => blobs.sweepUnfinished(before)),
    },
    db: {
      ...db,
      query: db.query.withPlugin(plugin),
      transaction: (run) => around(() => db.transaction(run)),
    },
    jobs: { ...jobs, enqueue: (trx, name, data) => around(() => jobs.enqueue(trx, name, data)) },
  };
  return { app: dying, died: () => dead };
}

// Each step is a document of its own.
const patience = { timeout: 120_000 };

describe.each(hasSwift() ? ['folder', 's3'] : ['folder'])(
  'with documents in a %s, a process that dies',
  patience,
  (kind) => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'rayni-crashes-'));
    let swift: SwiftServer | undefined;
    let setup: TestApp;
    let app: App;
    let admin: Viewer;
    let instrumentId: string;
    let queue: Job[] = [];

    beforeAll(async () => {
      setup = await testApp();
      const { app: base } = setup.rayni;
      const now = () => new Date();
      let blobs: Blobs;
      if (kind === 's3') {
        swift = await startSwift();
        blobs = await openS3Store({ ...swift.s3, log: pino({ level: 'silent' }), now });
      } else blobs = openFolderStore({ root, secret: 's', publicUrl: () => 'http://here', now });
      app = {
        ...base,
        blobs,
        db: {
          ...base.db,
          // What is enqueued is stored with its transaction, or not at all.
          async transaction(run) {
            const before = queue.length;
            return base.db.transaction(run).catch((error: unknown) => {
              queue.length = before;
              throw error;
            });
          },
        },
        jobs: { ...base.jobs, enqueue: async (_trx, name, data) => void queue.push({ name, data } as Job) },
      };
      admin = await setup.account({ isAdmin: true });
    });
    afterAll(async () => {
      await setup?.[Symbol.asyncDispose]();
      await swift?.close();
      rmSync(root, { recursive: true, force: true });
    });

    const as = (of: App, viewer = admin) => callAs({ ...setup.rayni, app: of }, viewer);
    const complete = (of: App, uploadId: string) => as(of).uploads.complete({ uploadId, instrumentId });
    /** Keys that were written to since the last look at what is left. */
    const keys = new Set<string>();
    async function put(uploadId: string) {
      const key = `incoming/${uploadId}`;
      keys.add(key);
      await app.blobs.put(key, Readable.from([Buffer.from(note)]));
    }
    async function begun() {
      instrumentId = await setup.instrument();
      const { uploadId } = await as(app).uploads.initiate({ filename: 'note.md' });
      await put(uploadId);
      return uploadId;
    }
    async function work(of = app) {
      const handlers = jobHandlers(of);
      for (const { name, data } of queue.splice(0))
        await handlers[name].run(data as never, new AbortController().signal);
    }
    const sweep = (of = app) => jobHandlers(of).sweep.run({ because: 'hour' }, new AbortController().signal);

    /** What rows and bytes there are that no version holds. */
    async function leftovers() {
      const { query } = app.db;
      const uploads = await query.selectFrom('upload').select('id').execute();
      const unclaimed = await query.selectFrom('unclaimed_blob').select('key').execute();
      const versions = await query.selectFrom('source_version').select('blob_key').execute();
      const held = new Set(versions.map((row) => row.blob_key));
      const bytes = [];
      for (const key of keys) if (!held.has(key) && (await app.blobs.stat(key))) bytes.push(key);
      keys.clear();
      return { uploads: uploads.length, unclaimed: unclaimed.length, bytes };
    }
    const versionsThere = () =>
      app.db.query
        .selectFrom('source_version')
        .innerJoin('source', 'source.id', 'source_version.source_id')
        .select(['source_version.id', 'source_version.blob_key', 'source.status'])
        .where('source.instrument_id', '=', instrumentId)
        .execute();
    /** Runs `act` in a process that dies at its first step, its second, … until one lives to the end. Returns how many died. */
    async function atEveryStep(
      act: (dying: App) => Promise<unknown>,
      then: (died: boolean) => Promise<void>,
      before = async () => {},
    ) {
      for (let nth = 0; ; nth++) {
        await before();
        const copy: Blobs['copy'] = (from, to) => {
          keys.add(to);
          return app.blobs.copy(from, to);
        };
        const process = mortal({ ...app, blobs: { ...app.blobs, copy } }, nth);
        await act(process.app).then(
          () => undefined,
          (error: unknown) => {
            if (!process.died()) throw error;
          },
        );
        await then(process.died());
        if (!process.died()) return nth;
        if (nth > 200) throw new Error('it never ends');
      }
    }

    it('in the middle of beginning an upload leaves nothing that is not swept', async () => {
      const steps = await atEveryStep(
        (dying) => as(dying).uploads.initiate({ filename: 'note.md' }),
        async () => {},
      );
      expect(steps).toBeGreaterThanOrEqual(4);
      setup.advance(2 * dayMs);
      await sweep();
      expect(await leftovers()).toEqual({ uploads: 0, unclaimed: 0, bytes: [] });
    });

    it('in the middle of completing one is followed by a complete that makes the one source', async () => {
      let uploadId = '';
      const steps = await atEveryStep(
        (dying) => complete(dying, uploadId),
        async () => {
          const made = await complete(app, uploadId);
          expect(await complete(app, uploadId)).toEqual(made);
          expect(queue.splice(0)).toEqual([{ name: 'ingest', data: { versionId: made.versionId } }]);
          const versions = await versionsThere();
          expect(versions.map(({ id }) => id)).toEqual([made.versionId]);
          expect(await text(await app.blobs.open(versions[0]!.blob_key))).toBe(note);
        },
        async () => void (uploadId = await begun()),
      );
      expect(steps).toBeGreaterThanOrEqual(15);
      setup.advance(2 * dayMs);
      await sweep();
      expect(await leftovers()).toEqual({ uploads: 0, unclaimed: 0, bytes: [] });
    });

    it('in the middle of completing one that nobody comes back for leaves a whole source or, after the sweep, nothing', async () => {
      let uploadId = '';
      const outcomes = new Set<number>();
      await atEveryStep(
        (dying) => complete(dying, uploadId),
        async () => {
          setup.advance(2 * dayMs);
          await sweep();
          expect(await leftovers()).toEqual({ uploads: 0, unclaimed: 0, bytes: [] });
          const versions = await versionsThere();
          expect(queue.splice(0)).toHaveLength(versions.length);
          for (const { blob_key } of versions) expect(await text(await app.blobs.open(blob_key))).toBe(note);
          outcomes.add(versions.length);
        },
        async () => void (uploadId = await begun()),
      );
      expect(outcomes).toEqual(new Set([0, 1]));
    });

    // Of the store it only opens: nothing that differs.
    if (kind === 'folder')
      it('in the middle of reading a document has it read by the next try', async () => {
        let jobs: Job[] = [];
        const steps = await atEveryStep(
          async (dying) => {
            queue = [...jobs];
            await work(dying);
          },
          async () => {
            queue = [...jobs];
            await work();
            const { items } = await as(app).sources.list({ instrumentId });
            expect(items.map(({ status }) => status)).toEqual(['approved']);
            const fragments = await as(app, guest).sources.fragments({ id: items[0]!.id });
            expect(fragments.map((fragment) => fragment.text)).toEqual([note]);
            const readings = await app.db.query
              .selectFrom('reading')
              .select('id')
              .where('version_id', '=', (await versionsThere())[0]!.id)
              .execute();
            expect(readings).toHaveLength(1);
          },
          async () => {
            const uploadId = await begun();
            await complete(app, uploadId);
            jobs = queue.splice(0);
          },
        );
        expect(steps).toBeGreaterThanOrEqual(15);
      });

    it('in the middle of sweeping has the rest swept by the next one, also by two at once', async () => {
      const steps = await atEveryStep(
        (dying) => sweep(dying),
        async () => {
          await Promise.all([sweep(), sweep()]);
          expect(await leftovers()).toEqual({ uploads: 0, unclaimed: 0, bytes: [] });
        },
        async () => {
          await begun();
          const crashed = await begun();
          // Its copy is there, its row is not.
          await complete(mortal(app, 14).app, crashed).catch(() => undefined);
          setup.advance(2 * dayMs);
        },
      );
      expect(steps).toBeGreaterThanOrEqual(10);
    });
  },
);
