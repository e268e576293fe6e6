import type { Row } from './rows.ts';
import { authRows } from './rows/auth.ts';
import { chatRows } from './rows/chat.ts';
import { faqRows } from './rows/faq.ts';
import { instrumentRows } from './rows/instruments.ts';
import { sourceRows } from './rows/sources.ts';
import { viewerRows } from './rows/viewer.ts';

/** The whole dialect: every path that is served, each mapped onto one procedure. */
export const table: readonly Row[] = [
  ...authRows,
  ...chatRows,
  ...instrumentRows,
  ...sourceRows,
  ...viewerRows,
  ...faqRows,
];
