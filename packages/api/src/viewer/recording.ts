import type { LocateInput, Recording } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { posterOf } from '../companions/companions.ts';
import { notFound } from '../errors.ts';
import { locate, rangesIn } from '../ingest/place-map.ts';
import { locateProof, urlMinutes } from './locate.ts';
import { placesFor } from './places.ts';
import { factsOf, fragmentById, readingOfVersion, segmentsOf } from './store.ts';

/** As `locateProof`, of a recording and with its transcript; NOT_FOUND for what is none. */
export async function locateInRecording(
  app: Pick<App, 'db' | 'blobs'>,
  viewer: Viewer,
  input: LocateInput,
): Promise<Recording> {
  const located = await locateProof(app, viewer, input);
  if (located.type !== 'video') throw notFound();
  const { versionId, fragmentId, deleted } = located;
  const nothing = { duration: null, transcriptFrom: null, transcript: [], posterUrl: '' };
  if (deleted) return { ...located, ...nothing };
  const { query } = app.db;
  // A citation may have been made from an older reading, which had other words.
  const cited = fragmentId === null ? undefined : await fragmentById(query, fragmentId);
  const readingId = cited?.reading_id ?? (await readingOfVersion(query, versionId));
  const poster = await posterOf(query, versionId);
  const signed =
    poster &&
    (await app.blobs.sign('GET', poster.blob_key, {
      expiresIn: urlMinutes * 60,
      contentType: poster.media_type,
      filename: poster.filename,
    }));
  const posterUrl = signed?.url ?? '';
  if (readingId === undefined) return { ...located, ...nothing, posterUrl };
  const { duration = null, transcript: transcriptFrom = null } = await factsOf(query, readingId);
  return {
    ...located,
    duration,
    transcriptFrom,
    transcript: await transcriptOf(app, readingId),
    posterUrl,
  };
}

/** What is spoken, sentence by sentence. */
async function transcriptOf(app: Pick<App, 'db'>, readingId: string): Promise<Recording['transcript']> {
  const fragments = await segmentsOf(app.db.query, readingId);
  const places = await placesFor(
    app,
    fragments.map(({ ranges }) => ({ readingId, ranges })),
  );
  return fragments.flatMap((fragment) =>
    fragment.segments.flatMap(([start, end]) => {
      const place = locate((unit) => places(readingId, unit), rangesIn(fragment, start, end));
      return place.kind === 'time'
        ? [{ start: place.start, end: place.end, text: fragment.text.slice(start, end) }]
        : [];
    }),
  );
}
