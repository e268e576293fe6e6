import { OPS } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { Recognized } from './ocr-engine.ts';
import { doubtfulIn, framesOf, type OcrFrames, type OcrGroup } from './ocr-frame.ts';
import { multiply, type Operators } from './pdf-operators.ts';
import type { Frame, Matrix, PageView } from './pdf-words.ts';
import type { PageRead, Size } from './read-pdf.ts';
import type { PlaceMap } from './reading.ts';

/** Characters of glyphs that say nothing: private use, unassigned, replacement, control. */
const nothing = /[\p{Co}\p{Cn}\p{Cc}\uFFFD]/gu;
/** Pages whose text is so far made of such are garbage. */
const garbageFrom = 0.3;
/** Pages with fewer letters and digits may be a scan that was stamped or numbered. */
const fewLetters = 200;
/** A picture that covers so much of its page may be a scan of it. */
const pictureFrom = 0.3;

/** Whether a page's words must be recognised in its picture: it has none, they are garbage, or few beside a picture that fills it. */
export function wantsRecognition(frames: Frame[], operators: Operators, view: PageView): boolean {
  const text = frames.flatMap(({ words }) => words.map((word) => word.text)).join('');
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (isGarbage(text)) return true;
  if (letters >= fewLetters) return false;
  const { pictured, painted } = paintedOn(operators, view);
  return letters === 0 ? painted : pictured >= pictureFrom;
}

/** Whether text is mostly signs without meaning, as fonts give that do not tell what their glyphs are. */
export function isGarbage(text: string): boolean {
  return (text.match(nothing)?.length ?? 0) > garbageFrom * text.length;
}

const painting: ReadonlySet<number> = new Set([
  OPS.fill,
  OPS.eoFill,
  OPS.fillStroke,
  OPS.eoFillStroke,
  OPS.stroke,
  OPS.shadingFill,
  OPS.constructPath,
  OPS.showText,
  OPS.paintImageMaskXObject,
  OPS.paintSolidColorImageMask,
]);

/**
 * How much of the page pictures cover (0 to 1; those that overlap count twice), and whether anything is drawn at all. The reader lets pdf.js
 * leave pictures out, undecoded; what stays of one is its place: a transformation that nothing is drawn in.
 */
function paintedOn(
  { fnArray, argsArray }: Operators,
  view: PageView,
): { pictured: number; painted: boolean } {
  let area = 0;
  let painted = false;
  let ctm: Matrix = view.transform;
  let empty = false;
  const saved: Matrix[] = [];
  const leave = () => {
    if (empty) area += areaOf(ctm, view);
    empty = false;
  };
  for (let i = 0; i < fnArray.length; i++) {
    const args = (argsArray[i] ?? []) as unknown[];
    const op = fnArray[i] ?? 0;
    if (op === OPS.save || op === OPS.paintFormXObjectBegin) {
      saved.push(ctm);
      empty = false;
      if (op === OPS.paintFormXObjectBegin && args[0]) ctm = multiply(ctm, args[0] as Matrix);
    } else if (op === OPS.transform) {
      ctm = multiply(ctm, args as number[]);
      empty = true;
    } else if (op === OPS.restore || op === OPS.paintFormXObjectEnd) {
      leave();
      ctm = saved.pop() ?? ctm;
    } else if (painting.has(op)) {
      painted = true;
      empty = false;
    }
  }
  leave();
  return { pictured: area / (view.width * view.height), painted: painted || area > 0 };
}

/** The area of the unit square on the page. */
function areaOf(matrix: Matrix, view: PageView): number {
  const [a = 1, b = 0, c = 0, d = 1] = matrix as number[];
  return Math.min(Math.abs(a * d - b * c), view.width * view.height);
}

/** A page as its picture says. */
export type Scan = {
  size: Size;
  frames: OcrGroup[];
  shown: Size;
  isDoubtful: OcrFrames['isDoubtful'];
  words: number;
  doubtful: number;
};

/** What was recognised on a page, in its points; undefined where the page's own text says more. */
export function scanOf(found: Recognized, { size, frames }: PageRead): Scan | undefined {
  const own = lettersIn(frames);
  const sideways = found.turn === 90 || found.turn === 270;
  const points = size.width / (sideways ? found.height : found.width);
  const { frames: read, size: upright, isDoubtful } = framesOf(found, { box: points, measure: points });
  const text = frames.flatMap(({ words }) => words.map((word) => word.text)).join('');
  // Page numbers and stamps are recognised, too.
  if (!isGarbage(text) && lettersIn(read) < 3 * own) return undefined;
  return {
    size: upright,
    frames: read,
    shown: size,
    isDoubtful,
    words: found.words.length,
    doubtful: found.words.filter((word) => word.doubtful).length,
  };
}

function lettersIn(frames: Frame[]): number {
  return frames.reduce(
    (sum, { words }) =>
      sum + words.reduce((all, { text }) => all + (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0), 0),
    0,
  );
}

/** The places of a recognised page on the page as shown, which may lie on its side. */
export function scannedPlaces(places: PlaceMap, { shown, isDoubtful }: Scan): PlaceMap {
  if (places.kind !== 'boxes') return places;
  return { ...places, ...shown, doubtful: doubtfulIn(places, isDoubtful) };
}
