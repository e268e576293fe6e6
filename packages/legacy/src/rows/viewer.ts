import {
  type CitationState,
  differencePart,
  type Located,
  locator,
  quoteState,
  type Recording,
  rect,
  type ShownText,
} from '@rayni/contract';
import { z } from 'zod';
import { count, pathId } from '../fields.ts';
import { pageAddress, placeInImage, placeInTime } from '../media-places.ts';
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

const videoPlace = z.object({
  type: z.literal('video'),
  t_start: z.number().nullable(),
  t_end: z.number().nullable(),
  transcript: z.array(z.object({ t: z.number(), text: z.string() })),
  duration: z.number().nullable(),
  poster_url: z.string(),
  url: z.string(),
  quote: z.string(),
});

const imagePlace = z.object({
  type: z.literal('image'),
  region: rect.nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  /** From 1; a TIFF may have several. */
  page: z.int().nullable(),
  alt_text: z.string(),
  url: z.string(),
  quote: z.string(),
});

const toVideoPlace = (found: Recording): z.input<typeof videoPlace> => ({
  type: 'video',
  ...placeInTime(found.locator),
  transcript: found.transcript.map(({ start, text }) => ({ t: start, text })),
  duration: found.duration,
  poster_url: found.posterUrl,
  url: found.url,
  quote: found.quote,
});
const toImagePlace = ({ locator, alt, url, quote }: Located): z.input<typeof imagePlace> => ({
  type: 'image',
  ...placeInImage(locator),
  alt_text: alt,
  url,
  quote,
});

const quoteStanding = z.object({
  id: z.uuid(),
  source_id: z.uuid(),
  state: quoteState,
  quote: z.string(),
  version: z.string(),
  newest_version: z.string().nullable(),
  passage: z.object({ fragment_id: z.uuid(), text: z.string(), locator }).nullable(),
  closeness: z.number().nullable(),
  difference: z.array(differencePart),
});

const toStanding = (found: CitationState): z.input<typeof quoteStanding> => ({
  id: found.citationId,
  source_id: found.sourceId,
  state: found.state,
  quote: found.quote,
  version: found.version,
  newest_version: found.newest?.version ?? null,
  passage: found.passage && {
    fragment_id: found.passage.fragmentId,
    text: found.passage.text,
    locator: found.passage.locator,
  },
  closeness: found.closeness,
  difference: found.difference,
});

const textPlace = z.object({
  type: z.literal('text'),
  title: z.string(),
  version: z.string(),
  /** False when a newer version answers by now; this is the one the quote was taken from. */
  current: z.boolean(),
  /** Of a web page, going to the very words; null for what lies at no address. */
  page_url: z.string().nullable(),
  units: z.array(
    z.object({
      unit: z.int(),
      text: z.string(),
      marks: z.array(z.object({ start: z.int(), end: z.int() })),
    }),
  ),
  url: z.string(),
  quote: z.string(),
});

const toTextPlace = (found: ShownText): z.input<typeof textPlace> => ({
  type: 'text',
  title: found.title,
  version: found.version,
  current: found.current,
  page_url: pageAddress(found.locator),
  units: found.units.map(({ ordinal, text, marks }) => ({ unit: ordinal, text, marks })),
  url: found.url,
  quote: found.quote,
});

const located = z
  .object({ source_id: pathId, fragment: z.uuid().optional() })
  .transform((sent) => ({ sourceId: sent.source_id, target: sent.fragment }));

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
  json({
    method: 'GET',
    paths: ['/api/viewer/video/:source_id'],
    summary: 'When a quote is spoken in a recording, in seconds from its start, with the whole transcript.',
    input: located,
    call: (api) => api.viewer.recording,
    only: { type: 'video' },
    shape: videoPlace,
    output: toVideoPlace,
  }),
  json({
    method: 'GET',
    paths: ['/api/viewer/image/:source_id'],
    summary: 'Where a quote stands in an image: a box in pixels of the image as shown, origin top left.',
    input: located,
    call: (api) => api.viewer.locate,
    only: { type: 'image' },
    shape: imagePlace,
    output: toImagePlace,
  }),
  json({
    method: 'GET',
    paths: ['/api/viewer/text/:source_id'],
    summary: 'The stored text a quote was taken from, with its place as offsets.',
    input: located,
    call: (api) => api.viewer.text,
    shape: textPlace,
    output: toTextPlace,
  }),
  json({
    method: 'GET',
    paths: ['/api/citations/:citation_id/state'],
    summary: 'Whether a quote still stands in the newest version of its source, and what has become of it.',
    input: z.object({ citation_id: pathId }).transform((sent) => ({ citationId: sent.citation_id })),
    call: (api) => api.viewer.citationState,
    shape: quoteStanding,
    output: toStanding,
  }),
  redirect({
    paths: ['/media/:source_id'],
    summary: "A source's stored bytes, by a short-lived signed address. Any extension is accepted.",
    input: z.object({ source_id: mediaId }).transform((sent) => ({ sourceId: sent.source_id })),
    call: (api) => api.viewer.locate,
    location: (found) => found.url,
  }),
];
