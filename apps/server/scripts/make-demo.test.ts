import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readOfficeHere } from '@rayni/api/testing';
import { demo, demoFile } from '../demo/demo.ts';
import { manuals } from './demo/manuals.ts';
import { drawPanel, panelTexts } from './demo/panel.ts';
import { typeset } from './demo/typeset.ts';

type Page = {
  rotate: number;
  view: number[];
  getTextContent(): Promise<{ items: { str?: string; hasEOL?: boolean }[] }>;
};
type Pdf = {
  numPages: number;
  getPage(number: number): Promise<Page>;
  getOutline(): Promise<unknown[] | null>;
};

// pdfjs-dist is a dependency of @rayni/api, which is what will read these files.
const api = createRequire(new URL('../../../packages/api/package.json', import.meta.url));
const pdfjs = await import(api.resolve('pdfjs-dist/legacy/build/pdf.mjs'));
const open = async (bytes: Uint8Array): Promise<Pdf> =>
  pdfjs.getDocument({ data: new Uint8Array(bytes), useSystemFonts: true, verbosity: 0 }).promise;

const textOf = async (page: Page) =>
  (await page.getTextContent()).items.map(({ str = '', hasEOL }) => (hasEOL ? `${str}\n` : str)).join('');
// A line may end inside a word, with a hyphen or without; pdfjs gives the micro sign as a Greek mu.
const bare = (text: string) => text.normalize('NFKC').replace(/[\s-]/g, '');

/** The file with its streams inflated and without lengths and offsets: zlib builds pack the same content differently. */
function contentOf(bytes: Uint8Array): string {
  const raw = Buffer.from(bytes).toString('latin1');
  const parts: string[] = [];
  let at = 0;
  for (const match of raw.matchAll(/\/Length (\d+)[^>]*>>\nstream\n/g)) {
    if (match.index < at) continue;
    const start = match.index + match[0].length;
    const end = start + Number(match[1]);
    const stream = bytes.subarray(start, end);
    const plain = match[0].includes('/FlateDecode') ? inflateSync(stream) : stream;
    parts.push(raw.slice(at, match.index), Buffer.from(plain).toString('latin1'));
    at = end;
  }
  return parts.join('') + raw.slice(at, raw.lastIndexOf('\nxref\n'));
}

const files = demo.sources.map((source) => source.file);
const pdfs = demo.sources.filter((source) => source.type === 'pdf');

describe('the script', () => {
  it.each(Object.keys(manuals))('makes %s as it lies in the repository, twice the same', async (file) => {
    const manual = manuals[file]!;
    const made = await typeset(manual);
    expect(Buffer.compare(made.bytes, (await typeset(manual)).bytes)).toBe(0);
    const kept = await readFile(demoFile({ file }));
    expect(contentOf(made.bytes) === contentOf(kept)).toBe(true);
    expect(contentOf(kept)).toContain('BT');
  });

  it('draws the panel as it lies in the repository, and small', async () => {
    const kept = await readFile(demoFile({ file: 'oakspindle-r6-panel.jpg' }));
    expect(Buffer.compare(drawPanel(), kept)).toBe(0);
    expect(kept.length).toBeLessThan(300_000);
  });

  it('makes exactly the PDFs of the demo', () => {
    expect(Object.keys(manuals).sort()).toEqual(pdfs.map(({ file }) => file).sort());
  });
});

describe('the files', () => {
  it.each(pdfs)(
    '$file has its pages, says on the first that it is fictional, and stays small',
    async (source) => {
      const pdf = await open(await readFile(demoFile(source)));
      expect(pdf.numPages).toBe(source.pages);
      expect(await textOf(await pdf.getPage(1))).toMatch(/fictional demonstration material made for Rayni/);
      expect((await pdf.getOutline())?.length).toBeGreaterThan(4);
      expect((await stat(demoFile(source))).size).toBeLessThan(150_000);
    },
  );

  it('keep a turned page, a crop box and words cut at line ends', async () => {
    const sorrelight = await open(await readFile(demoFile({ file: 'sorrelight-320-manual.pdf' })));
    expect((await sorrelight.getPage(5)).rotate).toBe(90);
    expect(await textOf(await sorrelight.getPage(7))).toMatch(/[a-z]-\n[a-z]/);
    const ionthicket = await open(await readFile(demoFile({ file: 'ionthicket-q9-manual.pdf' })));
    expect((await ionthicket.getPage(3)).view).toEqual([24, 24, 619, 866]);
  });
});

describe('the manifest', () => {
  it('names a page that holds the phrase for every question', async () => {
    const pages = new Map<string, string[]>();
    for (const source of demo.sources) {
      // A recording is read by its captions.
      const bytes = await readFile(demoFile({ file: source.captions ?? source.file }));
      if (source.type === 'office')
        pages.set(
          source.file,
          (await readOfficeHere(bytes, source.file)).units.map(({ text }) => text),
        );
      else if (source.type === 'note' || source.type === 'url' || source.captions)
        pages.set(source.file, [bytes.toString('utf8')]);
      else if (source.type === 'image') pages.set(source.file, [panelTexts.join('\n')]);
      else {
        const pdf = await open(bytes);
        const numbers = Array.from({ length: pdf.numPages }, (_, i) => i + 1);
        pages.set(source.file, await Promise.all(numbers.map(async (n) => textOf(await pdf.getPage(n)))));
      }
    }
    const wrong = demo.questions.flatMap(({ instrumentId, question, expect }) =>
      expect.flatMap(({ file, page, phrase }) => {
        const found = (pages.get(file) ?? []).flatMap((text, i) =>
          bare(text).includes(bare(phrase)) ? [i + 1] : [],
        );
        const own = demo.sources.some((s) => s.file === file && s.instrumentId === instrumentId);
        return own && found.includes(page) ? [] : [{ question, phrase, page, found }];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('asks three to ten questions of each instrument, one of them about calibration', () => {
    for (const { id } of demo.instruments) {
      const own = demo.questions.filter(({ instrumentId }) => instrumentId === id);
      expect(own.length).toBeGreaterThanOrEqual(3);
      expect(own.length).toBeLessThanOrEqual(10);
      expect(own.some(({ question }) => question.includes('calibrate'))).toBe(true);
    }
  });

  it('uses every id once and refers only to what it has', () => {
    const all = [...demo.accounts, ...demo.instruments, ...demo.folders, ...demo.sources].map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(files).size).toBe(files.length);
    for (const { folderId, instrumentId } of demo.sources)
      expect(demo.folders.find(({ id }) => id === folderId)?.instrumentId).toBe(instrumentId);
  });

  it('grants the user a restricted instrument that is not the first of them by name', () => {
    const restricted = demo.instruments
      .filter(({ visibility }) => visibility === 'restricted')
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(restricted).toHaveLength(2);
    expect(demo.grants.map(({ instrumentId }) => instrumentId)).toEqual([restricted[1]?.id]);
    expect(demo.accounts.find(({ id }) => id === demo.grants[0]?.userId)?.email).toBe('user@rayni.com');
  });
});
