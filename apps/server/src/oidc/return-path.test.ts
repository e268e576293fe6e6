import { fc, it as property } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { returnPath } from './return-path.ts';

const own = 'https://lab.example';

it.each([
  ['/', '/'],
  ['/sources?page=2#end', '/sources?page=2#end'],
  ['/a/../b', '/b'],
  ['/ä b', '/%C3%A4%20b'],
  ['/x?to=https://evil.example', '/x?to=https://evil.example'],
])('%j leads to %j', (wanted, path) => {
  expect(returnPath(wanted, own)).toBe(path);
});

it.each([
  '',
  'sources',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n//evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  'https://evil.example/',
  'https:/evil.example',
  'https:evil.example',
  'http://lab.example/',
  'javascript:alert(1)',
  'data:text/html,x',
  ' /x',
  '//[',
  `/${'x'.repeat(1_000)}`,
  `/${'ä'.repeat(900)}`,
])('%j leads nowhere', (wanted) => {
  expect(returnPath(wanted, own)).toBeUndefined();
});

const pieces = fc.array(
  fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '%2e',
    '\t',
    '\n',
    '\r',
    ':',
    '@',
    '?',
    '#',
    'https:',
    'evil.example',
    ' ',
    '\0',
    'x',
  ),
  { maxLength: 8 },
);
property.prop([
  fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    pieces.map((all) => `/${all.join('')}`),
  ),
])('whatever is wanted, a browser stays on this origin and reads the same path again', (wanted) => {
  const path = returnPath(wanted, own);
  if (path === undefined) return;
  const url = new URL(path, `${own}/auth/oidc/callback`);
  expect(url.origin).toBe(own);
  expect(url.pathname + url.search + url.hash).toBe(path);
  expect(returnPath(path, own)).toBe(path);
  expect(path).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
});
