import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const readable =
  /\.(?:pdf|md|markdown|txt|docx|pptx|xlsx|odt|odp|ods|csv|tsv|png|jpe?g|tiff?|webp|gif|mp4|m4a|mov|webm|mkv|mp3|wav|flac|ogg)$/i;

const recording = /\.(?:mp4|m4a|mov|webm|mkv|mp3|wav|flac|ogg)$/i;

/** The caption file of a recording: of the same name, in the same folder. */
export async function captionsBeside(file: string): Promise<string | undefined> {
  if (!recording.test(file)) return undefined;
  for (const ending of ['.vtt', '.srt', '.ass', '.ssa']) {
    const captions = file.replace(recording, ending);
    if ((await stat(captions).catch(() => undefined))?.isFile()) return captions;
  }
  return undefined;
}

/**
 * The files to ingest: each file named, and in folders every file of a kind that can be read, hidden ones left out; sorted, each once. What a
 * folder holds beside them is told to `onSkipped`. A name that names nothing stands in the list too: bringing it fails, and only it.
 */
export async function filesOf(names: string[], onSkipped: (file: string) => void): Promise<string[]> {
  const found = new Set<string>();
  for (const name of names) {
    const entry = await stat(name).catch(() => undefined);
    if (!entry?.isDirectory()) found.add(path.normalize(name));
    else for (const file of await walk(name, onSkipped)) found.add(file);
  }
  return [...found];
}

async function walk(folder: string, onSkipped: (file: string) => void): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  // Captions go with their recordings.
  const captions = new Set(
    await Promise.all(entries.map(({ name }) => captionsBeside(path.join(folder, name)))),
  );
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const file = path.join(folder, entry.name);
    // A link could lead in circles or out of the folder: it is followed only when it is named itself.
    if (entry.isDirectory()) found.push(...(await walk(file, onSkipped)));
    else if (entry.isFile() && readable.test(entry.name)) found.push(file);
    else if (!captions.has(file)) onSkipped(file);
  }
  return found;
}

/** `sha256:<hex>` of a file's bytes, as the server writes checksums. */
export async function checksumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
