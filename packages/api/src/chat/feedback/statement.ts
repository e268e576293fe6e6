import { sentences } from '../../text/sentences.ts';
import { bindClaim, type PlacedMark } from '../claims.ts';

/** A mark of an answer; `attached`: its Proof is from a file of the conversation, which nobody but its owner may read. */
export type OwnedMark = { marker: number; attached: boolean };

/**
 * The statement that mark closes, without marks; '' when it is not in the text, or when a mark of an attachment stands in the same
 * sentence or row: those words may be the attachment's.
 */
export function statementOf(text: string, marks: readonly OwnedMark[], marker: number): string {
  const placed = marks
    .map((mark) => ({ ...mark, at: text.indexOf(`[${mark.marker}]`) }))
    .filter(({ at }) => at !== -1)
    .sort((one, other) => one.at - other.at);
  const index = placed.findIndex((mark) => mark.marker === marker);
  if (index === -1) return '';
  const own = reachOf(text, placed, index);
  const foreign = placed.some((mark, i) => {
    if (!mark.attached) return false;
    const other = reachOf(text, placed, i);
    return other.start < own.end && own.start < other.end;
  });
  return foreign ? '' : (bindClaim(text, placed, index, true)?.text ?? '');
}

/** From the head of the sentence (or row) of what a mark closes to its end, and at least to the mark. */
function reachOf(text: string, marks: readonly PlacedMark[], index: number): { start: number; end: number } {
  const at = marks[index]?.at ?? 0;
  const claim = bindClaim(text, marks, index, true) ?? { start: at, end: at };
  const from = text.lastIndexOf('\n', claim.start - 1) + 1;
  const feed = text.indexOf('\n', claim.end);
  const line = text.slice(from, feed === -1 ? text.length : feed);
  if (line.trimStart().startsWith('|')) return { start: from, end: from + line.length };
  // Blanked, a mark behind a full stop does not part the sentence from it.
  const masked = line.replaceAll(/\[\d{1,4}\]/gu, (mark) => ' '.repeat(mark.length));
  const touched = [...sentences(masked)].filter(([s, e]) => from + s < claim.end && claim.start < from + e);
  return {
    start: Math.min(claim.start, ...touched.map(([s]) => from + s)),
    end: Math.max(claim.end, ...touched.map(([, e]) => from + e)),
  };
}
