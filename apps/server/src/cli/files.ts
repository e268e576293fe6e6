import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from './connect.ts';

const readable = /\.(pdf|md|markdown|txt)$/i;

/** The files to ingest: each file named, and in folders every PDF, Markdown and text file, hidden ones left out; sorted, each once. */
export async function filesOf(names: string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const name of names) {
    const entry = await stat(name).catch(() => undefined);
    if (!entry) throw new Failure(`There is no ${name}.`);
    if (!entry.isDirectory()) found.add(path.normalize(name));
    else for (const file of await walk(name)) found.add(file);
  }
  return [...found];
}

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const file = path.join(folder, entry.name);
    // A link could lead in circles or out of the folder: it is followed only when it is named itself.
    if (entry.isDirectory()) found.push(...(await walk(file)));
    else if (entry.isFile() && readable.test(entry.name)) found.push(file);
  }
  return found;
}

/** `sha256:<hex>` of a file's bytes, as the server writes checksums. */
export async function checksumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
