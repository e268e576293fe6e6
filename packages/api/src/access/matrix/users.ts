import type { Rows } from './kinds.ts';

export const usersRows: Rows = {};
