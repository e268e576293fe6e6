import {
  type Connector,
  connectorInput,
  connectorProvider,
  type ConnectorSync,
  syncStatus,
} from '@rayni/contract';
import { z } from 'zod';
import { nothing, pathId, time } from '../fields.ts';
import { json } from '../rows.ts';

const sync = z.object({
  status: syncStatus,
  detail: z.string().nullable(),
  started_at: time,
  ended_at: time.nullable(),
});

const toSync = (from: ConnectorSync): z.input<typeof sync> => ({
  status: from.status,
  detail: from.detail,
  started_at: from.startedAt.toISOString(),
  ended_at: from.endedAt?.toISOString() ?? null,
});

const connector = z.object({
  id: z.uuid(),
  provider: connectorProvider,
  created_at: time,
  config_json: z.record(z.string(), z.string()),
  last_sync: sync.nullable(),
});

const toConnector = ({
  id,
  provider,
  createdAt,
  config,
  lastSync,
}: Connector): z.input<typeof connector> => ({
  id,
  provider,
  created_at: createdAt.toISOString(),
  config_json: config,
  last_sync: lastSync && toSync(lastSync),
});

const value = z.string().nullish();
/** A form sends every field it has: an empty one is not given. */
const config = z
  .object({
    folder_id: value,
    site_id: value,
    drive_id: value,
    tenant_id: value,
    client_id: value,
    client_secret: value,
    refresh_token: value,
  })
  .transform((fields) => Object.fromEntries(Object.entries(fields).filter(([, given]) => given)));

/** Places outside from which documents are fetched. */
export const connectorRows = [
  json({
    method: 'GET',
    paths: ['/api/connectors'],
    summary: 'Every connector with its last sync; secrets are masked.',
    input: nothing,
    call: (api) => api.connectors.list,
    shape: z.object({ items: z.array(connector) }),
    output: (found) => ({ items: found.map(toConnector) }),
  }),
  json({
    method: 'POST',
    paths: ['/api/connectors', '/api/connectors/create'],
    summary: 'Add a connector. Its secrets are kept encrypted and never told again.',
    input: z
      .object({ provider: connectorProvider, config })
      .transform((sent): unknown => sent)
      .pipe(connectorInput),
    aliases: { config_json: 'config' },
    call: (api) => api.connectors.create,
    status: 201,
    shape: connector,
    output: toConnector,
  }),
  json({
    method: 'POST',
    paths: ['/api/connectors/:id/sync'],
    summary: 'Fetch in the background; while a sync is under way it is that one.',
    input: z.object({ id: pathId }),
    call: (api) => api.connectors.sync,
    status: 202,
    shape: sync,
    output: toSync,
  }),
];
