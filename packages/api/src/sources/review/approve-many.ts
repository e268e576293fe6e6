import type { SourceApproved } from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import { requireMember } from '../../access/require.ts';
import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';
import { updateSource } from '../change.ts';
import { visibleSource } from '../store.ts';

/**
 * Approves each of these by itself and says what came of it: one that cannot be approved holds up no other. The same id twice is once; one
 * that was approved already stays so.
 */
export async function approveMany(
  app: Pick<App, 'db' | 'blobs' | 'clock' | 'jobs'>,
  viewer: Viewer,
  ids: string[],
): Promise<SourceApproved[]> {
  requireMember(viewer);
  const outcomes: SourceApproved[] = [];
  for (const id of new Set(ids)) {
    try {
      const { status } = await updateSource(app, viewer, { id, status: 'approved' });
      outcomes.push({ id, status, code: null, message: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const source = await visibleSource(app.db.query, viewer, id);
      outcomes.push({ id, status: source?.status ?? null, code: error.code, message: error.message });
    }
  }
  return outcomes;
}
