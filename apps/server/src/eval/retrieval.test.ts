import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { smallPdf } from '../testing/small-pdf.ts';
import { retrievalEval } from './retrieval.ts';

// A first start of the embedded database takes seconds of one core, on a busy machine much longer.
vi.setConfig({ testTimeout: 120_000 });

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'rayni-eval-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function write(file: string, rows: object[]) {
  await mkdir(path.dirname(path.join(dir, file)), { recursive: true });
  await writeFile(path.join(dir, file), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

it('ranks pages, paragraphs and documents by their best fragment', async () => {
  const manualPages = [
    'The sheath filter is replaced every month. Keep a spare sheath filter at hand.',
    'The waste tank is emptied every evening, and rinsed with water.',
    'Index. waste tank 2, waste tank alarm, waste tank',
  ];
  await mkdir(path.join(dir, 'manual-index/pdf'), { recursive: true });
  await writeFile(
    path.join(dir, 'manual-index/pdf/pump.pdf'),
    await smallPdf(manualPages.map((line) => [line])),
  );
  const entry = { doc: 'pump', pdf: 'pdf/pump.pdf', index_starts_page: 3 };
  await write('manual-index/questions.jsonl', [
    { ...entry, question: 'waste tank', pages: [2] },
    { ...entry, question: 'sheath filter', pages: [2] },
    { ...entry, question: 'tank', pages: [1] },
  ]);
  const docs = [
    { doc: 'a', title: 'Lasers', text: 'The red laser warms up for half an hour.' },
    { doc: 'b', title: 'Lasers', text: 'The blue laser is ready at once. The red one is not.' },
    { doc: 'c', title: 'Pumps', text: 'A pump moves water.' },
  ];
  const copy = { ...docs[1]!, doc: 'd' };
  await write('squad2/docs.jsonl', [...docs, copy]);
  await write('squad2/questions.jsonl', [
    { question: 'Which laser is blue?', answerable: true, qrels: { b: 1, d: 1 } },
    { question: 'Which laser is green?', answerable: false, qrels: { c: 1 } },
  ]);
  await write('cranfield/docs.jsonl', docs);
  await write('cranfield/questions.jsonl', [
    { question: 'the red laser warms up', qrels: { b: 2, c: 1, a: 1 }, exclude: ['a'] },
  ]);

  const [manual, paragraphs, documents] = await retrievalEval(dir);
  // One of the two questions with white space finds its page; the page of the index is never first, since it is left out.
  expect(manual).toMatchObject({
    set: 'manual-index',
    questions: 2,
    'R@1': 0.5,
    'MRR@10': 0.5,
    'nDCG@10': 0.5,
  });
  expect(paragraphs).toMatchObject({ set: 'squad2', questions: 1, fragments: 4, 'R@5': 1, 'MRR@10': 1 });
  // d says word for word what b says, and is ranked, but not shown.
  expect(paragraphs?.shown).toMatchObject({ 'R@5': 0.5, 'MRR@10': 1 });
  // b stands first once a is dropped; of its gain 2 and c's 1 only b's is found: 2 / (2 + 1 / log2 3).
  expect(documents).toMatchObject({
    set: 'cranfield',
    'R@1': 0.5,
    'R@10': 0.5,
    'MRR@10': 1,
    'nDCG@10': 0.76,
  });
});
