import { z } from 'zod';
import { text } from './text.ts';

export const connectorProvider = z.enum(['google_drive', 'sharepoint']);
export type ConnectorProvider = z.infer<typeof connectorProvider>;

const name = text().trim().min(1).max(500);
/** Comes back masked. */
const secret = text().min(1).max(5_000);

/** Where documents come from, by provider. */
export const connectorInput = z.discriminatedUnion('provider', [
  z.object({
    provider: z.literal('google_drive'),
    config: z.object({
      folder_id: name,
      client_id: name.optional(),
      client_secret: secret.optional(),
      refresh_token: secret.optional(),
    }),
  }),
  z.object({
    provider: z.literal('sharepoint'),
    config: z.object({
      site_id: name,
      drive_id: name.optional(),
      tenant_id: name.optional(),
      client_id: name.optional(),
      client_secret: secret.optional(),
    }),
  }),
]);
export type ConnectorInput = z.infer<typeof connectorInput>;

/** Fields of a configuration that are kept encrypted and never told. */
export const connectorSecrets = ['client_secret', 'refresh_token'] as const;

export const syncStatus = z.enum(['scheduled', 'running', 'done', 'failed']);
export type SyncStatus = z.infer<typeof syncStatus>;

/** One fetching of what a connector's place holds. */
export const connectorSync = z.object({
  status: syncStatus,
  /** Why it failed, in plain words. */
  detail: z.string().nullable(),
  startedAt: z.date(),
  endedAt: z.date().nullable(),
});
export type ConnectorSync = z.infer<typeof connectorSync>;

export const connector = z.object({
  id: z.uuid(),
  provider: connectorProvider,
  /** As given, secrets as `••••`. */
  config: z.record(z.string(), z.string()),
  lastSync: connectorSync.nullable(),
  createdAt: z.date(),
});
export type Connector = z.infer<typeof connector>;
