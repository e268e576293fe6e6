import type { Instrument } from '@rayni/contract';
import { type Kysely, sql } from 'kysely';
import type { Viewer } from '../access/policy.ts';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;
const columns = ['id', 'name', 'vendor', 'models', 'visibility', 'description', 'updated_at'] as const;

/** The catalogue: public instruments for a guest, all for a member, by name (`COLLATE "C"`), then id. */
export async function catalogue(query: Query, viewer: Viewer): Promise<Instrument[]> {
  const rows = await known(query, viewer).orderBy(sql`name collate "C"`).orderBy('id').execute();
  return rows.map(toInstrument);
}

/** The instrument, if the catalogue shows it to this viewer. */
export async function knownInstrument(query: Query, viewer: Viewer, id: string) {
  const row = await known(query, viewer).where('id', '=', id).executeTakeFirst();
  return row && toInstrument(row);
}

function known(query: Query, viewer: Viewer) {
  const all = query.selectFrom('instrument').select(columns).where('deleted_at', 'is', null);
  return viewer.kind === 'guest' ? all.where('visibility', '=', 'public') : all;
}

function toInstrument(
  row: {
    [K in (typeof columns)[number]]: K extends 'updated_at' ? Date : Tables['instrument'][K];
  },
): Instrument {
  const { updated_at, ...rest } = row;
  return { ...rest, updatedAt: updated_at };
}
