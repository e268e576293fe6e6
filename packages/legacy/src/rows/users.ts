import type { Row } from '../rows.ts';

/** The people who may sign in. */
export const userRows: readonly Row[] = [];
