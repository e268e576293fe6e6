import { setImmediate as turn } from 'node:timers/promises';
import type { App } from '../app.ts';
import { buildIndex, type Hit, type LexicalIndex, type StoredSegment } from './lexical-index.ts';
import {
  answerableReadings,
  attachmentReadings,
  attachmentVersion,
  indexVersion,
  segmentsOf,
  vectorsOf,
} from './store.ts';
import { createVectors } from './vectors.ts';

/** What an index is built from; the database in the product. */
export type Library = {
  /** Counts up whenever `readings` may have changed. */
  version(instrumentId: string): Promise<number | undefined>;
  readings(instrumentId: string): Promise<string[]>;
  segments(readingIds: string[]): Promise<StoredSegment[]>;
  /** Absent without an embedding model. Vectors are float32 bytes of length 1. */
  vectors?:
    | ((readingIds: string[]) => Promise<{ readingId: string; ordinal: number; vector: Uint8Array }[]>)
    | undefined;
};

/** What an instrument's library is searched by. */
export type InstrumentIndex = {
  lexical: LexicalIndex;
  readings: string[];
  /** Absent when there are no vectors. The `k` fragments nearest to the vector of a question, best first. */
  nearest?: (query: Float32Array, k: number) => Promise<Hit[]>;
};

/** Built indexes by instrument. The least recently used go when the memory budget is spent. */
export type IndexCache = {
  /**
   * The index of what the instrument's library answers from now. Questions that come while it is built share one build. Whoever has just
   * read the library's `version` saves a look at it.
   */
  get(instrumentId: string, version?: number): Promise<InstrumentIndex>;
  close(): Promise<void>;
};

/** The cache of indexes over what the database holds. */
export function createIndexCache(app: Pick<App, 'db' | 'embedder'>): IndexCache {
  const { query } = app.db;
  const model = app.embedder?.model;
  return cacheOf({
    version: (instrumentId) => indexVersion(query, instrumentId),
    readings: (instrumentId) => answerableReadings(query, instrumentId),
    segments: (readingIds) => segmentsOf(query, readingIds),
    vectors: model === undefined ? undefined : (readingIds) => vectorsOf(query, model, readingIds),
  });
}

/**
 * The cache of indexes over the files attached to conversations, by conversation. Small: most are asked about for a few minutes. Conversations
 * without files, which are nearly all, take no place in it.
 */
export function createAttachmentCache(app: Pick<App, 'db' | 'embedder'>): IndexCache {
  const { query } = app.db;
  const model = app.embedder?.model;
  const cache = cacheOf(
    {
      version: (conversationId) => attachmentVersion(query, conversationId),
      readings: (conversationId) => attachmentReadings(query, conversationId),
      segments: (readingIds) => segmentsOf(query, readingIds),
      vectors: model === undefined ? undefined : (readingIds) => vectorsOf(query, model, readingIds),
    },
    64 * 2 ** 20,
  );
  return {
    async get(conversationId) {
      const version = await attachmentVersion(query, conversationId);
      if (version === 0) return { lexical: await buildIndex([]), readings: [] };
      return cache.get(conversationId, version);
    },
    close: () => cache.close(),
  };
}

type Entry = {
  version: number;
  index: Promise<InstrumentIndex>;
  /** Kept, so that a new document costs one row and not the library. */
  segments: StoredSegment[];
  bytes: number;
};

/** So many readings are fetched at once: one statement must not bring a whole library into memory twice. */
const readingsPerFetch = 16;

/** Vectors copied before other work gets its turn: some 12 MB of the widest in use. */
const rowsPerTurn = 2000;

/** As `createIndexCache`, over any library. */
export function cacheOf(library: Library, budgetBytes = 512 * 2 ** 20): IndexCache {
  const entries = new Map<string, Entry>();
  const vectors = createVectors();

  async function build(instrumentId: string, entry: Entry, previous: Entry | undefined) {
    // One build at a time; the one before leaves its segments.
    await previous?.index.catch(() => {});
    const readings = await library.readings(instrumentId);
    const known = new Map(previous?.segments.map((segment) => [segment.readingId, segment]));
    entry.segments = readings.flatMap((id) => known.get(id) ?? []);
    const missing = readings.filter((id) => !known.has(id));
    for (const some of chunks(missing)) entry.segments.push(...(await library.segments(some)));
    const lexical = await buildIndex(entry.segments);
    const index: InstrumentIndex = { lexical, readings };
    entry.bytes = lexical.bytes + entry.segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (library.vectors) {
      const placed = await loadVectors(instrumentId, readings, library.vectors);
      entry.bytes += placed.bytes;
      if (placed.rows.length > 0) index.nearest = nearestOf(instrumentId, entry, placed.rows);
    }
    return index;
  }

  /** Puts the vectors before the worker, and says which fragment each row is. */
  async function loadVectors(
    instrumentId: string,
    readings: string[],
    fetch: NonNullable<Library['vectors']>,
  ) {
    const rows: { readingId: string; ordinal: number }[] = [];
    const parts: Uint8Array[] = [];
    let width = 0;
    for (const some of chunks(readings))
      for (const { readingId, ordinal, vector } of await fetch(some)) {
        width ||= vector.byteLength;
        if (vector.byteLength !== width) continue;
        rows.push({ readingId, ordinal });
        parts.push(vector);
      }
    const bytes = new Uint8Array(width * rows.length);
    for (const [row, part] of parts.entries()) {
      bytes.set(part, row * width);
      if (row % rowsPerTurn === 0) await turn();
    }
    if (rows.length > 0) vectors.put(instrumentId, width / 4, new Float32Array(bytes.buffer));
    else vectors.drop(instrumentId);
    return { rows, bytes: bytes.length };
  }

  function nearestOf(instrumentId: string, entry: Entry, rows: { readingId: string; ordinal: number }[]) {
    return async (query: Float32Array, k: number): Promise<Hit[]> => {
      const found = await vectors.search(instrumentId, query, k);
      // The worker crashed, or a newer library has its place: the words alone answer this time.
      if (!found || entries.get(instrumentId) !== entry) {
        if (entries.get(instrumentId) === entry) entries.delete(instrumentId);
        return [];
      }
      return found.flatMap(({ row, score }) => {
        const at = rows[row];
        return at ? { ...at, score } : [];
      });
    };
  }

  function evict() {
    let total = 0;
    for (const { bytes } of entries.values()) total += bytes;
    for (const [id, { bytes }] of entries) {
      if (total <= budgetBytes || entries.size === 1) return;
      entries.delete(id);
      vectors.drop(id);
      total -= bytes;
    }
  }

  return {
    async get(instrumentId, justRead) {
      const version = justRead ?? (await library.version(instrumentId)) ?? 0;
      const known = entries.get(instrumentId);
      entries.delete(instrumentId);
      // Of two processes' counts the later one holds: a build in progress may already be newer than this look.
      if (known && known.version >= version) {
        entries.set(instrumentId, known);
        return known.index;
      }
      const { promise, resolve } = Promise.withResolvers<InstrumentIndex>();
      const entry: Entry = { version, index: promise, segments: [], bytes: 0 };
      resolve(build(instrumentId, entry, known));
      entries.set(instrumentId, entry);
      try {
        const index = await entry.index;
        evict();
        return index;
      } catch (error) {
        if (entries.get(instrumentId) === entry) entries.delete(instrumentId);
        throw error;
      }
    },
    close: () => vectors.close(),
  };
}

function* chunks(ids: string[]): Generator<string[]> {
  for (let i = 0; i < ids.length; i += readingsPerFetch) yield ids.slice(i, i + readingsPerFetch);
}
