import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { followUpTerms, followUpWeight } from './follow-up.ts';
import { fuse } from './fuse.ts';
import type { IndexCache, InstrumentIndex } from './index-cache.ts';
import type { Hit } from './lexical-index.ts';
import { withoutNearDuplicates } from './near-duplicates.ts';
import type { Passage, Retrieved } from './passage.ts';
import { passagesOf } from './store.ts';
import { questionTerms, terms } from './terms.ts';

/** What retrieval works with. */
export type RetrieveDeps = {
  app: Pick<App, 'db' | 'embedder' | 'log'>;
  indexes: Pick<IndexCache, 'get'>;
  /** The final word on what is shown; the database's in the product. */
  passages?: (viewer: Viewer, instrumentId: string, picks: Hit[]) => Promise<Passage[]>;
};

/** Room for what this viewer may not read, for repetitions, and for the fusion of two rankings. */
const candidatesPer = 3;
const fusedDepth = 50;
/** An embedding model slower than this is not waited for. */
const embedMs = 3_000;

/**
 * The best `k` passages for a question among those this viewer may read now, without near repetitions. A question that leans on the one
 * before is searched with its words too. Vectors, when there are any, are asked beside the words; without them the words answer alone.
 */
export async function retrieve(
  deps: RetrieveDeps,
  viewer: Viewer,
  asked: { instrumentId: string; indexVersion?: number; question: string; history?: string[] },
  k = 8,
  signal?: AbortSignal,
): Promise<Retrieved> {
  const { app, indexes } = deps;
  const passagesFor = deps.passages ?? ((viewer, id, picks) => passagesOf(app.db.query, viewer, id, picks));
  const index = await indexes.get(asked.instrumentId, asked.indexVersion);
  signal?.throwIfAborted();
  const { lexical } = index;
  const shown = questionTerms(asked.question);
  const previous = asked.history?.at(-1) ?? '';
  const context = followUpTerms(asked.question, shown, questionTerms(previous), lexical.idf);

  const near = nearest(
    app,
    index,
    context.length > 0 ? `${previous}\n${asked.question}` : asked.question,
    signal,
  );
  const depth = index.nearest ? fusedDepth : candidatesPer * k;
  const byWords = lexical.search(terms(asked.question), depth, { terms: context, weight: followUpWeight });
  const byVector = await near;
  const picks =
    byVector.length === 0
      ? byWords
      : fuse([byWords, byVector], (hit) => `${hit.readingId}/${hit.ordinal}`).map(({ item, score }) => ({
          ...item,
          score,
        }));
  const passages = await passagesFor(viewer, asked.instrumentId, picks.slice(0, candidatesPer * k));
  return {
    passages: withoutNearDuplicates(passages, k),
    terms: shown.map(({ term, shown }) => ({ term, shown, df: lexical.df(term), idf: lexical.idf(term) })),
    byVector: byVector.length > 0,
    idf: lexical.idf,
  };
}

/** How many of the best passages are looked behind, and how far. */
const behindOf = 4;
const behindBy = 2;

/** The fragments behind the best passages, for steps that go on there, as far as this viewer may read them now. */
export async function fragmentsBehind(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  instrumentId: string,
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
  return passagesOf(app.db.query, viewer, instrumentId, picks);
}

/** The ranking by vector; empty when there is none or the model that makes them is away. */
async function nearest(
  app: Pick<App, 'embedder' | 'log'>,
  index: InstrumentIndex,
  question: string,
  signal: AbortSignal | undefined,
): Promise<Hit[]> {
  if (!app.embedder || !index.nearest) return [];
  try {
    const patience = AbortSignal.timeout(embedMs);
    const [vector] = await app.embedder.embed(
      [question],
      signal ? AbortSignal.any([signal, patience]) : patience,
    );
    return vector ? await index.nearest(vector, fusedDepth) : [];
  } catch (error) {
    signal?.throwIfAborted();
    app.log.warn({ err: error }, 'A question could not be embedded; it was searched by its words');
    return [];
  }
}
