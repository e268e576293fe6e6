import type { Rows } from './kinds.ts';

export const accessRows: Rows = {};
