import type { TextRange } from '@rayni/contract';

/**
 * Where the words of a unit stand: word `i` is canonical `[starts[i], ends[i])`, its box `boxes[4i … 4i+3]` = x, y, w, h.
 * Words are in canonical order and do not overlap; one word cut by a line end is two entries. `offsets` means the canonical
 * offset itself is the place (a note).
 */
export type PlaceMap =
  | {
      kind: 'boxes';
      width: number;
      height: number;
      starts: Uint32Array;
      ends: Uint32Array;
      boxes: Float32Array;
    }
  | { kind: 'offsets' }
  | { kind: 'none' };

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
  kind: 'prose' | 'table' | 'code';
  segments: [start: number, end: number][];
};

/** What a reader makes of one version's bytes. Never edited: a better reader makes a new reading. */
export type Reading = { reader: string; readerVersion: number; units: Unit[]; fragments: FragmentDraft[] };

/** The version of each reader; a higher one reads better and makes new readings worth while. */
export const readerVersions = { pdf: 2, note: 1 } as const;

/** So many parts a reader may send before the first of them is taken: a slow database holds it back, and memory stays bounded. */
export const partsAhead = 64;

/** A document that cannot be read, with a reason a person understands. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
