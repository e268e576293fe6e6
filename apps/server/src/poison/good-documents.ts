import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderPage } from '@rayni/api/page-image';
import { docxFile, pptxFile, xlsxFile } from '@rayni/api/testing';
import { findFFmpeg } from '../find-program.ts';
import { smallPdf } from '../testing/small-pdf.ts';
import type { Hostile } from './hostile.ts';
import { wavOf } from './hostile-recordings.ts';

const line = (n: number) => `Valve ${n} of the oven opens at ${n + 2} bar and closes at ${n + 1} bar.`;
const lines = (count: number, from = 1) => Array.from({ length: count }, (_, i) => line(from + i));

/** Of silence; captions come with it. */
export const recording = (): Uint8Array => wavOf(4);

const time = (seconds: number) => `00:${String(seconds).padStart(2, '0')}.000`;

/** One small document of each kind that can be read without a model, all different for each `n`. */
export function goodDocuments(n = 0): Hostile[] {
  const some = lines(12, 100 * n);
  const table = some.map((text, i) => [`V${100 * n + i}`, String(i + 2), text]);
  return [
    { filename: 'manual.pdf', bytes: () => smallPdf([some, lines(8, 100 * n + 50)]) },
    { filename: 'notes.md', bytes: () => Buffer.from(`# Oven ${n}\n\n${some.join('\n\n')}\n`) },
    { filename: 'log.txt', bytes: () => Buffer.from(some.join('\n\n')) },
    {
      filename: 'valves.csv',
      bytes: () => Buffer.from(`valve,bar,what\n${table.map((row) => row.join(',')).join('\n')}\n`),
    },
    {
      filename: 'valves.xlsx',
      bytes: () => xlsxFile([{ name: `Oven ${n}`, rows: [['valve', 'bar', 'what'], ...table] }]),
    },
    { filename: 'procedure.docx', bytes: () => docxFile([{ heading: 1, text: `Oven ${n}` }, ...some]) },
    { filename: 'training.pptx', bytes: () => pptxFile([{ title: `Oven ${n}`, body: some }]) },
    { filename: 'label.png', bytes: () => picture(some.slice(0, 4)) },
    {
      filename: 'talk.vtt',
      bytes: () =>
        Buffer.from(
          `WEBVTT\n\n${some
            .slice(0, 4)
            .map((text, i) => `${time(i)} --> ${time(i + 1)}\n${text}\n\n`)
            .join('')}`,
        ),
    },
    {
      filename: 'page.html',
      bytes: () =>
        Buffer.from(
          `<!doctype html><html><head><title>Oven ${n}</title></head><body><article><h1>Oven ${n}</h1>${some.map((text) => `<p>${text}</p>`).join('')}</article></body></html>`,
        ),
    },
    { filename: 'second.pdf', bytes: () => smallPdf([lines(20, 100 * n + 60)]) },
  ].map((one) => ({ name: 'good', ...one }));
}

/** Lines as they look printed, a PNG. */
async function picture(some: readonly string[]): Promise<Uint8Array> {
  return renderPage(await smallPdf([[...some]]), 1, { scale: 1.5 });
}

/** Kinds that only ffmpeg makes here: nothing without it. */
export function convertedDocuments(): Hostile[] {
  const tools = findFFmpeg();
  if (!tools) {
    console.error('Without ffmpeg there are no JPEG, TIFF, WebM, MP3 and MP4 files among them.');
    return [];
  }
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
  const film = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=5:duration=2', ...tone];
  const made: [filename: string, args: string[] | undefined][] = [
    ['photo.jpg', undefined],
    ['photo.tiff', undefined],
    ['film.webm', [...film, '-c:v', 'libvpx', '-c:a', 'libopus']],
    ['film.mp4', [...film, '-c:v', 'mpeg4', '-c:a', 'aac']],
    ['tone.mp3', tone],
    ['tone.wav', tone],
  ];
  return made.map(([filename, args]) => ({
    name: 'good',
    filename,
    async bytes() {
      const room = mkdtempSync(join(tmpdir(), 'rayni-poison-'));
      try {
        const from = join(room, 'in.png');
        if (!args) writeFileSync(from, await picture(lines(4)));
        const to = join(room, filename);
        execFileSync(tools.ffmpeg, ['-v', 'error', ...(args ?? ['-i', from]), to]);
        return readFileSync(to);
      } finally {
        rmSync(room, { recursive: true, force: true });
      }
    },
  }));
}
