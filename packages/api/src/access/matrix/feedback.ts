import { all, type Rows } from './kinds.ts';

export const feedbackRows: Rows = {
  'faq.list': { '': { call: (api) => api.faq.list(), public: all, restricted: all } },
};
