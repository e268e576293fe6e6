import type { Rows } from './kinds.ts';

export const tokensRows: Rows = {};
