import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

// The floor of reading a PDF: a process of its own that asks pdf.js for the text of every page and drops it.

type Pdfjs = {
  VerbosityLevel: { ERRORS: number };
  getDocument(source: object): {
    promise: Promise<{ numPages: number; getPage(ordinal: number): Promise<Page> }>;
  };
};
type Page = { getTextContent(): Promise<unknown>; cleanup(): void };

// pdf.js is a dependency of the api, not of the server.
const api = createRequire(import.meta.resolve('@rayni/api'));
const folder = dirname(api.resolve('pdfjs-dist/package.json'));
const pdfjs: Pdfjs = await import(pathToFileURL(join(folder, 'legacy/build/pdf.mjs')).href);

const document = await pdfjs.getDocument({
  data: new Uint8Array(await buffer(process.stdin)),
  verbosity: pdfjs.VerbosityLevel.ERRORS,
  standardFontDataUrl: join(folder, 'standard_fonts/'),
  cMapUrl: join(folder, 'cmaps/'),
}).promise;
process.send!({ opened: document.numPages });
for (let ordinal = 1; ordinal <= document.numPages; ordinal++) {
  const page = await document.getPage(ordinal);
  await page.getTextContent();
  page.cleanup();
}
process.send!('done');
process.disconnect();
