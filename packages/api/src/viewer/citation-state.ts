import type { CitationState, TextRange } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { rangesIn } from '../ingest/place-map.ts';
import { closeEnough, type Run, seek } from './closest.ts';
import type { Became, Comparisons } from './comparisons.ts';
import { difference } from './difference.ts';
import { locateRanges } from './locate.ts';
import {
  citationById,
  fragmentById,
  fragmentCount,
  fragmentsAfter,
  newestReading,
  openableVersion,
} from './store.ts';

/** Fragments that are looked through at once: about 5 ms of words, then others have their turn. */
const atOnce = 50;

type FragmentRow = Awaited<ReturnType<typeof fragmentsAfter>>[number];

/**
 * What became of a quote since it was cited, by its own words in the newest published version. Whoever may open the citation may ask, and
 * is asked for that each time; the words are compared once. What stood elsewhere in the cited version already is not what the quote became,
 * however alike.
 */
export async function stateOfCitation(
  { app, live }: { app: Pick<App, 'db'>; live: { comparisons: Comparisons } },
  viewer: Viewer,
  citationId: string,
): Promise<CitationState> {
  const { query } = app.db;
  const citation = await citationById(query, citationId);
  if (!citation) throw notFound();
  const { sourceId, versionId, quote } = citation;
  const cited = await openableVersion(query, viewer, sourceId, { versionId, deleted: true });
  if (!cited) throw notFound();
  const newest = cited.deleted_at === null ? await newestReading(query, sourceId) : undefined;
  const state = {
    citationId,
    sourceId,
    quote,
    versionId,
    version: labelOf(cited),
    newest: newest ? { versionId: newest.version_id, version: labelOf(newest) } : null,
  };
  if (!newest) return { ...state, ...gone };
  if (newest.version_id === versionId) {
    const { fragmentId, ranges, locator } = citation;
    return {
      ...state,
      state: 'current',
      passage: { fragmentId, text: quote, ranges, locator },
      closeness: 1,
      difference: [],
    };
  }
  const { reading_id: readingId } = newest;
  const compare = (reading: string) =>
    live.comparisons.get(citationId, reading, () => becameIn(app, reading, citation));
  return { ...state, ...(readingId ? await compare(readingId) : gone) };
}

const gone: Became = { state: 'gone', passage: null, closeness: null, difference: [] };

async function becameIn(
  app: Pick<App, 'db'>,
  readingId: string,
  citation: { quote: string; fragmentId: string },
): Promise<Became> {
  const found = await closestIn(app, readingId, citation);
  if (!found || found.closeness < closeEnough) return gone;
  const text = found.run.map(({ piece, start, end }) => piece.text.slice(start, end)).join(' ');
  const ranges = rangesOf(found.run);
  const passage = {
    fragmentId: found.run[0]!.piece.id,
    text,
    ranges,
    locator: await locateRanges(app, readingId, ranges),
  };
  return found.unchanged
    ? { state: 'unchanged', passage, closeness: 1, difference: [] }
    : {
        state: 'changed',
        passage,
        // A word was added at least.
        closeness: Math.min(found.closeness, 0.999),
        difference: difference(citation.quote, text),
      };
}

async function closestIn(
  app: Pick<App, 'db'>,
  readingId: string,
  { quote, fragmentId }: { quote: string; fragmentId: string },
) {
  const { query } = app.db;
  const cited = await fragmentById(query, fragmentId);
  const before = cited ? await fragmentCount(query, cited.reading_id) : 0;
  const search = seek<FragmentRow>(quote, cited ? cited.ordinal / Math.max(1, before) : 0);
  if (cited) for await (const fragment of fragmentsOf(app, cited.reading_id)) search.knew(fragment);
  const total = await fragmentCount(query, readingId);
  for await (const fragment of fragmentsOf(app, readingId)) search.read(fragment, fragment.ordinal / total);
  return search.closest();
}

async function* fragmentsOf({ db }: Pick<App, 'db'>, readingId: string) {
  for (let after = 0; ; ) {
    const some = await fragmentsAfter(db.query, readingId, after, atOnce);
    yield* some;
    const last = some.at(-1);
    if (!last || some.length < atOnce) return;
    after = last.ordinal;
  }
}

const rangesOf = (run: Run<FragmentRow>): TextRange[] =>
  run.flatMap(({ piece, start, end }) => rangesIn(piece, start, end));

const labelOf = ({ label, ordinal }: { label: string; ordinal: number }) => label || String(ordinal);
