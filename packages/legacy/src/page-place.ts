import type { Locator, PageSpan, Rect } from '@rayni/contract';

/** The place on the page that was asked for, else on the first page the quote stands on. What is not known is null, never a guess. */
export function placeOnPage(locator: Locator, page: number | undefined) {
  const spans: PageSpan[] = locator.kind === 'pdf' ? locator.spans : [];
  const span = page === undefined ? spans[0] : spans.find((each) => each.page === page);
  const rects = span?.rects ?? [];
  return {
    page: span?.page ?? page ?? null,
    bbox: around(rects),
    rects,
    page_width: span?.width ?? null,
    page_height: span?.height ?? null,
  };
}

/** The smallest box that holds them all; null around nothing. */
export function around(rects: Rect[]): Rect | null {
  if (rects.length === 0) return null;
  const x = Math.min(...rects.map((r) => r.x));
  const y = Math.min(...rects.map((r) => r.y));
  const right = Math.max(...rects.map((r) => r.x + r.w));
  const bottom = Math.max(...rects.map((r) => r.y + r.h));
  return { x, y, w: right - x, h: bottom - y };
}
