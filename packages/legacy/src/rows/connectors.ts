import type { Row } from '../rows.ts';

/** Places outside from which documents are fetched. */
export const connectorRows: readonly Row[] = [];
