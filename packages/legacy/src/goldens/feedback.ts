import type { Feedback } from '@rayni/contract';
import { expect } from 'vitest';
import { ids } from '../samples.ts';
import type { Golden } from './golden.ts';

const id = '01900000-0000-7000-8000-0000000000b1';

const open: Feedback = {
  id,
  email: 'user@rayni.com',
  category: 'bug',
  body: 'The page is blank.',
  route: '/instruments',
  instrumentId: ids.instrument,
  lastTurnId: ids.turn,
  userAgent: 'Browser 1',
  status: 'open',
  adminResponse: null,
  respondedAt: null,
  createdAt: new Date('2026-05-01T09:00:00.000Z'),
};
const legacyOpen = {
  id,
  email: 'user@rayni.com',
  category: 'bug',
  body: 'The page is blank.',
  route: '/instruments',
  instrument_id: ids.instrument,
  last_turn_id: ids.turn,
  user_agent: 'Browser 1',
  status: 'open',
  admin_response: null,
  responded_at: null,
  created_at: '2026-05-01T09:00:00.000Z',
};
const closed: Feedback = {
  ...open,
  status: 'closed',
  adminResponse: 'Fixed.',
  respondedAt: new Date('2026-05-02T10:00:00.000Z'),
};
const legacyClosed = {
  ...legacyOpen,
  status: 'closed',
  admin_response: 'Fixed.',
  responded_at: '2026-05-02T10:00:00.000Z',
};

const told = (path: string): Golden => ({
  row: `POST ${path}`,
  send: {
    url: path,
    body: {
      email: 'user@rayni.com',
      category: 'bug',
      body: 'The page is blank.',
      route: '/instruments',
      instrument_id: ids.instrument,
      last_turn_id: ids.turn,
      meta: { width: 320 },
    },
  },
  script: { 'feedback.create': () => open },
  input: {
    email: 'user@rayni.com',
    category: 'bug',
    body: 'The page is blank.',
    route: '/instruments',
    instrumentId: ids.instrument,
    lastTurnId: ids.turn,
    meta: { width: 320 },
  },
  status: 201,
  body: legacyOpen,
});

const list = (path: string): Golden => ({
  row: `GET ${path}`,
  send: { url: `${path}?page=2&page_size=2` },
  script: { 'feedback.list': () => ({ items: [closed, open], total: 5 }) },
  input: { page: 2, pageSize: 2 },
  headers: { 'x-total-count': '5', link: expect.stringMatching(/page=3.*rel="next".*page=1&.*rel="prev"$/) },
  body: { items: [legacyClosed, legacyOpen] },
});

const responded = (prefix: string): Golden => ({
  row: `POST ${prefix}/:id/respond`,
  send: { url: `${prefix}/${id}/respond`, body: { response: 'Fixed.' } },
  script: { 'feedback.respond': () => closed },
  input: { id, response: 'Fixed.' },
  body: legacyClosed,
});

/** What people tell those who run this. */
export const feedbackGoldens: Golden[] = [
  told('/api/feedback/'),
  told('/api/support/feedback'),
  {
    ...told('/api/feedback/'),
    send: {
      url: '/api/feedback/',
      body: { body: 'Hm.', email: null, route: null, instrument_id: 'all', last_turn_id: '', meta: null },
    },
    input: { category: 'support', body: 'Hm.' },
  },
  list('/api/feedback/'),
  list('/api/support/feedback/list'),
  responded('/api/feedback'),
  responded('/api/support/feedback'),
];
