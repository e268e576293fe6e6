import type { ConnectorProvider } from '@rayni/contract';
import type { App, Trx } from '../app.ts';
import { cancelledText } from '../ingest/cancel.ts';
import { failSync, providerOfSync } from './store.ts';

const names: Record<ConnectorProvider, string> = { google_drive: 'Google Drive', sharepoint: 'SharePoint' };

/** Fetches what a connector's place holds. No provider can be read yet, so that a sync ends as failed and says so. */
export async function runSync(app: Pick<App, 'db' | 'clock' | 'log'>, syncId: string): Promise<void> {
  const provider = await providerOfSync(app.db.query, syncId);
  if (!provider) return;
  const detail = `Documents cannot be fetched from ${names[provider]} yet. Upload them instead.`;
  await failSync(app.db.query, syncId, detail, app.clock.now());
  app.log.warn({ syncId, provider }, 'A sync failed: this provider cannot be read yet');
}

/** Ends a sync whose every try failed for reasons of ours. */
export async function giveUpSync(app: Pick<App, 'db' | 'clock' | 'log'>, syncId: string): Promise<void> {
  const detail = 'The sync was tried several times and failed each time on our side. Try again later.';
  await failSync(app.db.query, syncId, detail, app.clock.now());
  app.log.error({ syncId }, 'A sync was given up');
}

/** Ends a sync that an administrator cancelled. */
export const cancelSync = (trx: Trx, syncId: string, now: Date): Promise<void> =>
  failSync(trx, syncId, cancelledText, now);
