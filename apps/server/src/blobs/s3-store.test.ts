import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Blobs } from '@rayni/api';
import { Client } from 'minio';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSwift, startSwift, type SwiftServer } from '../testing/swift-server.ts';
import { checkS3, openS3Store, type S3Options } from './s3-store.ts';

const log = pino({ level: 'silent' });
const opened = (s3: S3Options, now = new Date()) => openS3Store({ ...s3, log, now: () => now });
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const octets = { 'content-type': 'application/octet-stream' };

describe.skipIf(!hasSwift())('an S3 store', () => {
  let swift: SwiftServer;
  let store: Blobs;
  beforeAll(async () => {
    swift = await startSwift();
    expect(await checkS3(swift.s3)).toMatchObject({ ok: true, bucket: 'missing' });
    store = await opened(swift.s3);
  });
  afterAll(() => swift?.close());

  it('makes its bucket, and takes one that is there', async () => {
    expect(await checkS3(swift.s3)).toMatchObject({ ok: true, bucket: 'there' });
    const [one, two] = await Promise.all([
      opened({ ...swift.s3, bucket: 'both-at-once' }),
      opened({ ...swift.s3, bucket: 'both-at-once' }),
    ]);
    const key = `versions/${randomUUID()}`;
    await one.put(key, Readable.from([Buffer.from('x')]));
    expect(await two.stat(key)).toEqual({ size: 1 });
  });

  describe('signs an address', () => {
    const put = (url: string, body = 'bytes') => fetch(url, { method: 'PUT', headers: octets, body });

    it('for one PUT straight to the store', async () => {
      const key = `incoming/${randomUUID()}`;
      const signed = await store.sign('PUT', key, { expiresIn: 60, contentType: octets['content-type'] });
      expect(signed.headers).toEqual(octets);
      expect((await put(signed.url)).status).toBe(200);
      expect(await text(await store.open(key))).toBe('bytes');
    });

    it('for a GET that says itself what the bytes are, whatever they were put as, with ranges', async () => {
      const key = `versions/${randomUUID()}`;
      const signed = await store.sign('PUT', key, { expiresIn: 60 });
      await fetch(signed.url, { method: 'PUT', headers: { 'content-type': 'text/html' }, body: '<script>' });
      const filename = 'Größe "1" (a*)\r\n.pdf';
      const { url } = await store.sign('GET', key, { expiresIn: 60, contentType: 'text/plain', filename });
      const got = await fetch(url, { headers: { range: 'bytes=1-3' } });
      expect([got.status, await got.text()]).toEqual([206, 'scr']);
      expect(Object.fromEntries(got.headers)).toMatchObject({
        'content-type': expect.stringMatching(/^text\/plain/),
        'content-disposition': "inline; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%20%28a*%29%0D%0A.pdf",
      });
      const bare = await fetch((await store.sign('GET', key, { expiresIn: 60 })).url);
      expect(bare.headers.get('content-type')).toMatch(/^application\/octet-stream/);
    });

    it('that is worth nothing for anything else', async () => {
      const key = `incoming/${randomUUID()}`;
      const { url } = await store.sign('PUT', key, { expiresIn: 60 });
      const changed = (change: (url: URL) => void) => {
        const other = new URL(url);
        change(other);
        return other.href;
      };
      const other = randomUUID();
      const past = await (await opened(swift.s3, hoursAgo(2))).sign('PUT', key, { expiresIn: 3_600 });
      const refused: [string, Promise<Response>][] = [
        ['another method', fetch(url)],
        ['removing', fetch(url, { method: 'DELETE' })],
        ['another key', put(changed((to) => (to.pathname = to.pathname.replace(/[^/]+$/, other))))],
        ['another bucket', put(changed((to) => (to.pathname = to.pathname.replace('rayni-test', 'x'))))],
        ['a longer time', put(changed((to) => to.searchParams.set('X-Amz-Expires', '600')))],
        ['a later time', put(changed((to) => to.searchParams.set('X-Amz-Date', '20400101T000000Z')))],
        ['another signature', put(changed((to) => to.searchParams.set('X-Amz-Signature', '0'.repeat(64))))],
        ['no signature', put(changed((to) => to.searchParams.delete('X-Amz-Signature')))],
        [
          'a copy of what is not ours to read',
          fetch(url, { method: 'PUT', headers: { 'x-amz-copy-source': `/rayni-test/versions/${other}` } }),
        ],
        ['no parameters', put(url.split('?')[0]!)],
        ['after its time', put(past.url)],
      ];
      for (const [what, answer] of refused) {
        const { status } = await answer;
        expect([what, status === 403 || status === 400]).toEqual([what, true]);
      }
      expect(await store.stat(key)).toBeUndefined();
      expect((await put(url)).status).toBe(200);
    });

    it('made with other keys, that is worth nothing', async () => {
      const key = `incoming/${randomUUID()}`;
      const { hostname: endPoint, port } = new URL(swift.s3.endpoint);
      const stranger = new Client({
        endPoint,
        port: Number(port),
        useSSL: false,
        region: swift.s3.region,
        accessKey: swift.s3.accessKey,
        secretKey: 'guessed',
      });
      const url = await stranger.presignedPutObject(swift.s3.bucket, key, 60);
      expect((await put(url)).status).toBe(403);
      expect(await store.stat(key)).toBeUndefined();
    });

    it('that leads to where callers reach the store', async () => {
      const outside = await opened({ ...swift.s3, publicEndpoint: 'https://files.example.org' });
      const { url } = await outside.sign('PUT', `incoming/${randomUUID()}`, { expiresIn: 60 });
      expect(url).toMatch(/^https:\/\/files\.example\.org\/rayni-test\/incoming\//);
    });
  });

  it('with wrong keys does not open, and says which variable to correct', async () => {
    const wrong = { ...swift.s3, secretKey: 'not this one' };
    const said = /^S3_ACCESS_KEY: the store refuses these keys \(\w+\); correct .*rayni-test\.$/;
    await expect(opened(wrong)).rejects.toThrow(said);
    expect(await checkS3(wrong)).toEqual({ ok: false, reason: expect.stringMatching(said) });
    expect(JSON.stringify(await checkS3(wrong))).not.toContain('not this one');
    expect(await checkS3({ ...swift.s3, bucket: 'No Bucket' })).toMatchObject({
      reason: expect.stringMatching(/^S3_BUCKET: /),
    });
  });

  it('whose connection breaks in the middle never gives half a document for a whole one', async () => {
    const { hostname: host, port } = new URL(swift.s3.endpoint);
    let most = Number.POSITIVE_INFINITY;
    // Between the two, and ends connections over which more has come than that.
    const between = net.createServer((near) => {
      const far = net.connect(Number(port), host);
      let come = 0;
      far.on('data', (some: Buffer) => {
        come += some.length;
        if (come <= most) near.write(some);
        else far.end(() => near.end());
      });
      near.pipe(far);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
      far.on('close', () => near.end());
    });
    await new Promise<void>((resolve) => void between.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(between.address() as net.AddressInfo).port}`;
    const broken = await opened({ ...swift.s3, endpoint });
    const key = `versions/${randomUUID()}`;
    await store.put(key, Readable.from([Buffer.alloc(3_000_000, 'x')]));
    expect((await text(await broken.open(key))).length).toBe(3_000_000);
    most = 500_000;
    // Not the code of a stream that its reader left.
    await expect(broken.open(key).then(text)).rejects.toMatchObject({ code: 'ECONNRESET' });
    between.close();
  });

  it('forgets the parts of what a process began to send and never finished', async () => {
    const { hostname: endPoint, port } = new URL(swift.s3.endpoint);
    const { accessKey, secretKey, region, bucket } = swift.s3;
    const client = new Client({
      endPoint,
      port: Number(port),
      useSSL: false,
      region,
      accessKey,
      secretKey,
    });
    // More than one of a key, and one that is not ours.
    const [key, foreign] = [`versions/${randomUUID()}`, 'somebody/elses.bin'];
    for (const name of [key, key, foreign]) await client.initiateNewMultipartUpload(bucket, name, {});
    const unfinished = async () => {
      const { uploads } = await client.listIncompleteUploadsQuery(bucket, '', '', '', '|');
      return uploads.map((upload) => upload.key).sort();
    };
    expect(await unfinished()).toEqual([foreign, key, key]);
    await store.sweepUnfinished(hoursAgo(1));
    expect(await unfinished()).toEqual([foreign, key, key]);
    await store.sweepUnfinished(hoursAgo(-1));
    expect(await unfinished()).toEqual([foreign]);
    await store.sweepUnfinished(hoursAgo(-1));
  });

  it('that went away is UNAVAILABLE, not an error of ours', async () => {
    const other = await startSwift();
    const left = await opened(other.s3);
    await other.close();
    for (const call of [
      () => left.stat(`versions/${randomUUID()}`),
      () => left.open(`versions/${randomUUID()}`),
      () => left.copy(`versions/${randomUUID()}`, `versions/${randomUUID()}`),
      () => left.remove(`versions/${randomUUID()}`),
      () => left.sweepUnfinished(new Date()),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('an S3 store that is not there is told in one line', async () => {
  // A port that was free a moment ago.
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const endpoint = `http://127.0.0.1:${port}`;
  const s3 = {
    endpoint,
    publicEndpoint: endpoint,
    region: 'us-east-1',
    bucket: 'rayni',
    accessKey: 'a',
    secretKey: 's',
  };
  const said = `S3_ENDPOINT: ${endpoint} cannot be reached (ECONNREFUSED); start the store, or correct the address.`;
  await expect(opened(s3)).rejects.toThrow(said);
  expect(await checkS3(s3)).toEqual({ ok: false, reason: said });
});
