import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallPdf } from '../testing/small-pdf.ts';
import { hasSwift, startSwift, type SwiftServer } from '../testing/swift-server.ts';
import { patient, startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

const page = ['Calibration', 'Set the temperature to 37 degrees and wait for 20 minutes.'];
const question = 'Which temperature do I set for the calibration?';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const refused = (code: string) => ({ data: { rayni: { code } } });
const json = { 'content-type': 'application/json' };

describe.skipIf(!hasSwift())('documents in an S3 store', () => {
  let swift: SwiftServer;
  let server: TestServer;
  let manager: TestCaller;
  let instrumentId: string;

  beforeAll(async () => {
    swift = await startSwift();
    server = await startTestServer({ s3: swift.s3, maxUploadBytes: 200_000 });
    instrumentId = await server.instrument();
    const account = await server.account();
    await server.grant(account, instrumentId, 'instrument_manager');
    manager = await server.login(account.email);
  });
  afterAll(async () => {
    await server?.close();
    await swift?.close();
    expect(server.logs.filter(({ level }) => level >= 50)).toEqual([]);
  });

  const initiate = (input: { filename?: string; size?: number } = {}) =>
    manager.trpc.uploads.initiate.mutate({ filename: 'note.md', instrumentId, ...input });
  const complete = (uploadId: string) => manager.trpc.uploads.complete.mutate({ uploadId, instrumentId });
  const put = (url: string, body: Uint8Array | string) =>
    fetch(url, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body });

  it('come there straight from the client, and their Proofs open them there', async () => {
    const bytes = await smallPdf([['Overview', 'This is the manual of the small instrument.'], page]);
    const told: number[] = [];
    const { sourceId } = await manager.client.uploads.put(new File([bytes], 'small manual.pdf'), {
      instrumentId,
      onProgress: (sent) => told.push(sent),
    });
    expect(told.at(-1)).toBe(bytes.length);
    expect(await server.read(manager, sourceId)).toMatchObject({ status: 'approved', done: 2 });
    const answer = await manager.trpc.chat.ask.mutate({ instrumentId, question });
    const proof = answer.citations.find(({ quote }) => quote.includes('37 degrees'))!;
    const located = await server.guest.trpc.viewer.locate.query({ target: proof.id });
    expect(new URL(located.url).origin).toBe(swift.s3.endpoint);
    const opened = await fetch(located.url);
    expect(opened.headers.get('content-type')).toBe('application/pdf');
    expect(opened.headers.get('content-disposition')).toBe("inline; filename*=UTF-8''small%20manual.pdf");
    expect(`sha256:${sha256(await opened.bytes())}`).toBe(located.checksum);
    const part = await fetch(located.url, { headers: { range: 'bytes=0-3' } });
    expect([part.status, await part.text()]).toEqual([206, '%PDF']);
    // Nothing of it by way of the server's own disk or doors.
    expect(existsSync(path.join(server.dataDir, 'files'))).toBe(false);
    expect((await server.guest.fetch('/files/versions/x')).status).toBe(404);
    expect(
      (await server.guest.fetch(`/media/${sourceId}`, { redirect: 'manual' })).headers.get('location'),
    ).toMatch(swift.s3.endpoint);
  });

  it('are put by older callers in the same three steps', async () => {
    const begun = await manager.fetch('/api/uploads/initiate/', { method: 'POST' });
    expect(begun.status).toBe(201);
    const { upload_id, signed_url, headers } = (await begun.json()) as {
      upload_id: string;
      signed_url: string;
      headers: Record<string, string>;
    };
    const finish = () =>
      manager.fetch(`/api/uploads/${upload_id}/complete`, {
        method: 'PATCH',
        headers: json,
        body: JSON.stringify({ instrument_id: instrumentId, title: 'By hand', model_tags: ['X-100'] }),
      });
    const early = await finish();
    expect([early.status, await early.json()]).toEqual([
      409,
      { code: 'CONFLICT', detail: expect.stringContaining('PUT the file first') },
    ]);
    expect((await fetch(signed_url, { method: 'PUT', headers, body: page.join('\n\n') })).status).toBe(200);
    const done = await finish();
    expect(done.status).toBe(200);
    const { source_id, status } = (await done.json()) as { source_id: string; status: string };
    expect(status).toBe('uploaded');
    await server.read(manager, source_id);
    const source = await manager.fetch(`/api/sources/${source_id}/`);
    expect(await source.json()).toMatchObject({
      title: 'By hand',
      model_tags: ['X-100'],
      status: 'approved',
    });
  });

  it('that are too large have been taken by the store, and are removed', async () => {
    await expect(initiate({ size: 200_001 })).rejects.toMatchObject(refused('PAYLOAD_TOO_LARGE'));
    const signed = await initiate({ size: 10 });
    expect((await put(signed.url, new Uint8Array(200_001))).status).toBe(200);
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('PAYLOAD_TOO_LARGE'));
    expect(await server.rayni.app.blobs.stat(`incoming/${signed.uploadId}`)).toBeUndefined();
    await expect(complete(signed.uploadId)).rejects.toMatchObject(refused('CONFLICT'));
    expect((await put(signed.url, 'ten bytes.')).status).toBe(200);
    expect((await complete(signed.uploadId)).status).toBe('uploaded');
  });

  it('keep the bytes that were checked, whatever is put to the same address meanwhile or later', async () => {
    for (let round = 0; round < 3; round++) {
      const signed = await initiate();
      await put(signed.url, `${page.join('\n\n')} ${round}`);
      const all = await Promise.all([
        complete(signed.uploadId),
        put(signed.url, 'something else altogether'),
        complete(signed.uploadId),
        put(signed.url, 'and a third text of another length'),
        complete(signed.uploadId),
      ]);
      const made = [all[0], all[2], all[4]] as const;
      expect(new Set(made.map(({ versionId }) => versionId)).size).toBe(1);
      await put(signed.url, 'and once more something else');
      expect(await complete(signed.uploadId)).toEqual({ ...made[0], status: expect.any(String) });
      const located = await manager.trpc.viewer.locate.query({ sourceId: made[0].sourceId });
      const kept = await (await fetch(located.url)).bytes();
      expect(`sha256:${sha256(kept)}`).toBe(located.checksum);
    }
  });

  it('that nobody completes are gone after a day', async () => {
    const signed = await initiate();
    await put(signed.url, 'left behind');
    const key = `incoming/${signed.uploadId}`;
    const { app } = server.rayni;
    expect(await app.blobs.stat(key)).toEqual({ size: 11 });
    server.advance(26 * 3_600_000);
    await app.db.transaction((trx) => app.jobs.enqueue(trx, 'sweep', { because: 'hour' }));
    await expect.poll(() => app.blobs.stat(key), patient).toBeUndefined();
  });
});
