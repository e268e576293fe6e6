import type { Rows } from './kinds.ts';

export const connectorsRows: Rows = {};
