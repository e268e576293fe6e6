import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openApi } from './open-api.ts';
import { table } from './table.ts';
import { testHost } from './test-host.ts';

/** A path without the names of its parameters and the slash at its end, so that spellings of the same path are equal. */
const plain = (path: string) => path.replace(/:\w+|<\w+>|\{\w+\}/g, '*').replace(/\/$/, '');
const served = table.flatMap((row) => row.paths.map((path) => `${row.method} ${plain(path)}`)).sort();

/** Every `METHOD path` in the tables of a text. */
const listed = (text: string) =>
  [...text.matchAll(/^\| (GET|POST|PUT|PATCH|DELETE) *\| (.+?) *\|/gm)]
    .flatMap(([, method, paths]) =>
      [...paths!.matchAll(/`([^`]+)`/g)].map(([, path]) => `${method} ${plain(path!)}`),
    )
    .sort();

const guide = readFileSync(new URL('../../../docs/legacy-api.md', import.meta.url), 'utf8');
const [servedText, laterText] = guide.split('## Not yet served');

it('the guide lists every path and spelling that is served, and no other', () => {
  expect(listed(servedText!)).toEqual(served);
});

it('the guide calls nothing unserved that is served', () => {
  const later = listed(laterText!);
  expect(later.filter((each) => served.includes(each))).toEqual([]);
});

it('the OpenAPI document has every path and spelling that is served, and no other', () => {
  const { paths } = openApi(table, { version: '1' });
  const documented = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${plain(path)}`),
  );
  expect(documented.sort()).toEqual(served);
});

it('the document says where each field goes and what comes back', async () => {
  const { host } = testHost();
  const reply = await host.inject('/api/schema/');
  expect(reply.headers['content-type']).toMatch(/^application\/json/);
  const document = reply.json();
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });

  const ask = document.paths['/api/chat/ask'].post;
  const body = ask.requestBody.content['application/json'].schema;
  expect(body.required).toEqual(['instrument_id', 'question']);
  expect(Object.keys(body.properties)).toEqual(['instrument_id', 'question', 'session_id', 'request_id']);
  expect(Object.keys(ask.responses['200'].content['application/json'].schema.properties)).toContain(
    'turn_id',
  );

  const create = document.paths['/api/sources/'].post;
  const kinds: { properties: { type: { const: string } }; required: string[] }[] =
    create.requestBody.content['application/json'].schema.oneOf;
  expect(kinds.map(({ properties, required }) => [properties.type.const, ...required])).toEqual([
    ['note', 'type', 'instrument', 'title', 'text'],
    ['url', 'type', 'instrument', 'storage_uri'],
  ]);
  expect(Object.keys(create.responses)).toEqual(['201', 'default']);
  expect(document.paths['/api/sources/{id}/'].delete.responses['204'].content).toBeUndefined();

  const list = document.paths['/api/instruments/{instrument}/sources/'].get;
  expect(list.parameters[0]).toEqual({
    name: 'instrument',
    in: 'path',
    required: true,
    schema: { type: 'string' },
  });
  expect(list.parameters.filter((each: { in: string }) => each.in === 'query').length).toBe(7);
  expect(Object.keys(document.paths['/stream/chat'].get.responses['200'].content)).toEqual([
    'text/event-stream',
  ]);
});

it('the page shows the document with nothing from elsewhere', async () => {
  const { host } = testHost();
  const page = await host.inject('/api/docs/');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  const assets = [...page.payload.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
  expect(assets.length).toBeGreaterThan(3);
  for (const asset of assets) {
    const { pathname, host: origin } = new URL(asset, 'http://rayni.test/api/docs/');
    expect(origin).toBe('rayni.test');
    expect((await host.inject(pathname)).statusCode).toBe(200);
  }
  const shown = await host.inject('/api/docs/json');
  expect(shown.json()).toEqual((await host.inject('/api/schema')).json());
});
