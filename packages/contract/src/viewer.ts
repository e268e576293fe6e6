import { z } from 'zod';
import { locator } from './locator.ts';
import { sourceType } from './sources.ts';

/** `target` is a citation id or a fragment id; without it the first fragment of the source's current version. */
export const locateInput = z.object({
  sourceId: z.uuid().optional(),
  target: z.uuid().optional(),
});
export type LocateInput = z.infer<typeof locateInput>;

/** Everything a viewer needs to draw a Proof: the bytes' signed address, the place, the quote. */
export const located = z.object({
  sourceId: z.uuid(),
  versionId: z.uuid(),
  fragmentId: z.uuid().nullable(),
  type: sourceType,
  title: z.string(),
  filename: z.string(),
  mediaType: z.string(),
  /** The version's own label; its ordinal when it has none. */
  version: z.string(),
  checksum: z.string(),
  quote: z.string(),
  locator,
  /** The quote is what a model says of an image, not words that stand in it. */
  byModel: z.boolean(),
  /** Parts of the quote that were recognised in a picture with doubt, as offsets into it. */
  doubtful: z.array(z.object({ start: z.int().min(0), end: z.int().min(0) })),
  /** An image in words: what a model says of it, else the beginning of what stands in it. Empty for everything else. */
  alt: z.string(),
  /** False when a newer version of the source answers now. */
  current: z.boolean(),
  /** The source was deleted: its old citations keep title, quote and place, but there are no bytes to open any more. */
  deleted: z.boolean(),
  /** Empty when deleted. */
  url: z.string(),
  urlExpiresAt: z.date(),
});
export type Located = z.infer<typeof located>;

/** A recording with what is spoken in it: the transcript the Proof was made from. Times in seconds from the start. */
export const recording = located.extend({
  duration: z.number().nullable(),
  /** Where the words come from: captions beside it, a subtitle track in it, or a model that listened. Null without any. */
  transcriptFrom: z.enum(['captions', 'track', 'model']).nullable(),
  /** By sentences, in order; empty when deleted. */
  transcript: z.array(z.object({ start: z.number(), end: z.number(), text: z.string() })),
  /** A frame of it to show, JPEG, until `urlExpiresAt`; empty when there is none. */
  posterUrl: z.string(),
});
export type Recording = z.infer<typeof recording>;

/** A Proof with the text it was made from: the units (pages, slides, sheets; a note or a web page is one) that the quote stands in. */
export const shownText = located.extend({
  /** Empty when deleted. */
  units: z.array(
    z.object({
      ordinal: z.int().min(1),
      text: z.string(),
      /** The quote in `text`, UTF-16 code units; the marks of all units in order, joined by one space, are the quote. */
      marks: z.array(z.object({ start: z.int().min(0), end: z.int().min(0) })),
    }),
  ),
});
export type ShownText = z.infer<typeof shownText>;
