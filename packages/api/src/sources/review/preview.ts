import type { SourcePreview, SourcePreviewInput } from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import type { App } from '../../app.ts';
import { notFound } from '../../errors.ts';
import { locate } from '../../ingest/place-map.ts';
import { placesFor } from '../../viewer/places.ts';
import { isReadable } from '../store.ts';
import { fragmentTotal, sourceFragments } from './store.ts';

/** One page of what a source was read into, each fragment with its place: for whoever decides about it, and for all who may read it. */
export async function previewSource(
  app: Pick<App, 'db'>,
  viewer: Viewer,
  { id, page, pageSize }: SourcePreviewInput,
): Promise<SourcePreview> {
  const { query } = app.db;
  if (!(await isReadable(query, viewer, id))) throw notFound();
  const [fragments, total] = await Promise.all([
    sourceFragments(query, viewer, id, { limit: pageSize, offset: (page - 1) * pageSize }),
    fragmentTotal(query, viewer, id),
  ]);
  const places = await placesFor(app, fragments);
  const items = fragments.map(({ readingId, ranges, ...fragment }) => ({
    ...fragment,
    locator: locate((unit) => places(readingId, unit), ranges),
  }));
  return { items, total };
}
