import { z } from 'zod';

/** A text from outside, without what no database and no JSON column holds: NUL and halves of surrogate pairs. */
export const text = () => z.string().overwrite((value) => value.replaceAll('\0', '').toWellFormed());
