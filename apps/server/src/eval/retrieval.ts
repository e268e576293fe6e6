import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Db, newId, type Viewer } from '@rayni/api';
import {
  buildSegment,
  createIndexCache,
  type FragmentDraft,
  passagesOf,
  type Pick,
  readNote,
  readPdf,
  retrieve,
} from '@rayni/api/eval';
import { z } from 'zod';
import { storeLibrary, throwAwayDatabase } from './stored-library.ts';

/** Recall, reciprocal rank and gain of pages, paragraphs or documents, whose rank is that of their best fragment. */
export const figures = ['R@1', 'R@5', 'R@10', 'MRR@10', 'nDCG@10'] as const;
export type Figures = Record<(typeof figures)[number], number>;

/**
 * One set's figures of the ranking, as far as the viewer may read it; `shown` are those of the ten passages left without near repetitions,
 * where a page counts as missed whose words another document has, too, and a little better placed.
 */
export type RetrievalRow = Figures & { set: string; questions: number; fragments: number; shown: Figures };

/**
 * Measures the product's own reading, fragments and retrieval on the three sets below `dir`, from a database that is thrown away; every
 * set by itself, one set of parameters.
 */
export async function retrievalEval(dir: string): Promise<RetrievalRow[]> {
  await using room = await throwAwayDatabase();
  const { db } = room;
  return [
    await measure(db, 'manual-index', await manuals(path.join(dir, 'manual-index'))),
    await measure(
      db,
      'squad2',
      await notes(path.join(dir, 'squad2'), (question) => question.answerable === true),
    ),
    await measure(db, 'cranfield', await notes(path.join(dir, 'cranfield'), () => true)),
  ];
}

/** `places` are what a fragment counts for: its pages, its document. `relevant` are the places that answer, with their gain. */
type Document = { title: string; fragments: { draft: FragmentDraft; places: string[] }[] };
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
    documents.push({ title, fragments: kept });
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

const guest: Viewer = { kind: 'guest', key: 'guest:eval' };

/** Stores the set as an instrument of its own and asks as a guest, by the way every question of the product takes. */
async function measure(db: Db, set: string, { documents, asked }: Collection): Promise<RetrievalRow> {
  const places = new Map<string, string[]>();
  const stored = documents.map(({ title, fragments }) => {
    const readingId = newId();
    for (const { draft, places: held } of fragments) places.set(`${readingId} ${draft.ordinal}`, held);
    const drafts = fragments.map(({ draft }) => draft);
    const segment = buildSegment(drafts.map((draft) => ({ ...draft, title })));
    return { readingId, title, fragments: drafts, segment };
  });
  const instrumentId = await storeLibrary(db, set, stored);
  const app = { db, embedder: undefined, log: console };
  const indexes = createIndexCache(app);
  const ranked: Figures[] = [];
  const shown: Figures[] = [];
  try {
    for (const { question, relevant, exclude } of asked) {
      const figuresFor = (passages: readonly Pick[]) => {
        const found = passages.flatMap((p) => places.get(`${p.readingId} ${p.ordinal}`) ?? []);
        return figuresOf(
          [...new Set(found)].filter((place) => !exclude.has(place)),
          relevant,
        );
      };
      let readable: readonly Pick[] = [];
      const passages = async (viewer: Viewer, id: string, picks: Pick[]) =>
        (readable = await passagesOf(db.query, viewer, { instrumentId: id }, picks));
      const best = await retrieve({ app, indexes, passages }, guest, { instrumentId, question }, 10);
      ranked.push(figuresFor(readable));
      shown.push(figuresFor(best.passages));
    }
  } finally {
    await indexes.close();
  }
  return { set, questions: asked.length, fragments: places.size, ...mean(ranked), shown: mean(shown) };
}

function figuresOf(places: readonly string[], relevant: ReadonlyMap<string, number>): Figures {
  const ranking = places.slice(0, 10);
  const recall = (k: number) =>
    ranking.slice(0, k).filter((place) => relevant.has(place)).length / relevant.size;
  const first = ranking.findIndex((place) => relevant.has(place));
  const ideal = [...relevant.values()].sort((a, b) => b - a).slice(0, 10);
  return {
    'R@1': recall(1),
    'R@5': recall(5),
    'R@10': recall(10),
    'MRR@10': first < 0 ? 0 : 1 / (first + 1),
    'nDCG@10': gainOf(ranking.map((place) => relevant.get(place) ?? 0)) / gainOf(ideal),
  };
}

/** Rounded to three digits, as the anchors are. */
function mean(rows: readonly Figures[]): Figures {
  const of = (figure: keyof Figures) => {
    const sum = rows.reduce((sum, row) => sum + row[figure], 0);
    return Math.round((1000 * sum) / Math.max(1, rows.length)) / 1000;
  };
  return {
    'R@1': of('R@1'),
    'R@5': of('R@5'),
    'R@10': of('R@10'),
    'MRR@10': of('MRR@10'),
    'nDCG@10': of('nDCG@10'),
  };
}

/** Discounted cumulated gain (Järvelin and Kekäläinen 2002). */
const gainOf = (gains: number[]) => gains.reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0);

async function jsonLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => schema.parse(JSON.parse(line)));
}
