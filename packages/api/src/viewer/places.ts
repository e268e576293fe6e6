import type { TextRange } from '@rayni/contract';
import { LRUCache } from 'lru-cache';
import type { App } from '../app.ts';
import { decodePlaceMap } from '../ingest/place-map-bytes.ts';
import type { PlaceMap } from '../ingest/reading.ts';
import { placesOfUnits } from './store.ts';

/** The place map of one unit of one reading, if it has one; of a web page with its text, so that a place links to the very words. */
export type Places = (readingId: string, unit: number) => Located | undefined;
type Located = { places: PlaceMap; text: string | undefined };

/** Pages that were cited last, by reading and unit, taken apart: readings are never edited, and what many ask about is fetched once. At most 16 MB. */
const known = new LRUCache<string, Located & { bytes: number }>({
  max: 64,
  maxSize: 16 * 2 ** 20,
  sizeCalculation: ({ bytes }) => bytes,
});
/** A place map taken apart is at most so many times as large: an entry of four bytes or more becomes 24. */
const apart = 6;

/** The place maps of every unit these texts stand on, fetched once. */
export async function placesFor(
  app: Pick<App, 'db'>,
  texts: { readingId: string; ranges: TextRange[] }[],
): Promise<Places> {
  const found = new Map<string, Located>();
  const wanted = new Map<string, { readingId: string; unit: number }>();
  for (const { readingId, ranges } of texts) {
    for (const { unit } of ranges) {
      const key = keyOf(readingId, unit);
      const located = known.get(key);
      if (located) found.set(key, located);
      else wanted.set(key, { readingId, unit });
    }
  }
  if (wanted.size > 0) {
    for (const row of await placesOfUnits(app.db.query, [...wanted.values()])) {
      const bytes = apart * row.places.length + 2 * (row.text?.length ?? 0);
      const located = { places: decodePlaceMap(row.places), text: row.text ?? undefined, bytes };
      found.set(keyOf(row.reading_id, row.ordinal), located);
      known.set(keyOf(row.reading_id, row.ordinal), located);
    }
  }
  return (readingId, unit) => found.get(keyOf(readingId, unit));
}

const keyOf = (readingId: string, unit: number) => `${readingId}/${unit}`;
