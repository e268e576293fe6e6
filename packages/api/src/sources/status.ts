import { sourceStatus, type SourceStatus } from '@rayni/contract';

/**
 * What may follow what; the only file that knows. Forward through reading to approval; `rejected` from any step before it; out of answers
 * (`archived`) and back; a rejected source is tried again (`processing`), or brought again with other bytes (`uploaded`). A source that
 * was read but holds nothing to answer from (`parsed`) may be approved all the same: then it can be opened, and answers nothing. What
 * waits may be read anew. What was approved once stays approved or archived: a newer version that fails is told beside it.
 */
const next: Record<SourceStatus, readonly SourceStatus[]> = {
  uploaded: ['processing', 'rejected'],
  processing: ['parsed', 'embedded', 'rejected'],
  parsed: ['processing', 'embedded', 'approved', 'rejected'],
  embedded: ['processing', 'approved', 'rejected'],
  approved: ['archived'],
  archived: ['approved'],
  rejected: ['uploaded', 'processing'],
};

/** May a source of status `from` become `to`? */
export const mayBecome = (from: SourceStatus, to: SourceStatus): boolean => next[from].includes(to);

/** Every status from which `to` may be reached: the guard of the one statement that changes a status. */
export const sourcesOf = (to: SourceStatus): SourceStatus[] =>
  sourceStatus.options.filter((from) => mayBecome(from, to));

/** Is something on its way, with nothing to show yet? */
export const inProgress = (status: SourceStatus): boolean => status === 'uploaded' || status === 'processing';

/** Was a version of this source read that answers, or may once it is approved? */
export const stands = (status: SourceStatus): boolean =>
  status === 'embedded' || status === 'approved' || status === 'archived';
