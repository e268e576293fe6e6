import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical } from '../text/canonical.ts';
import { decode, readNote } from './read-note.ts';

const read = (text: string, markdown = true) => readNote(new TextEncoder().encode(text), { markdown });
const long = (words: string) => `${words} `.repeat(25).trim();

test('headings of both kinds make the path, sections of some length their own fragments', async () => {
  const { fragments } = await read(
    `Pump\n====\n\n${long('Prime it first thing.')}\n\n## Seal ##\n\n${long('Change it each year.')}\n\nTubes\n-----\n${long('Rinse them with water.')}\n`,
  );
  expect(fragments.map(({ heading }) => heading)).toEqual(['Pump', 'Pump › Seal', 'Pump › Tubes']);
  expect(fragments[1]!.text.startsWith('## Seal ##\n\nChange it each year.')).toBe(true);
});

test('a table stays whole, its rows are segments', async () => {
  const { fragments } = await read(
    'Errors\n\n| Code | Meaning |\n|---|---|\n| E1 | no flow |\n| E2 | lid open |\n\nEnd.',
  );
  const table = fragments.find(({ kind }) => kind === 'table')!;
  expect(table.segments.map(([start, end]) => table.text.slice(start, end))).toEqual([
    '| Code | Meaning |',
    '| E1 | no flow |',
    '| E2 | lid open |',
  ]);
});

test('a listing keeps its lines, and what looks like a heading in it is none', async () => {
  const { fragments } = await read('Run this:\n\n```sh\n# start\npump --on\n```\n');
  const [fragment] = fragments;
  expect(fragment!.heading).toBe('');
  expect(fragment!.segments.map(([start, end]) => fragment!.text.slice(start, end))).toEqual([
    'Run this:',
    '# start',
    'pump --on',
  ]);
});

test('list items are segments of their own', async () => {
  const { fragments } = await read('Bring:\n- a cuvette\n- two\n  screws\n1. a cloth');
  const [fragment] = fragments;
  expect(fragment!.segments.map(([start, end]) => fragment!.text.slice(start, end))).toEqual([
    'Bring:',
    '- a cuvette',
    '- two\n  screws',
    '1. a cloth',
  ]);
});

test('plain text is not taken for Markdown', async () => {
  const { fragments } = await read('# 3 pieces\n\nof steel', false);
  expect(fragments.map(({ heading }) => heading)).toEqual(['']);
});

test('character sets are told by marks and by what is valid', () => {
  expect(decode(Buffer.from('\uFEFFµl ü', 'utf8'))).toBe('µl ü');
  expect(decode(Buffer.from('\uFEFFµl ü', 'utf16le'))).toBe('µl ü');
  expect(decode(Buffer.from('\uFEFFµl ü', 'utf16le').swap16())).toBe('µl ü');
  expect(decode(Buffer.from('µl ü', 'latin1'))).toBe('µl ü');
});

test('an empty note is refused with a reason', async () => {
  await expect(read(' \n\u200B\n')).rejects.toThrow('empty');
});

test('a note of more than 2 MB of text is refused with a reason, however its text is coded', async () => {
  const utf16 = (text: string) => readNote(Buffer.from(`\uFEFF${text}`, 'utf16le'), { markdown: false });
  const allowed = 'It runs. '.repeat(2 ** 17);
  expect((await utf16(allowed)).units[0]!.text).toHaveLength(allowed.length);
  const reason = 'This note is longer than 2 MB of text. Split it.';
  await expect(read(allowed + allowed)).rejects.toThrow(reason);
  await expect(utf16(allowed + allowed)).rejects.toThrow(reason);
});

test('whatever is written, fragments are exact slices and nothing but white space is lost', async () => {
  const line = fc.oneof(
    fc.constantFrom(
      '# A',
      '## B',
      '===',
      '---',
      '```',
      '~~~~',
      '| a | b |',
      '|---|---|',
      '- item',
      '2. step',
      '',
    ),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.lorem({ maxCount: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      async (lines, markdown) => {
        const source = lines.join('\n');
        fc.pre(canonical(source).trim() !== '');
        const { units, fragments } = await read(source, markdown);
        const { text } = units[0]!;
        expect(text).toBe(canonical(source));
        for (const fragment of fragments) {
          expect(fragment.ranges.map(({ start, end }) => text.slice(start, end)).join(' ')).toBe(
            fragment.text,
          );
          for (const [start, end] of fragment.segments)
            expect(start < end && end <= fragment.text.length).toBe(true);
        }
        const bare = (some: string) => some.replace(/\s+/g, '');
        expect(bare(fragments.map((fragment) => fragment.text).join(''))).toBe(bare(text));
      },
    ),
  );
});
