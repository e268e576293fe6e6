import type { Citation } from '@rayni/contract';
import type { Tables } from '../db/tables.ts';

/** A stored citation as callers see it. */
export function toCitation(
  row: {
    [K in keyof Tables['citation']]: Tables['citation'][K] extends { __select__: infer S }
      ? S
      : Tables['citation'][K];
  },
): Citation {
  return {
    id: row.id,
    marker: row.marker,
    sourceId: row.source_id,
    sourceTitle: row.source_title,
    sourceType: row.source_type,
    versionId: row.version_id,
    fragmentId: row.fragment_id,
    quote: row.quote,
    ranges: row.ranges,
    locator: row.locator,
    support: row.support,
    reasons: row.reasons,
    score: row.score,
  };
}
