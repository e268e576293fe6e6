import { type Connector, type ConnectorInput, connectorSecrets, type ConnectorSync } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { requireAdmin } from '../access/require.ts';
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { seal } from './seal.ts';
import {
  allConnectors,
  insertConnector,
  insertSync,
  lockConnector,
  openSync,
  removeConnector as markRemoved,
} from './store.ts';

const mask = '••••';

/** For admins: all connectors with how their last sync went. */
export async function listConnectors(app: Pick<App, 'db'>, viewer: Viewer): Promise<Connector[]> {
  requireAdmin(viewer);
  return allConnectors(app.db.query);
}

/** For admins: keeps where documents come from; what is secret of it only sealed, and a mask in its place. */
export async function createConnector(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  sealKey: Uint8Array,
  { provider, config }: ConnectorInput,
): Promise<Connector> {
  const { userId } = requireAdmin(viewer);
  const id = newId();
  const createdAt = app.clock.now();
  const secrets: Record<string, string> = {};
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (isSecret(name)) secrets[name] = value;
    shown[name] = isSecret(name) ? mask : value;
  }
  await insertConnector(app.db.query, {
    id,
    provider,
    config: JSON.stringify(shown),
    sealed: Object.keys(secrets).length > 0 ? seal(sealKey, id, JSON.stringify(secrets)) : null,
    created_by: userId,
    created_at: createdAt,
  });
  return { id, provider, config: shown, lastSync: null, createdAt };
}

const isSecret = (name: string) => connectorSecrets.some((secret) => secret === name);

/** For admins: removes a connector and its secrets. What came from it stays. */
export async function removeConnector(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  id: string,
): Promise<void> {
  requireAdmin(viewer);
  if (!(await markRemoved(app.db.query, id, app.clock.now()))) throw notFound();
}

/** For admins: sets a connector to be synced; while a sync is under way it is that one. */
export async function syncConnector(
  app: Pick<App, 'db' | 'clock' | 'jobs'>,
  viewer: Viewer,
  id: string,
): Promise<ConnectorSync> {
  requireAdmin(viewer);
  return app.db.transaction(async (trx) => {
    if (!(await lockConnector(trx, id))) throw notFound();
    const open = await openSync(trx, id);
    if (open) return open;
    const sync = { id: newId(), connectorId: id, startedAt: app.clock.now() };
    await insertSync(trx, sync);
    await app.jobs.enqueue(trx, 'sync', { syncId: sync.id });
    return { status: 'scheduled', detail: null, startedAt: sync.startedAt, endedAt: null };
  });
}
