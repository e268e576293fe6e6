import type {
  Instrument,
  InstrumentCreateInput,
  InstrumentReplaceInput,
  InstrumentUpdateInput,
  Visibility,
} from '@rayni/contract';
import { recordAudit } from '../access/audit.ts';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireAdmin, requireInstrument, requireMember } from '../access/require.ts';
import { instrumentFacts } from '../access/store.ts';
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
  const { email: actor } = requireAdmin(viewer);
  const id = newId();
  const createdAt = app.clock.now();
  await app.db.transaction(async (trx) => {
    await insertInstrument(trx, { id, ...input }, createdAt);
    const audit = { actor, subject: null, instrumentId: id, createdAt };
    await recordAudit(trx, { ...audit, action: 'instrument.created', details: rightsOf(input) });
  });
  return shown(app, viewer, id);
}

/** Changes what is given; its managers may, too. */
export async function updateInstrument(
  app: Ports,
  viewer: Viewer,
  { id, ...change }: InstrumentUpdateInput,
): Promise<Instrument> {
  await requireInstrument(app, viewer, id, 'manage');
  const { email: actor } = requireMember(viewer);
  const createdAt = app.clock.now();
  await app.db.transaction(async (trx) => {
    await holdInstrument(trx, viewer, id, 'manage');
    const before = await instrumentFacts(trx, viewer, id);
    await changeInstrument(trx, id, change, createdAt);
    const after = await instrumentFacts(trx, viewer, id);
    const details = before && after && changedRights(before, after);
    if (!details) return;
    const audit = { actor, subject: null, instrumentId: id, createdAt };
    await recordAudit(trx, { ...audit, action: 'instrument.changed', details });
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
    const last = await markDeleted(trx, id, now);
    if (!last) throw notFound();
    const by = { actor: admin.email, instrumentId: id, createdAt: now };
    await recordAudit(trx, { ...by, subject: null, action: 'instrument.deleted', details: rightsOf(last) });
    const audit = { ...by, details: { reason: 'the instrument was deleted' } };
    const ended = await endAccess(trx, id, { reviewerId: admin.userId, now });
    for (const subject of ended.revoked)
      await recordAudit(trx, { ...audit, subject, action: 'grant.revoked' });
    for (const subject of ended.denied)
      await recordAudit(trx, { ...audit, subject, action: 'access.denied' });
  });
  // Those that were being made when the others were marked; none can come after.
  await app.db.transaction((trx) => removeSources(app, trx, { instrumentId: id }));
}

type Rights = { visibility: Visibility; trainedMayUpload: boolean };

/** What of an instrument decides who may read it or add to it. */
const rightsOf = ({ visibility, trainedMayUpload }: Rights) => ({
  visibility,
  trainedMayUpload: String(trainedMayUpload),
});

function changedRights(before: Rights, after: Rights): Record<string, string> | undefined {
  const [old, now] = [rightsOf(before), rightsOf(after)];
  const details: Record<string, string> = {};
  for (const field of ['visibility', 'trainedMayUpload'] as const) {
    if (now[field] === old[field]) continue;
    details[field] = now[field];
    details[`${field}Before`] = old[field];
  }
  return Object.keys(details).length > 0 ? details : undefined;
}

async function shown(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<Instrument> {
  const instrument = await knownInstrument(app.db.query, viewer, id);
  if (!instrument) throw notFound();
  return instrument;
}
