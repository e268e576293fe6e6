import { sourceStatus, type SourceStatus } from '@rayni/contract';

/** What may follow what; the only file that knows. */
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
