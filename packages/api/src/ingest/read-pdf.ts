import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import { fragmentsOf } from './fragments.ts';
import { recognizedBlocks } from './ocr-layout.ts';
import { layoutOf, type Block } from './pdf-layout.ts';
import type { PageText } from './pdf-furniture.ts';
import { wordsOf } from './pdf-operators.ts';
import { piecesOf } from './pdf-pieces.ts';
import { learnWords, writePage, type Vocabulary } from './pdf-text.ts';
import { type Scan, scannedPlaces, scanOf, wantsRecognition } from './pdf-scans.ts';
import type { Font, Frame } from './pdf-words.ts';
import {
  type FragmentDraft,
  type ReaderTools,
  readerVersions,
  type Reading,
  type Unit,
  Unreadable,
} from './reading.ts';

export const pdfLimits = { pages: 10_000, textBytes: 50 * 1024 * 1024 };

/** Pages laid out ahead of the one being written, so that its hyphens are judged by the words of its neighbours too. */
const ahead = 24;

/** pdf.js keeps fonts and objects of every page it has seen; fonts are then loaded again where they are still used. */
const pagesBetweenCleanups = 100;

/** Reads the text of a PDF with its places: one unit a page. Throws `Unreadable` for what no later try will read. */
export async function readPdf(
  bytes: Uint8Array,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Reading> {
  const units: Unit[] = [];
  const fragments = await readPages(bytes, {
    onProgress,
    onUnit: async (unit) => void units.push(unit),
    limits: pdfLimits,
  });
  return { reader: 'pdf', readerVersion: readerVersions.pdf, units, fragments };
}

/** As `readPdf`, but hands each unit on as soon as it is read and keeps none of their places. */
export async function readPages(
  bytes: Uint8Array,
  {
    onProgress,
    onUnit,
    limits,
    onFacts,
    recognize,
  }: Pick<ReaderTools, 'onProgress' | 'onUnit' | 'limits' | 'recognize'> &
    Partial<Pick<ReaderTools, 'onFacts'>>,
): Promise<FragmentDraft[]> {
  const document = await openPdf(bytes);
  try {
    const total = document.numPages;
    if (total > limits.pages)
      throw new Unreadable(`This PDF has ${total} pages; at most ${limits.pages} can be read.`);
    const pages: PageText[] = [];
    const vocabulary: Vocabulary = new Map();
    const waiting: { ordinal: number; size: Size; blocks: Block[]; scan: Scan | undefined }[] = [];
    const scans = { pages: [] as number[], words: 0, doubtful: 0 };
    const isShown = await shownGroups(document);
    const letters = { mono: 0, all: 0 };
    let length = 0;
    onProgress(0, total);

    const write = async () => {
      const { ordinal, size, blocks, scan } = waiting.shift()!;
      const { unit: page, blocks: written } = writePage(ordinal, size, blocks, vocabulary);
      const unit = scan ? { ...page, places: scannedPlaces(page.places, scan) } : page;
      pages.push({ ordinal, height: size.height, text: unit.text, blocks: written });
      length += Buffer.byteLength(unit.text);
      if (length > limits.textBytes)
        throw new Unreadable(
          `This PDF holds more than ${Math.round(limits.textBytes / 2 ** 20)} MB of text; that is more than can be read.`,
        );
      await onUnit(unit);
    };
    for (let ordinal = 1; ordinal <= total; ordinal++) {
      const page = await readPage(document, ordinal, isShown);
      const scan = page.wants && (await recognize?.(ordinal).then((found) => found && scanOf(found, page)));
      const { size } = scan || page;
      if (scan) {
        scans.pages.push(ordinal);
        scans.words += scan.words;
        scans.doubtful += scan.doubtful;
      }
      for (const { words } of scan ? [] : page.frames) {
        for (const { text, font } of words) {
          letters.all += text.length;
          if (font.mono) letters.mono += text.length;
        }
      }
      const blocks = scan
        ? recognizedBlocks(scan.frames)
        : layoutOf(page.frames, letters.mono > 0.7 * letters.all);
      learnWords(blocks, vocabulary);
      waiting.push({ ordinal, size, blocks, scan: scan || undefined });
      if (waiting.length > ahead) await write();
      onProgress(ordinal, total);
      if (ordinal % pagesBetweenCleanups === 0) await document.cleanup();
    }
    while (waiting.length > 0) await write();
    const fragments = fragmentsOf(piecesOf(pages), ({ unit, start, end }) =>
      (pages[unit - 1]?.text ?? '').slice(start, end),
    );
    // Page numbers and running heads alone are no text either.
    if (fragments.length === 0)
      throw new Unreadable(
        recognize
          ? 'No text was found, not even by text recognition (OCR).'
          : 'No text was found: these look like scanned pages. Run text recognition (OCR) on the file first.',
      );
    if (scans.pages.length > 0) await onFacts?.({ recognized: scans });
    return fragments;
  } finally {
    await document.loadingTask.destroy();
  }
}

export type Size = { width: number; height: number };

// Nothing is drawn with the fonts. But where pdf.js cannot hand one to a document, it traces the outlines of all its letters instead: a
// tenth of the time of reading.
class UnusedFont {
  readonly loaded = Promise.resolve();
}
const ownerDocument = { fonts: new Set<UnusedFont>() };

/** Opens a PDF with fonts and character maps from the package itself; the bytes are taken over. */
export async function openPdf(
  bytes: Uint8Array,
  forDrawing = false,
  maxImageSize = -1,
): Promise<pdfjs.PDFDocumentProxy> {
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  if (!forDrawing) Object.assign(globalThis, { FontFace: UnusedFont });
  try {
    return await pdfjs.getDocument({
      data: bytes,
      verbosity: pdfjs.VerbosityLevel.ERRORS,
      standardFontDataUrl: join(folder, 'standard_fonts/'),
      cMapUrl: join(folder, 'cmaps/'),
      iccUrl: join(folder, 'iccs/'),
      wasmUrl: join(folder, 'wasm/'),
      useSystemFonts: false,
      enableXfa: false,
      // Names and metrics of fonts come with the extra properties; images are not decoded for their text.
      ...(forDrawing
        ? { maxImageSize }
        : { fontExtraProperties: true, maxImageSize: 0, disableFontFace: false, ownerDocument }),
    }).promise;
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): unknown {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException')
    return new Unreadable('This PDF is protected by a password. Save it without one and upload it again.');
  if (name === 'InvalidPDFException' || name === 'FormatError' || name === 'UnknownErrorException')
    return new Unreadable('This file is damaged and could not be opened as a PDF.', { cause: error });
  return error;
}

/** A page as its own text says; `wants`: that is nothing, garbage or little beside a picture. */
export type PageRead = { size: Size; frames: Frame[]; wants: boolean };

async function readPage(
  document: pdfjs.PDFDocumentProxy,
  ordinal: number,
  isShown: (group: unknown) => boolean,
): Promise<PageRead> {
  let page: pdfjs.PDFPageProxy;
  try {
    page = await document.getPage(ordinal);
  } catch (error) {
    const circle = error instanceof Error && /circular/i.test(error.message);
    throw new Unreadable(
      circle
        ? 'This PDF is damaged: its list of pages runs in a circle.'
        : `Page ${ordinal} of this PDF is damaged and could not be read.`,
      { cause: error },
    );
  }
  try {
    const view = page.getViewport({ scale: 1 });
    const operators = await page.getOperatorList({ annotationMode: pdfjs.AnnotationMode.DISABLE });
    const fonts = new Map<string, Font | undefined>();
    const fontOf = (name: string): Font | undefined => {
      if (!fonts.has(name))
        fonts.set(name, page.commonObjs.has(name) ? describe(page.commonObjs.get(name)) : undefined);
      return fonts.get(name);
    };
    const frames = wordsOf(operators, view, fontOf, isShown);
    return {
      size: { width: view.width, height: view.height },
      frames,
      wants: wantsRecognition(frames, operators, view),
    };
  } finally {
    page.cleanup();
  }
}

type PdfFont = {
  name?: string;
  bold?: boolean;
  black?: boolean;
  isMonospace?: boolean;
  vertical?: boolean;
  ascent?: number;
  descent?: number;
  fontMatrix?: number[];
};

function describe(font: PdfFont): Font {
  const name = font.name ?? '';
  const within = (value: number | undefined, least: number, most: number, otherwise: number) =>
    value !== undefined && value >= least && value <= most ? value : otherwise;
  return {
    name,
    bold: font.bold === true || font.black === true || /bold|black|heavy|demi|cmbx|[-_,]bd/i.test(name),
    mono:
      /mono|courier|consol|cmtt|typewriter|fixed|menlo|code/i.test(name) ||
      (font.isMonospace === true && name !== 'Type3'),
    // Files say nonsense here often enough; boxes must hold the letters and not the neighbouring lines.
    ascent: within(font.ascent, 0.6, 0.95, 0.78),
    descent: within(-(font.descent ?? 0), 0.15, 0.3, 0.22),
    vertical: font.vertical === true,
    scale: font.fontMatrix?.[0] ?? 0.001,
  };
}

/** Tells optional content (layers) that is switched off as shown on a screen. */
async function shownGroups(document: pdfjs.PDFDocumentProxy): Promise<(group: unknown) => boolean> {
  const config = await document.getOptionalContentConfig({ intent: 'display' });
  return (group) => {
    try {
      return config.isVisible(group as Parameters<typeof config.isVisible>[0]);
    } catch {
      return true;
    }
  };
}
