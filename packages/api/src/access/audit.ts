import type { AuditEntry } from '@rayni/contract';
import type { App } from '../app.ts';
import { newId } from '../ids.ts';

/** Notes an act that changed who may do what; in the transaction of the act itself, so that neither is there without the other. */
export async function recordAudit(
  query: App['db']['query'],
  {
    details = {},
    instrumentId = null,
    createdAt,
    ...entry
  }: Omit<AuditEntry, 'id' | 'details' | 'instrumentId'> &
    Partial<Pick<AuditEntry, 'details' | 'instrumentId'>>,
): Promise<void> {
  await query
    .insertInto('audit_entry')
    .values({
      id: newId(),
      ...entry,
      instrument_id: instrumentId,
      details: JSON.stringify(details),
      created_at: createdAt,
    })
    .execute();
}
