import type { Locator } from '@rayni/contract';
import { around } from './page-place.ts';

/** Where in a recording a quote is spoken, in seconds from its start. What is not known is null, never a guess. */
export const placeInTime = (locator: Locator) =>
  locator.kind === 'time' ? { t_start: locator.start, t_end: locator.end } : { t_start: null, t_end: null };

/** Where in an image a quote stands, in pixels of the image as shown. What is not known is null, never a guess. */
export const placeInImage = (locator: Locator) =>
  locator.kind === 'image'
    ? {
        region: around(locator.rects),
        width: locator.width,
        height: locator.height,
        page: locator.page ?? 1,
      }
    : { region: null, width: null, height: null, page: null };

/** The address of a web page, going to the very words; null of what lies at none. */
export const pageAddress = (locator: Locator): string | null =>
  (locator.kind === 'text' ? locator.url : undefined) ?? null;
