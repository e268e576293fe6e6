import { constants, deflateRawSync } from 'node:zlib';
import { poisonOffice } from '@rayni/api/testing';
import { filled, type Hostile } from './hostile.ts';

const tenMegabytes = 10 * 2 ** 20;
const lone = Buffer.from('eda080', 'hex');
const html = (body: string, head = '') =>
  Buffer.from(`<!doctype html><html><head><title>A page</title>${head}</head><body>${body}</body></html>`);

/** Notes and tables of text made to do harm. */
const texts: Hostile[] = [
  { name: 'nothing', filename: 'empty.txt', bytes: () => Buffer.alloc(0) },
  { name: 'nothing', filename: 'empty.pdf', bytes: () => Buffer.alloc(0) },
  { name: 'nothing', filename: 'empty.csv', bytes: () => Buffer.alloc(0) },
  { name: 'one line of 10 MB', filename: 'line.txt', bytes: () => filled(tenMegabytes, 'word ') },
  { name: 'one line of 1.9 MB', filename: 'shorter-line.md', bytes: () => filled(1_900_000, 'word ') },
  { name: 'one word of 1.9 MB', filename: 'word.md', bytes: () => filled(1_900_000, 'w') },
  { name: 'one line of 10 MB', filename: 'line.csv', bytes: () => filled(tenMegabytes, 'a,') },
  {
    name: 'NUL and lone surrogates',
    filename: 'nul.md',
    bytes: () => Buffer.concat([Buffer.from('# Pump\n\nIt runs at '), lone, Buffer.from('5 bar.\n')]),
  },
  { name: 'NUL bytes', filename: 'zero.txt', bytes: () => Buffer.from('It runs\0 at 5 bar.') },
  {
    name: 'UTF-16 with lone surrogates and NUL',
    filename: 'utf16.txt',
    bytes: () => Buffer.from('\ufeffIt runs at \ud800 5\0 bar, says \udfff the label.', 'utf16le'),
  },
  { name: 'quotes a million deep', filename: 'quotes.md', bytes: () => filled(1_000_000, '>') },
  { name: 'brackets a million deep', filename: 'brackets.md', bytes: () => filled(1_000_000, '![') },
  {
    name: 'a table of two hundred thousand columns',
    filename: 'columns.md',
    bytes: () =>
      Buffer.from(`${'|a'.repeat(200_000)}|\n${'|-'.repeat(200_000)}|\n${'|b'.repeat(200_000)}|\n`),
  },
  {
    name: 'fences that are never closed',
    filename: 'fences.md',
    bytes: () => filled(1_000_000, '```\n~~~~\n'),
  },
  {
    name: 'three hundred thousand headings',
    filename: 'headings.md',
    bytes: () => filled(1_900_000, '# a\n\n'),
  },
  {
    name: 'marks that stack on one letter',
    filename: 'marks.txt',
    bytes: () => Buffer.from(`Stack: a${'\u0301'.repeat(500_000)}`),
  },
  {
    name: 'bytes of no text under the name of one',
    filename: 'random.txt',
    bytes: () => Uint8Array.from({ length: 5_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 24) & 0xff),
  },
  {
    name: 'a program under the name of a table',
    filename: 'program.csv',
    bytes: () => Buffer.concat([Buffer.from('7f454c46020101', 'hex'), filled(5_000, '\0')]),
  },
];

/** Web pages made to do harm. */
export const hostilePages: readonly Hostile[] = [
  { name: 'nothing', filename: 'empty.html', bytes: () => Buffer.alloc(0) },
  {
    name: 'one line of 10 MB',
    filename: 'line.html',
    bytes: () => html(`<p>${'word '.repeat(2_000_000)}</p>`),
  },
  {
    name: 'elements a hundred thousand deep',
    filename: 'deep.html',
    bytes: () => html(`${'<div>'.repeat(100_000)}Deep.`),
  },
  {
    name: 'tables in tables, five thousand deep',
    filename: 'tables.html',
    bytes: () => html(`${'<table><tr><td>'.repeat(5_000)}Deep.`),
  },
  { name: 'a million elements', filename: 'many.html', bytes: () => html('<p>a</p>'.repeat(1_000_000)) },
  {
    name: 'lists in lists, fifty thousand deep',
    filename: 'lists.html',
    bytes: () => html(`${'<ul><li>'.repeat(50_000)}Deep.`),
  },
  {
    name: 'a hundred thousand attributes',
    filename: 'attributes.html',
    bytes: () => html(`<p ${Array.from({ length: 100_000 }, (_, i) => `a${i}=b`).join(' ')}>Many.</p>`),
  },
  {
    name: 'NUL and lone surrogates',
    filename: 'nul.html',
    bytes: () => html('<p>The pump&#0; runs &#xD800; at &#xDFFF; five bar.</p>'),
  },
  {
    name: 'entities of XML',
    filename: 'laughs.html',
    bytes: () =>
      Buffer.from(
        `<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "${'ha'.repeat(1_000)}"><!ENTITY b "${'&a;'.repeat(1_000)}">]><html><body><p>${'&b;'.repeat(1_000)}</p></body></html>`,
      ),
  },
  {
    name: 'a script and nothing else',
    filename: 'script.html',
    bytes: () => html('<div id="app"></div>', '<script>while(true);</script>'),
  },
  {
    name: 'a cell that spans a thousand million',
    filename: 'span.html',
    bytes: () =>
      html(
        '<table><tr><td colspan=1000000000 rowspan=1000000000>a</td><td>b</td></tr><tr><td>c</td></tr></table>',
      ),
  },
  {
    name: 'a comment that is never closed',
    filename: 'comment.html',
    bytes: () => html(`<p>Before.</p><!--${' <p>'.repeat(500_000)}`),
  },
];

/** An archive that holds a deflated gigabyte, and no Office file. */
function bomb(): Buffer {
  const data = deflateRawSync(filled(2 ** 28, '\0'), { level: constants.Z_BEST_COMPRESSION });
  const head = Buffer.alloc(35);
  head.writeUInt32LE(0x04034b50);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(data.length, 18);
  head.writeUInt32LE(2 ** 28, 22);
  head.writeUInt16LE(5, 26);
  head.write('a.txt', 30);
  return Buffer.concat([head, data]);
}

const office: Hostile[] = [
  ...poisonOffice.map(({ name, filename, bytes }) => ({ name, filename, bytes })),
  { name: 'an archive without a table, of 256 MB', filename: 'bomb.xlsx', bytes: bomb },
];

/** Everything made of text or of text in archives, but pages. */
export const hostileTexts: readonly Hostile[] = [...texts, ...office];
