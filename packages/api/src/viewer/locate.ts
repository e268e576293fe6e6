import type { Located, LocateInput, TextRange } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { doubtfulRanges, locate } from '../ingest/place-map.ts';
import { type Places, placesFor } from './places.ts';
import {
  citationById,
  firstFragment,
  fragmentById,
  openableVersion,
  readingOfCitation,
  wordsOfImage,
} from './store.ts';

/** Signed addresses of originals live this long. */
export const urlMinutes = 15;

/**
 * Everything a viewer needs to draw a Proof: the version it is pinned to, its place and a short-lived address of the bytes. `target` is
 * a citation or a fragment; without it the first fragment of the source's current version. A citation of a deleted source still tells its
 * title, quote and place, without an address.
 */
export async function locateProof(
  app: Pick<App, 'db' | 'blobs'>,
  viewer: Viewer,
  input: LocateInput,
): Promise<Located> {
  if (!input.sourceId && !input.target)
    throw new AppError('BAD_REQUEST', 'Name a source, a citation or a fragment.');
  const citation = input.target ? await citationById(app.db.query, input.target) : undefined;
  const fragment = input.target && !citation ? await fragmentById(app.db.query, input.target) : undefined;
  const sourceId = citation?.sourceId ?? fragment?.source_id ?? (input.target ? undefined : input.sourceId);
  if (!sourceId || (input.sourceId && input.sourceId !== sourceId)) throw notFound();
  const version = await openableVersion(app.db.query, viewer, sourceId, {
    versionId: citation?.versionId ?? fragment?.version_id,
    // A citation keeps quote and place in its own row.
    deleted: citation !== undefined,
  });
  if (!version) throw notFound();

  const first =
    !input.target && version.current_reading_id
      ? await firstFragment(app.db.query, version.current_reading_id)
      : undefined;
  const shown = fragment ?? (first && (await fragmentById(app.db.query, first.id)));
  const ranges = citation?.ranges ?? shown?.ranges ?? [];
  const readingId = citation ? await readingOfCitation(app.db.query, citation.id) : shown?.reading_id;
  const places = await placesOf(app, readingId, ranges);
  const signed = version.deleted_at
    ? { url: '', expiresAt: version.deleted_at }
    : await app.blobs.sign('GET', version.blob_key, {
        expiresIn: urlMinutes * 60,
        contentType: version.media_type,
        filename: version.filename,
      });
  return {
    sourceId,
    versionId: version.version_id,
    fragmentId: citation?.fragmentId ?? shown?.id ?? null,
    type: version.type,
    title: version.title,
    filename: version.filename,
    mediaType: version.media_type,
    version: version.label || String(version.ordinal),
    checksum: `sha256:${version.sha256}`,
    quote: citation?.quote ?? shown?.text ?? '',
    locator:
      citation?.locator ??
      (shown ? locate((unit) => places(shown.reading_id, unit), shown.ranges) : { kind: 'none' }),
    byModel: citation ? citation.reasons.includes('description') : shown?.kind === 'description',
    doubtful: readingId ? doubtfulRanges((unit) => places(readingId, unit), ranges) : [],
    alt: version.type === 'image' ? await altOf(app, version.current_reading_id) : '',
    current: version.version_id === version.current_version_id,
    deleted: version.deleted_at !== null,
    url: signed.url,
    urlExpiresAt: signed.expiresAt,
  };
}

/** Longer than this nobody has an alternative text read to them. */
const longestAlt = 300;

/** An image in words: what a model says of it, else the beginning of what stands in it. */
async function altOf({ db }: Pick<App, 'db'>, readingId: string | null): Promise<string> {
  const words = readingId === null ? undefined : await wordsOfImage(db.query, readingId);
  const text = (words?.facts.description || words?.text || '').replace(/\s+/g, ' ').trim();
  return text.length <= longestAlt ? text : `${text.slice(0, longestAlt - 1).toWellFormed()}…`;
}

function placesOf(app: Pick<App, 'db'>, readingId: string | undefined, ranges: TextRange[]): Promise<Places> {
  return placesFor(app, readingId === undefined ? [] : [{ readingId, ranges }]);
}

/** Where these ranges of a reading stand. */
export async function locateRanges(app: Pick<App, 'db'>, readingId: string, ranges: TextRange[]) {
  const places = await placesFor(app, [{ readingId, ranges }]);
  return locate((unit) => places(readingId, unit), ranges);
}

/** The stored bytes of a source this viewer may read: where they lie and what they are. */
export async function mediaOf(app: Pick<App, 'db'>, viewer: Viewer, sourceId: string) {
  const version = await openableVersion(app.db.query, viewer, sourceId);
  if (!version) throw notFound();
  return {
    key: version.blob_key,
    size: version.size,
    mediaType: version.media_type,
    filename: version.filename,
    sha256: version.sha256,
  };
}
