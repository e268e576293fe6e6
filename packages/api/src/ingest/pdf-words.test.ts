import { OPS } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { expect, test } from 'vitest';
import { type Operators, wordsOf } from './pdf-operators.ts';
import type { Font } from './pdf-words.ts';

const font: Font = {
  name: 'F',
  bold: false,
  mono: false,
  ascent: 0.8,
  descent: 0.2,
  vertical: false,
  scale: 0.001,
};
const view = { width: 600, height: 800, transform: [1, 0, 0, -1, 0, 800] };

const glyphs = (text: string) =>
  Array.from(text, (unicode) => ({ unicode, width: 500, isSpace: unicode === ' ' }));

/** The words of operators given as pairs. */
function read(...operators: [keyof typeof OPS, ...unknown[]][]) {
  const list: Operators = {
    fnArray: operators.map(([name]) => OPS[name]),
    argsArray: operators.map(([, ...args]) => args),
  };
  return wordsOf(
    list,
    view,
    () => font,
    (group) => group !== 'hidden',
  );
}

const at = (x: number, y: number): [keyof typeof OPS, ...unknown[]] => ['setTextMatrix', [1, 0, 0, 1, x, y]];
const texts = (frames: ReturnType<typeof read>) =>
  frames.flatMap(({ words }) => words.map(({ text }) => text));

test('a word has the box of its glyphs, by size, spacing and rise', () => {
  const [frame] = read(['setFont', 'F', 10], ['setCharSpacing', 1], at(100, 700), [
    'showText',
    glyphs('ab cd'),
  ]);
  expect(frame!.words.map(({ text, box }) => [text, ...box])).toEqual([
    ['ab', 100, 92, 11, 10],
    ['cd', 118, 92, 11, 10],
  ]);
});

test('numbers between glyphs move them: small ones are kerning, large ones spaces', () => {
  const shown = [...glyphs('ab'), -60, ...glyphs('cd'), -300, ...glyphs('ef')];
  expect(texts(read(['setFont', 'F', 10], at(0, 700), ['showText', shown]))).toEqual(['abcd', 'ef']);
});

test('ligatures are read as letters, soft hyphens not at all', () => {
  const shown = [{ unicode: '\uFB01', width: 500, isSpace: false }, ...glyphs('lter\u00AD')];
  const [frame] = read(['setFont', 'F', 10], at(0, 700), ['showText', shown]);
  expect(frame!.words).toMatchObject([{ text: 'filter', softHyphen: true }]);
});

test('what a layer hides is not read', () => {
  const frames = read(
    ['setFont', 'F', 10],
    ['beginMarkedContentProps', 'OC', 'hidden'],
    ['beginMarkedContent', 'Span'],
    at(0, 700),
    ['showText', glyphs('secret')],
    ['endMarkedContent'],
    ['endMarkedContent'],
    at(0, 600),
    ['showText', glyphs('shown')],
  );
  expect(texts(frames)).toEqual(['shown']);
});

test('text in a form stands where the form is put, and leaves the state as it was', () => {
  const [frame] = read(
    ['setFont', 'F', 10],
    ['paintFormXObjectBegin', [2, 0, 0, 2, 50, 100], null],
    ['setFont', 'F', 5],
    at(10, 10),
    ['showText', glyphs('in')],
    ['paintFormXObjectEnd'],
    at(0, 20),
    ['showText', glyphs('out')],
  );
  expect(frame!.words.map(({ text, x0, base, size }) => [text, x0, base, size])).toEqual([
    ['in', 70, 680, 10],
    ['out', 0, 780, 10],
  ]);
});

test('right-to-left words are turned into the order of reading', () => {
  const visual = Array.from('\u05E9\u05DC\u05D5\u05DD').reverse().join('');
  expect(texts(read(['setFont', 'F', 10], at(0, 700), ['showText', glyphs(visual)]))).toEqual(['שלום']);
});

test('scripts without spaces give a place to each character', () => {
  expect(texts(read(['setFont', 'F', 10], at(0, 700), ['showText', glyphs('高電圧')]))).toEqual([
    '高',
    '電',
    '圧',
  ]);
});
