import type { Row } from '../rows.ts';

/** Bringing documents. */
export const uploadRows: readonly Row[] = [];
