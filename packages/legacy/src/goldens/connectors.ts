import type { Connector } from '@rayni/contract';
import type { Golden } from './golden.ts';

const id = '01900000-0000-7000-8000-0000000000c1';

const drive: Connector = {
  id,
  provider: 'google_drive',
  config: { folder_id: 'folder', client_secret: '••••' },
  lastSync: {
    status: 'failed',
    detail: 'Not yet.',
    startedAt: new Date('2026-05-02T10:00:00.000Z'),
    endedAt: new Date('2026-05-02T10:00:01.000Z'),
  },
  createdAt: new Date('2026-05-01T09:00:00.000Z'),
};
const legacyDrive = {
  id,
  provider: 'google_drive',
  created_at: '2026-05-01T09:00:00.000Z',
  config_json: { folder_id: 'folder', client_secret: '••••' },
  last_sync: {
    status: 'failed',
    detail: 'Not yet.',
    started_at: '2026-05-02T10:00:00.000Z',
    ended_at: '2026-05-02T10:00:01.000Z',
  },
};

const made = (path: string): Golden => ({
  row: `POST ${path}`,
  send: {
    url: path,
    body: {
      provider: 'google_drive',
      config: { folder_id: 'folder', client_id: '', client_secret: 'hush', refresh_token: null },
    },
  },
  script: { 'connectors.create': () => ({ ...drive, lastSync: null }) },
  input: { provider: 'google_drive', config: { folder_id: 'folder', client_secret: 'hush' } },
  status: 201,
  body: { ...legacyDrive, last_sync: null },
});

/** Places outside from which documents are fetched. */
export const connectorGoldens: Golden[] = [
  {
    row: 'GET /api/connectors',
    send: { url: '/api/connectors' },
    script: { 'connectors.list': () => [drive] },
    input: undefined,
    body: { items: [legacyDrive] },
  },
  made('/api/connectors'),
  made('/api/connectors/create'),
  {
    ...made('/api/connectors'),
    send: {
      url: '/api/connectors',
      body: { provider: 'sharepoint', config_json: { site_id: 'site', drive_id: 'drive', tenant_id: 't' } },
    },
    input: { provider: 'sharepoint', config: { site_id: 'site', drive_id: 'drive', tenant_id: 't' } },
  },
  {
    row: 'POST /api/connectors/:id/sync',
    send: { url: `/api/connectors/${id}/sync` },
    script: {
      'connectors.sync': () => ({
        status: 'scheduled',
        detail: null,
        startedAt: new Date('2026-05-02T10:00:00.000Z'),
        endedAt: null,
      }),
    },
    input: { id },
    status: 202,
    body: { status: 'scheduled', detail: null, started_at: '2026-05-02T10:00:00.000Z', ended_at: null },
  },
];
