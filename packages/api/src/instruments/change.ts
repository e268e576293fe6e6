import type {
  Instrument,
  InstrumentCreateInput,
  InstrumentReplaceInput,
  InstrumentUpdateInput,
} from '@rayni/contract';
import { recordAudit } from '../access/audit.ts';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireAdmin, requireInstrument } from '../access/require.ts';
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { removeSources } from '../sources/forget.ts';
import { changeInstrument, endAccess, insertInstrument, knownInstrument, markDeleted } from './store.ts';

type Ports = Pick<App, 'db' | 'clock'>;

/** A new instrument, without documents and grants; admins only. */
export async function createInstrument(
  app: Ports,
  viewer: Viewer,
  input: InstrumentCreateInput,
): Promise<Instrument> {
  requireAdmin(viewer);
  const id = newId();
  await insertInstrument(app.db.query, { id, ...input }, app.clock.now());
  return shown(app, viewer, id);
}

/** Changes what is given; its managers may, too. */
export async function updateInstrument(
  app: Ports,
  viewer: Viewer,
  { id, ...change }: InstrumentUpdateInput,
): Promise<Instrument> {
  await requireInstrument(app, viewer, id, 'manage');
  await app.db.transaction(async (trx) => {
    await holdInstrument(trx, viewer, id, 'manage');
    await changeInstrument(trx, id, change, app.clock.now());
  });
  return shown(app, viewer, id);
}

/** Changes every field; admins only. */
export async function replaceInstrument(
  app: Ports,
  viewer: Viewer,
  input: InstrumentReplaceInput,
): Promise<Instrument> {
  requireAdmin(viewer);
  return updateInstrument(app, viewer, input);
}

/**
 * Deletes an instrument with its sources: from this commit on it is there for nobody, nothing of it is answered from, and grants and open
 * wishes for access end; what its documents leave behind goes by jobs. Conversations about it end with the right to read it; their
 * answers, quotes and titles stay stored.
 */
export async function deleteInstrument(
  app: Pick<App, 'db' | 'clock' | 'jobs'>,
  viewer: Viewer,
  id: string,
): Promise<void> {
  const admin = requireAdmin(viewer);
  const now = app.clock.now();
  await app.db.transaction(async (trx) => {
    // Sources are locked before their instrument, as by whoever publishes one.
    await removeSources(app, trx, { instrumentId: id });
    if (!(await markDeleted(trx, id, now))) throw notFound();
    const details = { reason: 'the instrument was deleted' };
    const audit = { actor: admin.email, instrumentId: id, createdAt: now, details };
    const ended = await endAccess(trx, id, { reviewerId: admin.userId, now });
    for (const subject of ended.revoked)
      await recordAudit(trx, { ...audit, subject, action: 'grant.revoked' });
    for (const subject of ended.denied)
      await recordAudit(trx, { ...audit, subject, action: 'access.denied' });
  });
  // Those that were being made when the others were marked; none can come after.
  await app.db.transaction((trx) => removeSources(app, trx, { instrumentId: id }));
}

async function shown(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<Instrument> {
  const instrument = await knownInstrument(app.db.query, viewer, id);
  if (!instrument) throw notFound();
  return instrument;
}
