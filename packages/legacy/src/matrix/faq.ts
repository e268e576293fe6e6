import { type Entries, everywhere, plain } from './kinds.ts';

export const faqEntries: Entries = {
  'GET /api/faq/': { '': { send: plain, ...everywhere(200) } },
};
