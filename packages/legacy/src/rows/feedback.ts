import type { Row } from '../rows.ts';

/** What people tell those who run this. */
export const feedbackRows: readonly Row[] = [];
