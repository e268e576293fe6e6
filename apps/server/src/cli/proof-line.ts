import type { Citation, Locator } from '@rayni/client';
import { printable } from './connect.ts';

const quoteLength = 140;

/** A Proof on one line: `[1] Title, p. 12 · verified · "quote"`, with what is missing where it is less than verified. */
export function proofLine({ marker, sourceTitle, locator, support, reasons, quote }: Citation): string {
  const place = placeOf(locator);
  const why =
    reasons.length > 0 && (support === 'partial' || support === 'unsupported')
      ? ` (${reasons.join(', ')})`
      : '';
  const words = printable(quote).replaceAll(/\s+/g, ' ').trim();
  const shown = words.length > quoteLength ? `${words.slice(0, quoteLength).trimEnd()}…` : words;
  return `[${marker}] ${printable(sourceTitle)}${place ? `, ${place}` : ''} · ${support}${why} · "${shown}"`;
}

/** Whether `npm run proof -- … --png` has something to draw: a page, an image or the frame of a recording. */
export const isDrawn = ({ kind }: Locator): boolean => kind === 'pdf' || kind === 'image' || kind === 'time';

/** Where a quote stands, as one would write it in a note: `p. 12`, `pp. 12–13`, `1:05–1:20`, `slide 3`; empty where no place is known. */
export function placeOf(locator: Locator): string {
  switch (locator.kind) {
    case 'pdf': {
      const pages = [...new Set(locator.spans.map((span) => span.page))].sort((a, b) => a - b);
      const [first, last] = [pages[0], pages.at(-1)];
      return first === last ? `p. ${first}` : `pp. ${first}–${last}`;
    }
    case 'time':
      return `${clock(locator.start)}–${clock(locator.end)}${locator.speaker ? ` (${printable(locator.speaker)})` : ''}`;
    case 'slide':
      return `slide ${locator.slide}`;
    case 'sheet':
      return `${printable(locator.sheet)} ${locator.range}`;
    case 'image':
      return locator.page === undefined ? '' : `p. ${locator.page}`;
    case 'text':
    case 'none':
      return '';
    default:
      return locator satisfies never;
  }
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
