import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { newId } from '@rayni/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const bytes = randomBytes(10_000);
const key = `versions/${newId()}`;

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer({ corsOrigins: ['http://front.example'] });
  const put = await server.rayni.app.blobs.sign('PUT', key, { expiresIn: 60 });
  expect((await fetch(put.url, { method: 'PUT', body: bytes })).status).toBe(200);
  const options = { expiresIn: 60, contentType: 'application/pdf', filename: 'Größe "1" (a)\r\n.pdf' };
  ({ url } = await server.rayni.app.blobs.sign('GET', key, options));
});
afterAll(() => server.close());

const get = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });
const changed = (change: (url: URL) => void) => {
  const other = new URL(url);
  change(other);
  return other;
};

describe('a signed address', () => {
  it('gives the bytes as a document that can do nothing here', async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.bytes()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '10000',
      'content-disposition': "inline; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%20%28a%29%0D%0A.pdf",
      'cache-control': 'private, no-store',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it.each([
    'text/html',
    'TEXT/HTML;charset=iso-8859-1',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/xml',
  ])('of a document that could act as a page offers it to be kept only: %s', async (contentType) => {
    const options = { expiresIn: 60, contentType, filename: 'page.html' };
    const response = await fetch((await server.rayni.app.blobs.sign('GET', key, options)).url);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-disposition': "attachment; filename*=UTF-8''page.html",
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
  });

  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=9900-', 9_900, 10_000],
    ['bytes=-1', 9_999, 10_000],
    ['bytes=9000-20000', 9_000, 10_000],
  ])('gives the part %s', async (range, start, end) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/10000`);
    expect(Buffer.from(await response.bytes()).equals(bytes.subarray(start, end))).toBe(true);
  });

  it('says how large it is when the part is beyond the end', async () => {
    const response = await get({ range: 'bytes=10000-' });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10000');
    expect(await response.json()).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('tells its headers alone', async () => {
    const response = await get({}, 'HEAD');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('10000');
    expect(await response.text()).toBe('');
  });

  it.each([
    ['another method', () => get({}, 'PUT')],
    ['a later end', () => fetch(changed(({ searchParams }) => searchParams.set('e', '4000000000')))],
    ['another name', () => fetch(changed(({ searchParams }) => searchParams.set('n', 'x.html')))],
    ['another type', () => fetch(changed(({ searchParams }) => searchParams.set('t', 'text/html')))],
    ['a parameter twice', () => fetch(changed(({ searchParams }) => searchParams.append('e', '1')))],
    ['another file', () => fetch(changed((other) => (other.pathname = `/files/versions/${newId()}`)))],
    ['a file above', () => fetch(changed((other) => (other.pathname = '/files/..%2f..%2fetc%2fpasswd')))],
    ['no signature', () => fetch(changed(({ searchParams }) => searchParams.delete('s')))],
    ['no parameters', () => fetch(`${server.url}/files/${key}`)],
  ])('is worth nothing for %s', async (_name, call) => {
    const response = await call();
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('of bytes that are gone is a plain 404', async () => {
    const gone = `versions/${newId()}`;
    const put = await server.rayni.app.blobs.sign('PUT', gone, { expiresIn: 60 });
    await fetch(put.url, { method: 'PUT', body: 'text' });
    const signed = await server.rayni.app.blobs.sign('GET', gone, {
      expiresIn: 60,
      contentType: 'application/pdf',
    });
    rmSync(path.join(server.dataDir, 'files', gone));
    const response = await fetch(signed.url);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('content-disposition')).toBeNull();
    expect(await response.json()).toEqual({ detail: 'Not found.', code: 'NOT_FOUND' });
  });

  it('may be used from a page of the list, and from no other', async () => {
    for (const [origin, allowed] of [
      ['http://front.example', 'http://front.example'],
      ['http://evil.example', null],
    ] as const) {
      const asked = await get({ origin, 'access-control-request-method': 'PUT' }, 'OPTIONS');
      expect(asked.headers.get('access-control-allow-origin')).toBe(allowed);
      expect((await get({ origin })).headers.get('access-control-allow-origin')).toBe(allowed);
    }
  });

  it('ends', async () => {
    server.advance(61_000);
    expect((await get()).status).toBe(403);
    expect((await get({}, 'HEAD')).status).toBe(403);
  });
});

it('nothing of all this is an error of ours', () => {
  expect(server.logs.filter(({ level }) => level >= 50)).toEqual([]);
});
