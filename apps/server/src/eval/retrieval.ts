import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildIndex, buildSegment, type FragmentDraft, readNote, readPdf, terms } from '@rayni/api/eval';
import { z } from 'zod';

/** One set's figures. Recall, reciprocal rank and gain of pages, paragraphs or documents, whose rank is that of their best fragment. */
export type RetrievalRow = {
  set: string;
  questions: number;
  fragments: number;
  'R@1': number;
  'R@5': number;
  'R@10': number;
  'MRR@10': number;
  'nDCG@10': number;
};

/** Measures the product's own reading, fragments, postings and ranking on the three sets below `dir`; every set by itself, one set of parameters. */
export async function retrievalEval(dir: string): Promise<RetrievalRow[]> {
  return [
    await measure('manual-index', await manuals(path.join(dir, 'manual-index'))),
    await measure(
      'squad2',
      await notes(path.join(dir, 'squad2'), (question) => question.answerable === true),
    ),
    await measure('cranfield', await notes(path.join(dir, 'cranfield'), () => true)),
  ];
}

/** `places` are what a fragment counts for: its pages, its document. `relevant` are the places that answer, with their gain. */
type Document = { id: string; title: string; fragments: { draft: FragmentDraft; places: string[] }[] };
type Asked = { question: string; relevant: Map<string, number>; exclude: Set<string> };
type Collection = { documents: Document[]; asked: Asked[] };

const manualQuestion = z.object({
  question: z.string(),
  doc: z.string(),
  pdf: z.string(),
  pages: z.array(z.int()),
  index_starts_page: z.int(),
});

/** Questions are the entries of the manuals' own indexes that have more than one word; the index's pages themselves are left out. */
async function manuals(dir: string): Promise<Collection> {
  const all = await jsonLines(path.join(dir, 'questions.jsonl'), manualQuestion);
  const questions = all.filter(({ question }) => question.trim().split(/\s+/).length > 1);
  const byDocument = new Map(questions.map((question) => [question.doc, question]));
  const documents: Document[] = [];
  for (const { doc, pdf, index_starts_page: end } of byDocument.values()) {
    const { fragments } = await readPdf(new Uint8Array(await readFile(path.join(dir, pdf))));
    const title = doc.replace(/[-_]+/g, ' ');
    const kept = fragments
      .map((draft) => ({ draft, places: draft.ranges.map(({ unit }) => unit).filter((unit) => unit < end) }))
      .filter(({ places }) => places.length > 0)
      .map(({ draft, places }) => ({ draft, places: places.map((page) => `${doc}/${page}`) }));
    documents.push({ id: doc, title, fragments: kept });
  }
  const asked = questions.map(({ question, doc, pages }) => ({
    question,
    relevant: new Map(pages.map((page) => [`${doc}/${page}`, 1])),
    exclude: new Set<string>(),
  }));
  return { documents, asked };
}

const note = z.object({ doc: z.coerce.string(), title: z.string().nullish(), text: z.string().nullish() });
const noteQuestion = z.object({
  question: z.string(),
  qrels: z.record(z.string(), z.number()),
  answerable: z.boolean().optional(),
  exclude: z.array(z.coerce.string()).optional(),
});

async function notes(
  dir: string,
  wanted: (question: z.infer<typeof noteQuestion>) => boolean,
): Promise<Collection> {
  const documents: Document[] = [];
  for (const { doc, title, text } of await jsonLines(path.join(dir, 'docs.jsonl'), note)) {
    if (!text?.trim()) continue;
    const { fragments } = await readNote(new TextEncoder().encode(text), { markdown: false });
    documents.push({
      id: doc,
      title: title ?? '',
      fragments: fragments.map((draft) => ({ draft, places: [doc] })),
    });
  }
  const questions = await jsonLines(path.join(dir, 'questions.jsonl'), noteQuestion);
  const asked = questions.filter(wanted).map(({ question, qrels, exclude = [] }) => ({
    question,
    relevant: new Map(Object.entries(qrels).filter(([doc, gain]) => gain > 0 && !exclude.includes(doc))),
    exclude: new Set(exclude),
  }));
  return { documents, asked: asked.filter(({ relevant }) => relevant.size > 0) };
}

/** Fragments looked at, so that ten different places are found after several fragments of one. */
const depth = 200;

async function measure(set: string, { documents, asked }: Collection): Promise<RetrievalRow> {
  const places = new Map<string, string[]>();
  for (const { id, fragments } of documents)
    for (const { draft, places: held } of fragments) places.set(`${id} ${draft.ordinal}`, held);
  const index = await buildIndex(
    documents.map(({ id, title, fragments }) => ({
      readingId: id,
      bytes: buildSegment(fragments.map(({ draft }) => ({ ...draft, title }))),
    })),
  );
  const figures = { 'R@1': 0, 'R@5': 0, 'R@10': 0, 'MRR@10': 0, 'nDCG@10': 0 };
  for (const { question, relevant, exclude } of asked) {
    const hits = index.search(terms(question), depth);
    const found = new Set(
      hits.flatMap(({ readingId, ordinal }) => places.get(`${readingId} ${ordinal}`) ?? []),
    );
    const ranking = [...found].filter((place) => !exclude.has(place)).slice(0, 10);
    for (const k of [1, 5, 10] as const)
      figures[`R@${k}`] += ranking.slice(0, k).filter((place) => relevant.has(place)).length / relevant.size;
    const first = ranking.findIndex((place) => relevant.has(place));
    if (first >= 0) figures['MRR@10'] += 1 / (first + 1);
    const ideal = [...relevant.values()].sort((a, b) => b - a).slice(0, 10);
    figures['nDCG@10'] += gainOf(ranking.map((place) => relevant.get(place) ?? 0)) / gainOf(ideal);
  }
  const mean = (sum: number) => Math.round((1000 * sum) / Math.max(1, asked.length)) / 1000;
  return {
    set,
    questions: asked.length,
    fragments: index.fragments,
    'R@1': mean(figures['R@1']),
    'R@5': mean(figures['R@5']),
    'R@10': mean(figures['R@10']),
    'MRR@10': mean(figures['MRR@10']),
    'nDCG@10': mean(figures['nDCG@10']),
  };
}

/** Discounted cumulated gain (Järvelin and Kekäläinen 2002). */
const gainOf = (gains: number[]) => gains.reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0);

async function jsonLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => schema.parse(JSON.parse(line)));
}
