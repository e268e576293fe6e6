import type { Row } from './rows.ts';
import { accessRows } from './rows/access.ts';
import { authRows } from './rows/auth.ts';
import { chatRows } from './rows/chat.ts';
import { connectorRows } from './rows/connectors.ts';
import { faqRows } from './rows/faq.ts';
import { feedbackRows } from './rows/feedback.ts';
import { instrumentRows } from './rows/instruments.ts';
import { sourceRows } from './rows/sources.ts';
import { uploadRows } from './rows/uploads.ts';
import { userRows } from './rows/users.ts';
import { viewerRows } from './rows/viewer.ts';

/** The whole dialect: every path that is served, each mapped onto one procedure. */
export const table: readonly Row[] = [
  ...authRows,
  ...chatRows,
  ...instrumentRows,
  ...sourceRows,
  ...accessRows,
  ...userRows,
  ...uploadRows,
  ...connectorRows,
  ...viewerRows,
  ...feedbackRows,
  ...faqRows,
];
