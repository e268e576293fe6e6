import type { AccessRequest, Grant, User } from '@rayni/contract';
import { ids } from '../samples.ts';
import type { Golden } from './golden.ts';

const requestId = '01900000-0000-7000-8000-0000000000a1';
const grantId = '01900000-0000-7000-8000-0000000000a2';

const request: AccessRequest = {
  id: requestId,
  userId: ids.user,
  userEmail: 'user@rayni.com',
  userName: 'Demo User',
  instrumentId: ids.instrument,
  reason: 'For the beam line.',
  status: 'denied',
  reviewer: 'admin@rayni.com',
  reviewedAt: new Date('2026-05-02T10:00:00.000Z'),
  createdAt: new Date('2026-05-01T09:00:00.000Z'),
};
const legacyRequest = {
  id: requestId,
  user: ids.user,
  user_email: 'user@rayni.com',
  user_name: 'Demo User',
  instrument: ids.instrument,
  reason: 'For the beam line.',
  status: 'denied',
  reviewer: 'admin@rayni.com',
  reviewed_at: '2026-05-02T10:00:00.000Z',
  created_at: '2026-05-01T09:00:00.000Z',
};
const waiting = { ...request, status: 'pending', reviewer: null, reviewedAt: null };
const legacyWaiting = { ...legacyRequest, status: 'pending', reviewer: null, reviewed_at: null };

const grant: Grant = {
  id: grantId,
  userId: ids.user,
  userEmail: 'user@rayni.com',
  instrumentId: ids.instrument,
  role: 'trained_user',
  status: 'active',
  createdAt: new Date('2026-05-02T10:00:00.000Z'),
};
const legacyGrant = {
  id: grantId,
  user: ids.user,
  user_email: 'user@rayni.com',
  instrument: ids.instrument,
  role: 'trained_user',
  status: 'active',
  created_at: '2026-05-02T10:00:00.000Z',
};

const user: User = {
  id: ids.user,
  email: 'user@rayni.com',
  name: 'Demo User',
  isAdmin: false,
  role: 'trained_user',
  status: 'invited',
  createdAt: new Date('2026-05-01T09:00:00.000Z'),
};

const at = (rest: string) => `/api/instruments/${ids.instrument}/${rest}`;

const wish = (path: string): Golden => ({
  row: `POST /api/instruments/:id/${path}`,
  send: { url: at(path), body: { reason: 'For the beam line.' } },
  script: { 'access.request': () => waiting },
  input: { instrumentId: ids.instrument, reason: 'For the beam line.' },
  status: 202,
  body: { id: requestId, status: 'pending' },
});

const decision = (action: 'approve' | 'deny', status: AccessRequest['status']): Golden => ({
  row: 'POST /api/instruments/:id/access/requests/:req_id/:action',
  send: { url: at(`access/requests/${requestId}/${action}`) },
  script: { [`access.${action}`]: () => ({ ...request, status }) },
  input: { instrumentId: ids.instrument, requestId },
  body: { status },
});

const give = (path: string): Golden => ({
  row: `POST /api/instruments/:id/${path}`,
  send: { url: at(path), body: { email: 'user@rayni.com' } },
  script: { 'access.grant': () => grant },
  input: { instrumentId: ids.instrument, email: 'user@rayni.com', role: 'trained_user' },
  status: 201,
  body: legacyGrant,
});

/** Access control and users. */
export const accessGoldens: Golden[] = [
  wish('access/request'),
  wish('request-access'),
  {
    ...wish('access/request'),
    send: { url: at('access/request') },
    input: { instrumentId: ids.instrument, reason: '' },
  },
  {
    row: 'GET /api/instruments/:id/access/requests',
    send: { url: at('access/requests') },
    script: { 'access.requests': () => [waiting] },
    input: { instrumentId: ids.instrument, status: 'pending' },
    body: { items: [legacyWaiting] },
  },
  {
    row: 'GET /api/instruments/:id/access/requests',
    send: { url: at('access/requests?status=denied') },
    script: { 'access.requests': () => [request] },
    input: { instrumentId: ids.instrument, status: 'denied' },
    body: { items: [legacyRequest] },
  },
  decision('approve', 'approved'),
  decision('deny', 'denied'),
  {
    row: 'GET /api/instruments/:id/access/grants',
    send: { url: at('access/grants') },
    script: { 'access.grants': () => [grant] },
    input: { instrumentId: ids.instrument },
    body: { items: [legacyGrant] },
  },
  give('access/grants'),
  give('access/grants/create'),
  {
    row: 'PATCH /api/instruments/:id/access/grants/:grant_id',
    send: { url: at(`access/grants/${grantId}`), body: { status: 'revoked' } },
    script: { 'access.changeGrant': () => ({ ...grant, status: 'revoked' }) },
    input: { instrumentId: ids.instrument, grantId, status: 'revoked' },
    body: { ...legacyGrant, status: 'revoked' },
  },
  {
    row: 'GET /api/users',
    send: { url: '/api/users' },
    script: { 'users.list': () => [user] },
    input: undefined,
    body: {
      items: [
        {
          id: ids.user,
          email: 'user@rayni.com',
          name: 'Demo User',
          is_admin: false,
          role: 'trained_user',
          status: 'invited',
        },
      ],
    },
  },
  {
    row: 'POST /api/users/invite',
    send: { url: '/api/users/invite', body: { email: ' User@Rayni.com', role: 'trained_user' } },
    script: {
      'users.invite': () => ({
        user,
        url: 'http://rayni.test/auth/invite/secret',
        expiresAt: new Date('2026-05-08T09:00:00.000Z'),
      }),
    },
    input: { email: 'user@rayni.com', role: 'trained_user' },
    status: 201,
    body: { status: 'invited', email: 'user@rayni.com' },
  },
];
