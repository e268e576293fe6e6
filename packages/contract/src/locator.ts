import { z } from 'zod';

/** A box; in a PDF points of the page as shown (crop box and rotation applied), in an image pixels as shown. Origin top left. */
export const rect = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() });
export type Rect = z.infer<typeof rect>;

/** Boxes on one page (counted from 1) with the size of that page in points. */
export const pageSpan = z.object({
  page: z.int().min(1),
  width: z.number(),
  height: z.number(),
  rects: z.array(rect),
});
export type PageSpan = z.infer<typeof pageSpan>;

/** Where a quote stands. `none` means that no place is known; a place is never guessed. */
export const locator = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pdf'), spans: z.array(pageSpan).min(1) }),
  /** `page`, from 1, where the image has several. */
  z.object({
    kind: z.literal('image'),
    width: z.number(),
    height: z.number(),
    rects: z.array(rect),
    page: z.int().min(1).optional(),
  }),
  /** Seconds from the start of the recording. */
  z.object({ kind: z.literal('time'), start: z.number(), end: z.number(), speaker: z.string().optional() }),
  /** Offsets into the canonical text, UTF-16 code units. */
  z.object({ kind: z.literal('text'), start: z.int(), end: z.int(), url: z.string().optional() }),
  z.object({ kind: z.literal('slide'), slide: z.int().min(1), start: z.int(), end: z.int() }),
  z.object({
    kind: z.literal('sheet'),
    sheet: z.string(),
    range: z.string(),
    start: z.int(),
    end: z.int(),
  }),
  z.object({ kind: z.literal('none') }),
]);
export type Locator = z.infer<typeof locator>;

/** A range of one unit's canonical text: `unit` counts from 1, `[start, end)` in UTF-16 code units. */
export const textRange = z.object({ unit: z.int().min(1), start: z.int().min(0), end: z.int().min(0) });
export type TextRange = z.infer<typeof textRange>;
