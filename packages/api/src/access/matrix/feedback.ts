import { admins, adminsMiss, all, missing, type Rows } from './kinds.ts';

const entry = { id: 'booking', question: 'How do I book it?', answer: 'In the calendar.' };
const body = 'The page is blank.';
const response = 'Fixed.';

export const feedbackRows: Rows = {
  'feedback.create': {
    '': {
      call: (api, { instrumentId, foreign }) =>
        api.feedback.create({ body, instrumentId, lastTurnId: foreign.turnId }),
      public: all,
      restricted: all,
    },
  },
  'feedback.list': { '': { call: (api) => api.feedback.list({}), public: admins, restricted: admins } },
  'feedback.respond': {
    '': {
      call: (api, { feedback }) => api.feedback.respond({ id: feedback, response }),
      public: admins,
      restricted: admins,
    },
    missing: {
      call: (api) => api.feedback.respond({ id: missing, response }),
      public: adminsMiss,
      restricted: adminsMiss,
    },
  },
  'faq.list': { '': { call: (api) => api.faq.list(), public: all, restricted: all } },
  'faq.save': { '': { call: (api) => api.faq.save(entry), public: admins, restricted: admins } },
  'faq.remove': {
    // Saved and removed alike by admins alone.
    '': {
      call: async (api) => {
        await api.faq.save(entry);
        return api.faq.remove({ id: entry.id });
      },
      public: admins,
      restricted: admins,
    },
    missing: {
      call: (api) => api.faq.remove({ id: 'missing' }),
      public: adminsMiss,
      restricted: adminsMiss,
    },
  },
};
