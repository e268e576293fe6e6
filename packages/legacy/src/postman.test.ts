import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openApi } from './open-api.ts';
import { postman } from './postman.ts';
import { table } from './table.ts';

type Item = { name: string; request: { method: string; url: { raw: string } } };
const collection = postman(openApi(table, { version: '1' }));
const requests = (collection.item as { item: Item[] }[]).flatMap(({ item }) => item);

it('holds one request for every path and method of the table', () => {
  const wanted = table.flatMap((row) => row.paths.map((path) => `${row.method} {{url}}${path}`));
  expect(requests.map(({ request }) => `${request.method} ${request.url.raw}`).sort()).toEqual(wanted.sort());
});

it('is written out in docs/postman.json (`npm run postman` writes it again)', () => {
  const written = readFileSync(new URL('../../../docs/postman.json', import.meta.url), 'utf8');
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(collection)));
});
