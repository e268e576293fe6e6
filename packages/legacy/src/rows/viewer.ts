import { type Located, type PageSpan, rect } from '@rayni/contract';
import { z } from 'zod';
import { Refused } from '../errors.ts';
import { count, pathId } from '../fields.ts';
import { json, redirect } from '../rows.ts';

type Rect = z.output<typeof rect>;

const pdfPlace = z.object({
  type: z.literal('pdf'),
  page: z.int().nullable(),
  bbox: rect.nullable(),
  rects: z.array(rect),
  page_width: z.number().nullable(),
  page_height: z.number().nullable(),
  filename: z.string(),
  version: z.string(),
  checksum: z.string(),
  url: z.string(),
  quote: z.string(),
});

/** The place on the page that was asked for, else on the first page the quote stands on. What is not known is null, never a guess. */
function toPdfPlace(found: Located, { page }: { page: number | undefined }): z.input<typeof pdfPlace> {
  if (found.type !== 'pdf') throw new Refused('NOT_FOUND', 'Not found.');
  const spans: PageSpan[] = found.locator.kind === 'pdf' ? found.locator.spans : [];
  const span = page === undefined ? spans[0] : spans.find((each) => each.page === page);
  const rects = span?.rects ?? [];
  return {
    type: 'pdf',
    page: span?.page ?? page ?? null,
    bbox: around(rects),
    rects,
    page_width: span?.width ?? null,
    page_height: span?.height ?? null,
    filename: found.filename,
    version: found.version,
    checksum: found.checksum,
    url: found.url,
    quote: found.quote,
  };
}

/** The smallest box that holds them all. */
function around(rects: Rect[]): Rect | null {
  if (rects.length === 0) return null;
  const x = Math.min(...rects.map((r) => r.x));
  const y = Math.min(...rects.map((r) => r.y));
  const right = Math.max(...rects.map((r) => r.x + r.w));
  const bottom = Math.max(...rects.map((r) => r.y + r.h));
  return { x, y, w: right - x, h: bottom - y };
}

/** `<id>` or `<id>.<anything>`. */
const mediaId = z
  .string()
  .transform((name) => name.replace(/\.[^.]*$/, ''))
  .pipe(pathId);

export const viewerRows = [
  json({
    method: 'GET',
    paths: ['/api/viewer/pdf/:source_id'],
    summary: 'Where a quote stands in a PDF: boxes in points of the page as shown, origin top left.',
    input: z
      .object({ source_id: pathId, fragment: z.uuid().optional(), page: count.optional() })
      .transform((sent) => ({ sourceId: sent.source_id, target: sent.fragment, page: sent.page })),
    call: (api) => api.viewer.locate,
    shape: pdfPlace,
    output: toPdfPlace,
  }),
  redirect({
    paths: ['/media/:source_id'],
    summary: "A source's stored bytes, by a short-lived signed address. Any extension is accepted.",
    input: z.object({ source_id: mediaId }).transform((sent) => ({ sourceId: sent.source_id })),
    call: (api) => api.viewer.locate,
    location: (found) => found.url,
  }),
];
