import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { followUpTerms, followUpWeight } from './follow-up.ts';
import { fuse } from './fuse.ts';
import type { IndexCache, InstrumentIndex } from './index-cache.ts';
import type { Hit, LexicalIndex } from './lexical-index.ts';
import { withoutNearDuplicates } from './near-duplicates.ts';
import type { Passage, Retrieved } from './passage.ts';
import { passagesOf } from './store.ts';
import { questionTerms, stem, terms, withoutPointing } from './terms.ts';

/** What retrieval works with. */
export type RetrieveDeps = {
  app: Pick<App, 'db' | 'embedder' | 'log'>;
  /** By instrument. */
  indexes: Pick<IndexCache, 'get'>;
  /** By conversation; without it attachments are not searched. */
  attachments?: Pick<IndexCache, 'get'>;
  /** The final word on what is shown; the database's in the product. */
  passages?: (viewer: Viewer, instrumentId: string, picks: Hit[]) => Promise<Passage[]>;
};

/** Where is searched: the instrument's library and, in a conversation that has some, the files attached to it. */
export type Searched = { instrumentId: string; conversationId?: string | undefined };

/** Room for what this viewer may not read, for repetitions, and for the fusion of two rankings. */
const candidatesPer = 3;
const fusedDepth = 50;
/** So many first fragments of each attachment are shown to a question that shares no word with any. */
const firstOfEach = 3;
/** An embedding model slower than this is not waited for. */
const embedMs = 3_000;

/**
 * The best `k` passages for a question among those this viewer may read now, without near repetitions. A question that leans on the one
 * before is searched with its words too. Vectors, when there are any, are asked beside the words; without them the words answer alone.
 * Attachments are ranked among themselves, their words weighing nothing in the library, and the two rankings are one by rank.
 */
export async function retrieve(
  deps: RetrieveDeps,
  viewer: Viewer,
  asked: Searched & { indexVersion?: number; question: string; history?: string[] },
  k = 8,
  signal?: AbortSignal,
): Promise<Retrieved> {
  const { app } = deps;
  const passagesFor =
    deps.passages ?? ((_viewer, _id, picks) => passagesOf(app.db.query, viewer, asked, picks));
  const [library, files] = await Promise.all([
    deps.indexes.get(asked.instrumentId, asked.indexVersion),
    asked.conversationId === undefined ? undefined : deps.attachments?.get(asked.conversationId),
  ]);
  signal?.throwIfAborted();
  const attached = files !== undefined && files.lexical.fragments > 0;
  const indexes = attached ? [library, files] : [library];
  const { df, idf } = statistics(indexes.map(({ lexical }) => lexical));
  const shown = questionTerms(asked.question);
  const previous = asked.history?.at(-1) ?? '';
  const context = followUpTerms(asked.question, shown, questionTerms(previous), idf);

  const near = nearest(
    app,
    indexes,
    context.length > 0 ? `${previous}\n${asked.question}` : asked.question,
    signal,
  );
  const words = searchTerms(asked.question, (term) => df(term) > 0);
  const byWords = indexes.map(({ lexical, nearest }) =>
    lexical.search(words, nearest ? fusedDepth : candidatesPer * k, {
      terms: context,
      weight: followUpWeight,
    }),
  );
  const byVector = await near;
  const ranked = byWords.map((hits, i) => joined([hits, byVector[i] ?? []]));
  if (attached && ranked[1]?.length === 0) ranked[1] = beginnings(files);
  const picks = joined(ranked);
  const passages = await passagesFor(viewer, asked.instrumentId, picks.slice(0, candidatesPer * k));
  return {
    passages: withoutNearDuplicates(passages, k),
    terms: shown.map(({ term, shown }) => ({ term, shown, df: df(term), idf: idf(term) })),
    byVector: byVector.some((hits) => hits.length > 0),
    attached,
    idf,
  };
}

/** One ranking of several; one that stands alone stays as it is. */
function joined(rankings: Hit[][]): Hit[] {
  const some = rankings.filter((hits) => hits.length > 0);
  if (some.length < 2) return some[0] ?? [];
  return fuse(some, (hit) => `${hit.readingId}/${hit.ordinal}`).map(({ item, score }) => ({
    ...item,
    score,
  }));
}

/** Over all that is searched: in how many fragments a term stands, and ln(1 + (N − df + ½) / (df + ½)). */
function statistics(parts: LexicalIndex[]) {
  const [only] = parts;
  if (only && parts.length === 1) return { df: only.df, idf: only.idf };
  const total = parts.reduce((sum, { fragments }) => sum + fragments, 0);
  const df = (term: string) => parts.reduce((sum, part) => sum + part.df(term), 0);
  const idf = (term: string) => {
    const n = df(term);
    return Math.log(1 + (total - n + 0.5) / (n + 0.5));
  };
  return { df, idf };
}

/** How each file begins, for a question about the file as a whole. */
const beginnings = ({ readings }: InstrumentIndex): Hit[] =>
  Array.from({ length: firstOfEach }, (_, ordinal) =>
    readings.map((readingId) => ({ readingId, ordinal, score: 0 })),
  ).flat();

/** How many of the best passages are looked behind, and how far. */
const behindOf = 4;
const behindBy = 2;

/** The fragments behind the best passages, for steps that go on there, as far as this viewer may read them now. */
export async function fragmentsBehind(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  searched: Searched,
  passages: readonly Passage[],
): Promise<Passage[]> {
  const known = new Set(passages.map(({ readingId, ordinal }) => `${readingId}/${ordinal}`));
  const picks: Hit[] = [];
  for (const { readingId, ordinal } of passages.slice(0, behindOf))
    for (let next = ordinal + 1; next <= ordinal + behindBy; next++) {
      if (known.has(`${readingId}/${next}`)) continue;
      known.add(`${readingId}/${next}`);
      picks.push({ readingId, ordinal: next, score: 0 });
    }
  return passagesOf(app.db.query, viewer, searched, picks);
}

/** What is looked up for a question: its terms, and a verb with its particle as one word where the documents write it so ("shut down", "shutdown"). */
export function searchTerms(question: string, stands: (term: string) => boolean): string[] {
  const asked = withoutPointing(question);
  const joined = [...asked.toLowerCase().matchAll(verbAndParticle)].map(([, verb = '', particle = '']) =>
    stem(verb + particle),
  );
  return [...terms(asked), ...new Set(joined.filter(stands))];
}

// Any two neighbouring words instead cost a hundredth of nDCG on cranfield.
const verbAndParticle = /\b(\p{L}{3,}) (up|down|off|out|over|by)\b/gu;

/** The ranking of each by vector; empty where there is none, or when the model that makes them is away. */
async function nearest(
  app: Pick<App, 'embedder' | 'log'>,
  indexes: InstrumentIndex[],
  question: string,
  signal: AbortSignal | undefined,
): Promise<Hit[][]> {
  if (!app.embedder || indexes.every((index) => !index.nearest)) return [];
  try {
    const patience = AbortSignal.timeout(embedMs);
    const [vector] = await app.embedder.embed(
      [question],
      signal ? AbortSignal.any([signal, patience]) : patience,
    );
    if (!vector) return [];
    return await Promise.all(indexes.map(async (index) => (await index.nearest?.(vector, fusedDepth)) ?? []));
  } catch (error) {
    signal?.throwIfAborted();
    app.log.warn({ err: error }, 'A question could not be embedded; it was searched by its words');
    return [];
  }
}
