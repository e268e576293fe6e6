import type { TextRange } from '@rayni/contract';
import type { App } from '../app.ts';
import { decodePlaceMap } from '../ingest/place-map-bytes.ts';
import type { PlaceMap } from '../ingest/reading.ts';
import { placesOfUnits } from './store.ts';

/** The place map of one unit of one reading, if it has one; of a web page with its text, so that a place links to the very words. */
export type Places = (readingId: string, unit: number) => Located | undefined;
type Located = { places: PlaceMap; text: string | undefined };

/** The place maps of every unit these texts stand on, fetched once. */
export async function placesFor(
  app: Pick<App, 'db'>,
  texts: { readingId: string; ranges: TextRange[] }[],
): Promise<Places> {
  const wanted = new Map<string, { readingId: string; unit: number }>();
  for (const { readingId, ranges } of texts) {
    for (const { unit } of ranges) wanted.set(`${readingId}/${unit}`, { readingId, unit });
  }
  const rows = await placesOfUnits(app.db.query, [...wanted.values()]);
  // Most of them are never asked for, and taken apart they weigh many times as much: answers hold them while the model speaks.
  // And as the database client hands them out they hold on to the 64 KB they arrived in.
  const packed = new Map(
    rows.map((row) => [`${row.reading_id}/${row.ordinal}`, { ...row, places: Uint8Array.from(row.places) }]),
  );
  const found = new Map<string, Located>();
  return (readingId, unit) => {
    const key = `${readingId}/${unit}`;
    const row = packed.get(key);
    if (row && !found.has(key))
      found.set(key, { places: decodePlaceMap(row.places), text: row.text ?? undefined });
    return found.get(key);
  };
}
