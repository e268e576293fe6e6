import type { App } from '../app.ts';
import { dropFragments, dropSegment, dropUnits, embeddingModels } from './store.ts';

/** Rows per statement, so that no other query waits long behind one. */
const limit = 50;

/**
 * Removes what a reading of a deleted source holds: postings, fragments, vectors nobody else uses, units. Its row stays, since citations
 * point to it and one may be on its way. Again after a crash it goes on; twice is once.
 */
export async function emptyReading({ db }: Pick<App, 'db'>, readingId: string): Promise<void> {
  const models = await embeddingModels(db.query);
  await dropSegment(db.query, readingId);
  while ((await dropFragments(db.query, readingId, { models, limit })) > 0);
  while ((await dropUnits(db.query, readingId, limit)) > 0);
}
