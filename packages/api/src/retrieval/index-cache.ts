import type { App } from '../app.ts';
import { buildIndex, type LexicalIndex } from './lexical-index.ts';
import { answerableReadings, indexVersion, segmentsOf } from './store.ts';

/** Built indexes, by instrument; the least recently used ones go when the budget is spent. */
export type IndexCache = ReturnType<typeof createIndexCache>;

const budgetBytes = 512 * 2 ** 20;

export function createIndexCache(app: Pick<App, 'db'>) {
  const built = new Map<string, { version: number; index: Promise<LexicalIndex>; bytes: number }>();

  async function build(instrumentId: string): Promise<LexicalIndex> {
    const readings = await answerableReadings(app.db.query, instrumentId);
    return buildIndex(await segmentsOf(app.db.query, readings));
  }

  function evict() {
    let total = 0;
    for (const { bytes } of built.values()) total += bytes;
    for (const [id, { bytes }] of built) {
      if (total <= budgetBytes || built.size === 1) return;
      built.delete(id);
      total -= bytes;
    }
  }

  return {
    /** The index of what the instrument's library answers from now. Questions that come while it is built share one build. */
    async get(instrumentId: string): Promise<LexicalIndex> {
      const version = (await indexVersion(app.db.query, instrumentId)) ?? 0;
      const known = built.get(instrumentId);
      built.delete(instrumentId);
      if (known?.version === version) {
        built.set(instrumentId, known);
        return known.index;
      }
      const entry = { version, index: build(instrumentId), bytes: 0 };
      built.set(instrumentId, entry);
      try {
        const index = await entry.index;
        entry.bytes = index.bytes;
        evict();
        return index;
      } catch (error) {
        if (built.get(instrumentId) === entry) built.delete(instrumentId);
        throw error;
      }
    },
  };
}
