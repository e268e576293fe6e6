import type { EndReason, ErrorCode } from '@rayni/contract';
import { Refused } from './errors.ts';

/** How an answer ended, or that it has not (`reason` null). */
export type Ending = {
  reason: EndReason | null;
  code?: ErrorCode | undefined;
  notice?: string | null | undefined;
};

/** Why there is no whole answer; undefined when there is one. */
export function failureOf({ reason, code, notice }: Ending): { detail: string; code: ErrorCode } | undefined {
  const detail = notice ?? 'The answer could not be finished.';
  switch (reason) {
    case null:
      return { detail, code: code ?? 'UNAVAILABLE' };
    case 'failed':
    case 'access_revoked':
      return { detail, code: code ?? 'INTERNAL' };
    case 'answered':
    case 'not_found':
    case 'extractive':
    case 'cancelled':
      return undefined;
  }
}

/** The answer itself, if it is whole. */
export function finished<Answer extends Ending>(answer: Answer): Answer {
  const failure = failureOf(answer);
  if (failure) throw new Refused(failure.code, failure.detail);
  return answer;
}
