import type { LocateInput, ShownText } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { locateProof } from './locate.ts';
import { citationById, fragmentById, readingOfCitation, textsOfUnits } from './store.ts';

/**
 * As `locateProof`, with the stored text that the quote was taken from, unit by unit, and where it stands in it: `text.slice(start, end)` of
 * the marks, joined by one space, is the quote. It is the text of the version the Proof is pinned to, whatever became of the original
 * since. Of a deleted source no text is left.
 */
export async function shownText(
  app: Pick<App, 'db' | 'blobs'>,
  viewer: Viewer,
  input: LocateInput,
): Promise<ShownText> {
  const located = await locateProof(app, viewer, input);
  const { query } = app.db;
  const citation = input.target ? await citationById(query, input.target) : undefined;
  const cited = citation && (await readingOfCitation(query, citation.id));
  const fragment = located.fragmentId === null ? undefined : await fragmentById(query, located.fragmentId);
  const readingId = cited ?? fragment?.reading_id;
  const ranges = citation?.ranges ?? fragment?.ranges ?? [];
  if (located.deleted || readingId === undefined) return { ...located, units: [] };
  const ordinals = [...new Set(ranges.map(({ unit }) => unit))];
  const texts = await textsOfUnits(query, readingId, ordinals);
  return {
    ...located,
    units: texts.map(({ ordinal, text }) => ({
      ordinal,
      text,
      marks: ranges.filter(({ unit }) => unit === ordinal).map(({ start, end }) => ({ start, end })),
    })),
  };
}
