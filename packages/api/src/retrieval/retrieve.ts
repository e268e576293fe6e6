import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import type { IndexCache } from './index-cache.ts';
import type { Retrieved } from './passage.ts';
import { passagesOf } from './store.ts';
import { terms } from './terms.ts';

/** The best passages for a question that this viewer may read now. */
export async function retrieve(
  { app, indexes }: { app: Pick<App, 'db' | 'embedder' | 'log'>; indexes: IndexCache },
  viewer: Viewer,
  asked: { instrumentId: string; question: string; history: string[] },
  k: number,
  _signal: AbortSignal,
): Promise<Retrieved> {
  const index = await indexes.get(asked.instrumentId);
  const wanted = terms(asked.question);
  const hits = index.search(wanted, k);
  const passages = await passagesOf(app.db.query, viewer, asked.instrumentId, hits);
  return {
    passages,
    terms: [...new Set(wanted)].map((term) => ({
      term,
      shown: term,
      df: index.df(term),
      idf: index.idf(term),
    })),
    idf: index.idf,
  };
}
