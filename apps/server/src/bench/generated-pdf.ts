import { smallPdf } from '../testing/small-pdf.ts';
import { generatedFragments } from './generated-fragments.ts';

const linesPerPage = 40;
const wordsPerLine = 9;
/** About as many different words as a manual has. */
const vocabulary = 5_000;

/** A PDF of so many full pages of generated words. */
export function generatedPdf(pages: number): Promise<Uint8Array> {
  const { fragments } = generatedFragments(linesPerPage * pages, 1, vocabulary);
  function* endless() {
    for (const { text } of fragments()) yield* text.split(' ');
  }
  const words = endless();
  const line = () => Array.from({ length: wordsPerLine }, () => words.next().value ?? '').join(' ');
  return smallPdf(
    Array.from({ length: pages }, () =>
      Array.from({ length: linesPerPage }, (_, i) => (i % 8 === 7 ? `${line()}.` : line())),
    ),
  );
}
