import { z } from 'zod';

/** No source, turn or instrument has it. */
const nilId = '00000000-0000-0000-0000-000000000000';

/**
 * An id in a path. An ill-formed one names nothing, so it is asked for as an id that nothing has: the procedure itself then answers
 * as for whatever does not exist, and a caller who has to sign in first is told that first.
 */
export const pathId = z.uuid().catch(nilId);

/** A page number or size in a query. */
export const count = z.coerce.number().int().min(1);

/** Nothing is asked for. */
export const nothing = z.object({}).transform(() => undefined);

/** A point in time as the dialect writes it: ISO 8601, UTC. */
export const time = z.iso.datetime();

/** A form sends what was left empty as an empty text, other callers as null: neither was given. */
export const given = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((sent) => (sent === '' || sent === null ? undefined : sent), schema.optional());

/** As `given`, where an empty text or null says: none. */
export const orNone = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((sent) => (sent === '' ? null : sent), schema.nullable().optional());

/** A list; or, as a name that comes once in a form is no list, one text: a JSON array, or parts with commas between. */
export const list = z.union([z.array(z.string()), z.string().transform(partsOf)]);

const texts = z.array(z.string());

function partsOf(sent: string): string[] {
  const trimmed = (parts: string[]) => parts.map((part) => part.trim()).filter((part) => part !== '');
  if (!sent.trimStart().startsWith('[')) return trimmed(sent.split(','));
  try {
    return trimmed(texts.parse(JSON.parse(sent)));
  } catch {
    return trimmed(sent.split(','));
  }
}
