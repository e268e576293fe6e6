import type { SourceType, TextRange } from '@rayni/contract';
import type { Recognized } from './ocr-engine.ts';
import type { Cue } from '../app.ts';

/**
 * Where the words of a unit stand. Entries are in canonical order and do not overlap: entry `i` is canonical `[starts[i], ends[i])`.
 * `boxes` are words on a page in points, `pixels` on an image as shown: box `[4i … 4i+3]` = x, y, w, h; one word cut by a line end is two
 * entries. `times` are cues of a recording: `[2i, 2i+1]` = start and end in seconds. `cells` are those of a sheet: `[2i, 2i+1]` = row and
 * column, from 1. In a `slide` the unit's ordinal is the slide's number. `offsets` means the canonical offset itself is the place; `url`
 * is the address of the page whose text it is.
 */
export type PlaceMap =
  | ({ kind: 'boxes' } & Boxes)
  | ({ kind: 'pixels' } & Boxes)
  | { kind: 'times'; starts: Uint32Array; ends: Uint32Array; times: Float64Array }
  | { kind: 'cells'; sheet: string; starts: Uint32Array; ends: Uint32Array; cells: Uint32Array }
  | { kind: 'slide' }
  | { kind: 'offsets'; url?: string }
  | { kind: 'none' };
export type Boxes = {
  width: number;
  height: number;
  starts: Uint32Array;
  ends: Uint32Array;
  boxes: Float32Array;
  /** Entries that were recognised in a picture with doubt, ascending. */
  doubtful?: Uint32Array;
  /** Of an image with several pages, which one it is, from 1. */
  page?: number;
};

/** One page of a version with its own coordinates. `ordinal` counts from 1; `text` is canonical and is never edited. */
export type Unit = { ordinal: number; text: string; places: PlaceMap };

/**
 * What is retrieved. `text` is exactly the slices of `ranges`, joined by one space: one range as a rule, two where a paragraph runs
 * across a page turn or around something left out. `segments` are the sentences or table rows of `text`, as `[start, end)` pairs.
 */
export type FragmentDraft = {
  ordinal: number;
  /** Heading path, joined by " › "; for search and display only, never part of `text`. */
  heading: string;
  ranges: TextRange[];
  text: string;
  /** `description`: what a model says of an image, not what stands in it. */
  kind: 'prose' | 'table' | 'code' | 'description';
  segments: [start: number, end: number][];
};

/** What a reader makes of one version's bytes. Never edited: a better reader makes a new reading. */
export type Reading = { reader: string; readerVersion: number; units: Unit[]; fragments: FragmentDraft[] };

/** What a reader found out beside the text; what does not apply is left out. */
export type ReadingFacts = {
  /** Of a recording, in seconds. */
  duration?: number;
  /** Of an image as shown, in pixels. */
  width?: number;
  height?: number;
  /** Where the words of a recording come from. */
  transcript?: 'captions' | 'track' | 'model';
  /** What a model says of an image. */
  description?: string;
  /** Pages (from 1) whose words were recognised in a picture; how many words, and how many of them with doubt. */
  recognized?: { pages: number[]; words: number; doubtful: number };
  /** Why there is nothing to answer from yet, and what would help: the source is `parsed`, not rejected. */
  missing?: string;
};

/** The version of each reader; a higher one reads better and makes new readings worth while. */
export const readerVersions = {
  pdf: 3,
  note: 1,
  video: 1,
  image: 1,
  url: 1,
  office: 1,
} as const satisfies Record<SourceType, number>;

/** What is known of a recording before its words are read. */
export type Recording = {
  /** Where it is, for a reader that shall say how long it is. */
  path?: string;
  /** What a model heard; captions otherwise. */
  cues?: Cue[];
  /** When nobody speaks, in seconds; in order. */
  pauses: (readonly [start: number, end: number])[];
};

/** What a reader is told of its document, and where it hands on what it reads. */
export type ReaderTools = {
  filename: string;
  mediaType: string;
  /** The address the bytes came from. */
  url: string | undefined;
  /** Of a recording; the bytes are its captions then. */
  recording?: Recording | undefined;
  limits: { pages: number; textBytes: number };
  /** Units in order; resolves when the next may come. */
  onUnit: (unit: Unit) => Promise<void>;
  /** So many parts (pages, seconds, sheets) of so many. The first call with `done` 0 tells how large the document is. */
  onProgress: (done: number, total: number) => void;
  onFacts: (facts: ReadingFacts) => Promise<void>;
  /** Recognises what is written on a page of this PDF, in a process that may draw it. Undefined for a page that was given up. */
  recognize?: ((page: number) => Promise<Recognized | undefined>) | undefined;
  /** What a model sees in a picture, if one is configured and answers. */
  describe?: ((picture: Picture) => Promise<PictureDescription | undefined>) | undefined;
};

/** A picture as shown, small enough to be sent. */
export type Picture = {
  bytes: Uint8Array;
  mediaType: 'image/png' | 'image/jpeg';
  width: number;
  height: number;
};
/** What a model says of a picture, with boxes in its pixels. */
export type PictureDescription = {
  description: string;
  regions: { label: string; x: number; y: number; w: number; h: number }[];
};

/** Reads a document within its own process: hands its units on and returns its fragments. Throws `Unreadable` for what no later try will read. */
export type ReadBytes = (bytes: Uint8Array, tools: ReaderTools) => Promise<FragmentDraft[]>;

/** So many parts a reader may send before the first of them is taken: a slow database holds it back, and memory stays bounded. */
export const partsAhead = 64;

/** A document that cannot be read, with a reason a person understands. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
