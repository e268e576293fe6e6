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
