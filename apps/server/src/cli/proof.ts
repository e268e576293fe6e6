import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Located, RayniClient } from '@rayni/client';
import { command, connect, Failure, help, printable, run } from './connect.ts';
import { drawFrame } from './draw-frame.ts';
import { markQuote, markRange } from './mark-quote.ts';
import { markRows } from './mark-rows.ts';
import { isDrawn, placeOf } from './proof-line.ts';

// `npm run proof`: opens a Proof where it stands, in the very bytes it was made from.

type Options = { png?: string; as?: string };

const examples = `
npm run proof -- 0195d8f0-0000-7000-8000-000000000000
npm run proof -- 0195d8f0-0000-7000-8000-000000000000 --png proof.png`;

async function proof(target: string, options: Options) {
  if (!isId(target))
    throw new Failure(`"${printable(target)}" is no citation id. npm run ask prints one behind each Proof.`);
  if (options.png !== undefined && !existsSync(path.dirname(path.resolve(options.png))))
    throw new Failure(`There is no folder ${path.dirname(options.png)} to draw into.`);
  const rayni = await connect(options.as);
  const located = await rayni.trpc.viewer.locate.query({ target });
  const { locator } = located;
  const place = placeOf(locator);
  console.log(
    `${printable(located.title)}, version ${printable(located.version)}${place ? `, ${place}` : ''}`,
  );
  if (located.deleted) console.log('This document was deleted; its quote is kept.');
  else if (!located.current) console.log('A newer version of this document answers now.');
  console.log(`"${printable(located.quote).replaceAll(/\s+/g, ' ')}"`);
  if (locator.kind === 'pdf') {
    for (const { page, width, height, rects } of locator.spans) {
      console.log(`page ${page}, ${round(width)} × ${round(height)} points`);
      for (const { x, y, w, h } of rects)
        console.log(`  box ${round(x)}, ${round(y)}, ${round(w)} × ${round(h)}`);
    }
  }
  if (locator.kind === 'image') {
    console.log(`${round(locator.width)} × ${round(locator.height)} pixels`);
    for (const { x, y, w, h } of locator.rects)
      console.log(`  box ${round(x)}, ${round(y)}, ${round(w)} × ${round(h)}`);
  }
  if (located.byModel) console.log('That is what a model says of this image; the words do not stand in it.');
  if (located.doubtful.length > 0) {
    const words = located.doubtful.map(({ start, end }) => located.quote.slice(start, end));
    console.log(`Hard to read in the picture: ${words.map(printable).join(', ')}`);
  }
  if (locator.kind === 'time') console.log(`from ${seconds(locator.start)} to ${seconds(locator.end)}`);
  if (located.deleted && options.png === undefined) return;
  if (located.deleted) throw new Failure('The document was deleted: there is no page to draw.');
  if (options.png !== undefined && !isDrawn(locator))
    throw new Failure(
      'Only pages of a PDF, images and frames of a recording can be drawn. Without --png the words around the quote are shown.',
    );
  if (locator.kind === 'text') {
    // The text the Proof was made from, also when a newer version answers by now.
    const { units } = await rayni.trpc.viewer.text.query({ target });
    for (const { text, marks } of units)
      for (const { start, end } of marks) console.log(`\n${printable(markRange(text, start, end))}`);
    if (locator.url !== undefined) console.log(`\n${printable(locator.url)}`);
  } else if (locator.kind !== 'pdf') {
    const passage = await passageOf(rayni, located);
    const mark = locator.kind === 'sheet' ? markRows : markQuote;
    const marked = passage && mark(passage, located.quote);
    if (marked) console.log(`\n${printable(marked)}`);
  }
  if (options.png === undefined) return;
  if (locator.kind === 'pdf') await draw(located, locator.spans, options.png);
  if (locator.kind === 'image') await drawImage(located, locator, options.png);
  if (locator.kind === 'time') {
    const at = await drawFrame(located, locator, options.png);
    console.log(`${options.png}: the frame at ${seconds(at)}`);
  }
}

/** The passage the quote was taken from, where the document's current version still has it. */
async function passageOf(rayni: RayniClient, { sourceId, fragmentId }: Located): Promise<string | undefined> {
  const limit = 500;
  if (fragmentId === null) return undefined;
  for (let offset = 0; ; offset += limit) {
    const page = await rayni.trpc.sources.fragments.query({ id: sourceId, offset, limit });
    const found = page.find((fragment) => fragment.id === fragmentId);
    if (found || page.length < limit) return found?.text;
  }
}

async function draw(
  located: Located,
  spans: Extract<Located['locator'], { kind: 'pdf' }>['spans'],
  file: string,
) {
  // Loads a canvas, which the other commands need not wait for.
  const { renderPage } = await import('@rayni/api/page-image');
  const bytes = await download(located);
  const pages = Map.groupBy(spans, (span) => span.page);
  const { dir, name, ext } = path.parse(file);
  let n = 0;
  for (const [page, onPage] of pages) {
    n += 1;
    const target = pages.size === 1 ? file : path.join(dir, `${name}-${n}${ext || '.png'}`);
    await writeFile(
      target,
      await renderPage(bytes, page, { scale: 2, boxes: onPage.flatMap((span) => span.rects) }),
    );
    console.log(`${target}: page ${page}`);
  }
}

async function drawImage(
  located: Located,
  { page, rects }: Extract<Located['locator'], { kind: 'image' }>,
  file: string,
) {
  const { renderImage } = await import('@rayni/api/page-image');
  await writeFile(file, await renderImage(await download(located), { page, boxes: rects }));
  console.log(file);
}

/** The original, checked to be the bytes the Proof was made from. */
async function download({ url, checksum }: Located): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Failure(`The document could not be fetched (HTTP ${response.status}).`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found !== checksum) throw new Failure('The document’s bytes are not those the Proof was made from.');
  return bytes;
}

const isId = (text: string) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
const seconds = (time: number) => `${time.toFixed(2)} s`;
const round = (points: number) => Math.round(points * 10) / 10;

await run(
  command('proof')
    .description(
      'Shows where a Proof stands: its document, page and boxes or time, and quote; with --png the page itself, the quote highlighted, or the frame of a recording.',
    )
    .argument('<citation id>', 'as `npm run ask` prints it; the id of a fragment works, too')
    .option('--png <file>', 'draw the page or frame there; several pages become file-1.png, file-2.png, …')
    .option('--as <email>', 'sign in by e-mail (development)')
    .addHelpText('after', help(examples))
    .action((target: string, options: Options) => proof(target, options)),
);
