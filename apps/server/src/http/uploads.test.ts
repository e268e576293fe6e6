import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ingest, readDocument } from '@rayni/api';
import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallPdf } from '../testing/small-pdf.ts';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const page = ['Calibration', 'Set the temperature to 37 degrees and wait for 20 minutes.'];
/** What a scanner leaves that numbers its pages. */
const scanned = Array.from({ length: 12 }, (_, i) => [`Page ${i + 1} of 12`]);
const question = 'Which temperature do I set for the calibration?';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const octets = { 'content-type': 'application/octet-stream' };

describe.each(testEngines())('documents on %s', (engine) => {
  let server: TestServer;
  let manager: TestCaller;
  let instrumentId: string;

  beforeAll(async () => {
    server = await startTestServer({ engine, maxUploadBytes: 200_000 });
    instrumentId = await server.instrument();
    const account = await server.account();
    await server.grant(account, instrumentId, 'instrument_manager');
    manager = await server.login(account.email);
  });
  afterAll(async () => {
    const complaints = server.logs.filter(({ level }) => level >= 50);
    await server.close();
    expect(complaints).toEqual([]);
  });

  const initiate = (input: { filename?: string; size?: number } = {}) =>
    manager.trpc.uploads.initiate.mutate({ filename: 'note.md', instrumentId, ...input });
  const put = (url: string, body: Uint8Array | string | ReadableStream<Uint8Array>) =>
    fetch(url, { method: 'PUT', headers: octets, body, duplex: 'half' });
  const complete = (uploadId: string, input: { sourceId?: string; folderId?: string } = {}, as = manager) =>
    as.trpc.uploads.complete.mutate({ uploadId, instrumentId, ...input });
  const refused = (code: string) => ({ data: { rayni: { code } } });
  const stored = () =>
    ['incoming', 'versions', 'parts'].flatMap((folder) => {
      const dir = path.join(server.dataDir, 'files', folder);
      try {
        return readdirSync(dir);
      } catch {
        return [];
      }
    });

  it('become sources, fragments and answers whose Proofs open the very bytes at their place', async () => {
    const bytes = await smallPdf([['Overview', 'This is the manual of the small instrument.'], page]);
    const own = await server.instrument();
    const admin = await server.login((await server.account({ isAdmin: true })).email);
    const made = await server.upload(admin, 'small manual.pdf', bytes, { instrumentId: own });
    expect(made.status).toBe('uploaded');
    expect(await server.read(admin, made.sourceId)).toEqual({
      sourceId: made.sourceId,
      status: 'approved',
      statusDetail: null,
      done: 2,
      total: 2,
    });

    const { guest } = server;
    const source = await guest.trpc.sources.get.query({ id: made.sourceId });
    expect(source).toMatchObject({ type: 'pdf', title: 'small manual', status: 'approved' });
    expect(source.checksum).toBe(`sha256:${sha256(bytes)}`);
    const fragments = await guest.trpc.sources.fragments.query({ id: made.sourceId });
    expect(fragments.map(({ text }) => text).join(' ')).toContain('Set the temperature to 37 degrees');

    const answer = await guest.trpc.chat.ask.mutate({ instrumentId: own, question });
    expect(answer.reason).toBe('extractive');
    const proof = answer.citations.find(({ quote }) => quote.includes('37 degrees'))!;
    const located = await guest.trpc.viewer.locate.query({ target: proof.id });
    expect(located).toMatchObject({ quote: proof.quote, current: true, checksum: source.checksum });
    expect(located.locator).toMatchObject({ kind: 'pdf', spans: [{ page: 2, width: 595, height: 842 }] });
    const opened = await fetch(located.url);
    expect(opened.headers.get('content-type')).toBe('application/pdf');
    expect(sha256(await opened.bytes())).toBe(sha256(bytes));
  });

  it('of one page after the other show how far they are', async () => {
    const words = ['one', 'two', 'three', 'four', 'five'];
    const bytes = await smallPdf(words.map((word) => [...page, word]));
    const { sourceId } = await server.upload(manager, 'five.pdf', bytes, { instrumentId });
    expect(await server.read(manager, sourceId)).toMatchObject({ status: 'approved', done: 5, total: 5 });
    const note = await server.upload(manager, 'note.md', page.join('\n\n'), { instrumentId });
    expect(await server.read(manager, note.sourceId)).toMatchObject({ done: 1, total: 1 });
  });

  it('are refused beyond the size that was signed, and nothing of them is kept', async () => {
    const before = stored();
    const signed = await initiate({ size: 10 });
    expect((await put(signed.url, 'x'.repeat(11))).status).toBe(413);
    const chunks = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const endless = await put(signed.url, chunks);
    expect(endless.status).toBe(413);
    expect(await endless.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(stored()).toEqual(before);
    await expect(initiate({ size: 200_001 })).rejects.toMatchObject(refused('PAYLOAD_TOO_LARGE'));
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('CONFLICT'));
  });

  it('whose sender goes away in the middle leave nothing behind', async () => {
    const before = stored();
    const signed = await initiate({ size: 100_000 });
    const gone = new AbortController();
    const half = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(50_000));
        setTimeout(() => gone.abort(), 50);
      },
    });
    const sent = fetch(signed.url, {
      method: 'PUT',
      headers: { ...octets, 'content-length': '100000' },
      body: half,
      duplex: 'half',
      signal: gone.signal,
    });
    await expect(sent).rejects.toThrow();
    await expect.poll(stored, patient).toEqual(before);
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('CONFLICT'));
  });

  it('may be completed before they are put, in vain, and again afterwards; twice is one source', async () => {
    const signed = await initiate();
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('CONFLICT'));
    expect((await put(signed.url, page.join('\n\n'))).status).toBe(200);
    await expect(
      complete(signed.uploadId, { folderId: '0190b3a0-0000-7000-8000-000000000001' }),
    ).rejects.toMatchObject(refused('BAD_REQUEST'));
    const all = await Promise.all([1, 2, 3, 4].map(() => complete(signed.uploadId)));
    const again = await complete(signed.uploadId);
    // The status is the source's at that moment.
    for (const one of all) expect(one).toEqual({ ...again, status: expect.any(String) });
    await server.read(manager, again.sourceId);
    const { items } = await manager.trpc.sources.list.query({ instrumentId, pageSize: 500 });
    expect(items.filter(({ id }) => id === again.sourceId)).toHaveLength(1);
  });

  it('keep the bytes that were checked, whatever is put to the same address later', async () => {
    const bytes = Buffer.from(page.join('\n\n'));
    const signed = await initiate();
    await put(signed.url, bytes);
    const [made] = await Promise.all([
      complete(signed.uploadId),
      put(signed.url, 'something else altogether'),
      complete(signed.uploadId).catch(() => undefined),
    ]);
    await put(signed.url, 'and once more something else');
    await complete(signed.uploadId);
    await server.read(manager, made.sourceId);
    const located = await manager.trpc.viewer.locate.query({ sourceId: made.sourceId });
    const kept = await (await fetch(located.url)).bytes();
    expect(`sha256:${sha256(kept)}`).toBe(located.checksum);
  });

  it('of another account are not there', async () => {
    const signed = await initiate();
    await put(signed.url, 'text');
    const other = await server.account();
    await server.grant(other, instrumentId, 'instrument_manager');
    const caller = await server.login(other.email);
    await expect(complete(signed.uploadId, {}, caller)).rejects.toMatchObject(refused('NOT_FOUND'));
  });

  it('that are incomplete are told so, and may be put again', async () => {
    const signed = await initiate({ size: 20 });
    await put(signed.url, 'ten bytes.');
    await expect(complete(signed.uploadId)).rejects.toMatchObject({
      message: expect.stringContaining('10 of 20 bytes'),
    });
    await put(signed.url, 'twenty bytes of text');
    expect((await complete(signed.uploadId)).status).toBe('uploaded');
  });

  it('of a kind that cannot be read are refused by their bytes; the right ones may follow', async () => {
    const signed = await initiate({ filename: 'manual.pdf' });
    await put(signed.url, new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]));
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('UNSUPPORTED_MEDIA_TYPE'));
    await put(signed.url, 'not a PDF at all');
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('UNSUPPORTED_MEDIA_TYPE'));
    await put(signed.url, await smallPdf([page]));
    expect((await complete(signed.uploadId)).status).toBe('uploaded');
  });

  it.each([
    ['locked with a password', () => smallPdf([page], 'secret'), /password/i],
    ['without text', () => smallPdf(scanned), /No text was found/],
    ['damaged', async () => Buffer.from('%PDF-1.7\nand then nothing of a PDF'), /damaged|cannot be read/i],
  ])('%s are rejected with a plain reason', async (_name, bytes, reason) => {
    const { sourceId } = await server.upload(manager, 'bad.pdf', await bytes(), { instrumentId });
    const progress = await server.read(manager, sourceId);
    expect(progress.status).toBe('rejected');
    expect(progress.statusDetail).toMatch(reason);
    expect(progress.statusDetail).not.toMatch(/ at |Error|\//);
  });

  describe('in a new version', () => {
    const note = (degrees: number) => `# Calibration\n\nSet the temperature to ${degrees} degrees.\n`;
    const ask = (id: string) => manager.trpc.chat.ask.mutate({ instrumentId: id, question });
    async function first() {
      const id = await server.instrument();
      const account = await server.account({ isAdmin: true });
      const admin = await server.login(account.email);
      const input = { instrumentId: id, version: 'rev A' };
      const made = await server.upload(admin, 'note.md', note(37), input);
      await server.read(admin, made.sourceId);
      return { id, admin, made };
    }
    const current = (sourceId: string) =>
      manager.trpc.viewer.locate.query({ sourceId }).then(({ versionId }) => versionId);

    it('answer from it once it is published, and old Proofs still open the old bytes', async () => {
      const { id, admin, made } = await first();
      const old = (await ask(id)).citations[0]!;
      expect(old.quote).toContain('37 degrees');

      const next = await server.upload(admin, 'note.md', note(41), {
        instrumentId: id,
        sourceId: made.sourceId,
        version: 'rev B',
      });
      expect(next.sourceId).toBe(made.sourceId);
      await expect.poll(() => current(made.sourceId), patient).toBe(next.versionId);
      const answer = await ask(id);
      expect(answer.text).toContain('41 degrees');
      expect(answer.text).not.toContain('37 degrees');

      const located = await manager.trpc.viewer.locate.query({ target: old.id });
      expect(located).toMatchObject({
        versionId: made.versionId,
        version: 'rev A',
        current: false,
        quote: old.quote,
      });
      const source = await admin.trpc.sources.get.query({ id: made.sourceId });
      const now = await admin.trpc.viewer.locate.query({ sourceId: made.sourceId });
      expect([source.version, now.version]).toEqual(['rev B', 'rev B']);
      expect(await (await fetch(located.url)).text()).toBe(note(37));
      expect(located.locator).toEqual(old.locator);
    });

    it.each([
      ['is locked', () => smallPdf([page], 'secret'), /password/i],
      ['holds pictures only', () => smallPdf(scanned), /No text was found/],
    ])('that %s leaves the old one answering, and says why', async (_, bad, reason) => {
      const id = await server.instrument();
      const admin = await server.login((await server.account({ isAdmin: true })).email);
      const made = await server.upload(admin, 'a.pdf', await smallPdf([page]), { instrumentId: id });
      await server.read(admin, made.sourceId);
      const input = { instrumentId: id, sourceId: made.sourceId };
      await server.upload(admin, 'a.pdf', await bad(), input);
      await expect
        .poll(
          async () => String((await admin.trpc.sources.get.query({ id: made.sourceId })).statusDetail),
          patient,
        )
        .toMatch(reason);
      expect(await current(made.sourceId)).toBe(made.versionId);
      expect((await ask(id)).text).toContain('37 degrees');
      // The next one that can be read takes the complaint back.
      const good = await server.upload(admin, 'a.pdf', await smallPdf([page, ['The end.']]), input);
      await expect.poll(() => current(made.sourceId), patient).toBe(good.versionId);
      expect((await admin.trpc.sources.get.query({ id: made.sourceId })).statusDetail).toBeNull();
    });

    it('come from managers only: what answers is not replaced without one', async () => {
      const { id, made } = await first();
      await server.rayni.app.db.query
        .updateTable('instrument')
        .set({ trained_may_upload: true })
        .where('id', '=', id)
        .execute();
      const trained = await server.account();
      await server.grant(trained, id, 'trained_user');
      const caller = await server.login(trained.email);
      const replacing = server.upload(caller, 'note.md', note(99), {
        instrumentId: id,
        sourceId: made.sourceId,
      });
      await expect(replacing).rejects.toMatchObject(refused('FORBIDDEN'));
      // A document of their own waits for approval and is not told to others.
      const own = await server.upload(caller, 'other.md', note(99), { instrumentId: id });
      await expect
        .poll(async () => {
          const row = await server.rayni.app.db.query
            .selectFrom('source')
            .select('status')
            .where('id', '=', own.sourceId)
            .executeTakeFirstOrThrow();
          return row.status;
        }, patient)
        .toBe('embedded');
      expect((await ask(id)).text).not.toContain('99');
      await expect(server.guest.trpc.sources.get.query({ id: own.sourceId })).rejects.toMatchObject(
        refused('NOT_FOUND'),
      );
    });
  });

  describe('that are read again', () => {
    const rows = async (versionId: string) => {
      const { query } = server.rayni.app.db;
      const readings = await query
        .selectFrom('reading')
        .leftJoin('fragment', 'fragment.reading_id', 'reading.id')
        .select(['reading.id', 'reading.published_at', 'fragment.id as fragment'])
        .where('reading.version_id', '=', versionId)
        .orderBy('fragment.ordinal')
        .execute();
      return readings;
    };
    const again = (versionId: string, signal = new AbortController().signal, read = readDocument) =>
      ingest(server.rayni.app, read, versionId, signal);

    it('change nothing', async () => {
      const { sourceId, versionId } = await server.upload(manager, 'n.md', page.join('\n\n'), {
        instrumentId,
      });
      await server.read(manager, sourceId);
      const before = await rows(versionId);
      await again(versionId);
      expect(await rows(versionId)).toEqual(before);
    });

    it('after a crash in the middle show nothing of the half, and leave nothing of it', async () => {
      const text = page.join('\n\n');
      const { sourceId, versionId } = await server.upload(manager, 'n.md', text, { instrumentId });
      await server.read(manager, sourceId);
      const { query } = server.rayni.app.db;
      // As a process leaves it that died between the rows of a reading and its publication.
      await query
        .updateTable('source_version')
        .set({ current_reading_id: null })
        .where('id', '=', versionId)
        .execute();
      await query
        .updateTable('reading')
        .set({ published_at: null })
        .where('version_id', '=', versionId)
        .execute();
      await query.updateTable('source').set({ status: 'processing' }).where('id', '=', sourceId).execute();
      const half = await rows(versionId);
      expect(half.length).toBeGreaterThan(0);
      expect(await manager.trpc.sources.fragments.query({ id: sourceId })).toEqual([]);

      await again(versionId);
      const whole = await rows(versionId);
      expect(whole.map(({ id }) => id)).not.toContain(half[0]!.id);
      expect(whole).toHaveLength(half.length);
      expect(await server.read(manager, sourceId)).toMatchObject({ status: 'approved' });
    });

    it('whose bytes are gone end as rejected, not as for ever in progress', async () => {
      const text = page.join('\n\n');
      const { sourceId, versionId } = await server.upload(manager, 'n.md', text, { instrumentId });
      await server.read(manager, sourceId);
      const { query } = server.rayni.app.db;
      await query
        .updateTable('source_version')
        .set({ current_reading_id: null })
        .where('id', '=', versionId)
        .execute();
      await query.updateTable('source').set({ status: 'processing' }).where('id', '=', sourceId).execute();
      const { blob_key } = await query
        .selectFrom('source_version')
        .select('blob_key')
        .where('id', '=', versionId)
        .executeTakeFirstOrThrow();
      await server.rayni.app.blobs.remove(blob_key);
      await again(versionId);
      expect(await server.read(manager, sourceId)).toMatchObject({
        status: 'rejected',
        statusDetail: expect.stringContaining('upload it again'),
      });
    });
  });

  it('lie on disk under names of the server, readable by its user only', () => {
    const files = stored();
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) expect(name).toMatch(/^[0-9a-f-]{36}$/);
    expect(
      readFileSync(path.join(server.dataDir, 'files', 'versions', files.at(-1)!)).length,
    ).toBeGreaterThan(0);
  });
});
