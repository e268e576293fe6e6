import { type Located, rect } from '@rayni/contract';
import { z } from 'zod';
import { count, pathId } from '../fields.ts';
import { placeOnPage } from '../page-place.ts';
import { json, redirect } from '../rows.ts';

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

const toPdfPlace = (found: Located, { page }: { page: number | undefined }): z.input<typeof pdfPlace> => ({
  type: 'pdf',
  ...placeOnPage(found.locator, page),
  filename: found.filename,
  version: found.version,
  checksum: found.checksum,
  url: found.url,
  quote: found.quote,
});

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
    only: { type: 'pdf' },
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
