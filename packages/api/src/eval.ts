// What measurements need of the product's insides; nothing of the product imports it.
export { checkClaim } from './chat/check.ts';
export { readNote } from './ingest/read-note.ts';
export { readPdf } from './ingest/read-pdf.ts';
export type { FragmentDraft } from './ingest/reading.ts';
export { createIndexCache } from './retrieval/index-cache.ts';
export { buildIndex, type Hit, type StoredSegment } from './retrieval/lexical-index.ts';
export { retrieve } from './retrieval/retrieve.ts';
export { buildSegment, type SegmentFragment } from './retrieval/segment.ts';
export { passagesOf, type Pick } from './retrieval/store.ts';
export { terms } from './retrieval/terms.ts';
