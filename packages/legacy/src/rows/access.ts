import type { Row } from '../rows.ts';

/** Wishes for access and grants. */
export const accessRows: readonly Row[] = [];
