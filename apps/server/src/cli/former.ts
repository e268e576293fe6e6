import path from 'node:path';
import type { RayniClient } from '@rayni/client';
import { mostSources } from '@rayni/contract';
import { isAddress } from './ingest-page.ts';

/** A document that has been here before, with its newest version, read or not. */
export type Former = { id: string; title: string; newest: { id: string; checksum: string } };
/** What a changed file is to be: the next version of a document, or one of its own, with a word why where somebody may have expected otherwise. */
export type Place = { former?: Former; note?: string };

/**
 * Looks once at which documents of an instrument came under which file name, before anything of this run is there; tells of each of these
 * files what it is to be. A name that several documents or several of these files have names none of them.
 */
export async function formerDocuments(
  rayni: RayniClient,
  instrumentId: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<(file: string) => Place> {
  const brought = Map.groupBy(files, nameOf);
  const known = brought.size === 0 ? [] : await documents(rayni, instrumentId, signal);
  const there = Map.groupBy(known, ({ name }) => name);
  return (file) => {
    const name = nameOf(file);
    const [former, ...more] = there.get(name) ?? [];
    if (!former) return {};
    if (more.length > 0)
      return { note: `a document of its own: ${more.length + 1} documents came under that file name` };
    if ((brought.get(name)?.length ?? 0) > 1)
      return {
        note: `a document of its own beside "${former.title}": several files of that name were brought`,
      };
    return { former };
  };
}

async function documents(
  { trpc }: RayniClient,
  instrumentId: string,
  signal: AbortSignal,
): Promise<(Former & { name: string })[]> {
  const [list, all] = await Promise.all([
    trpc.sources.list.query({ instrumentId, pageSize: mostSources }, { signal }),
    trpc.sources.versions.query({ limit: mostSources }, { signal }),
  ]);
  const newest = new Map<string, (typeof all)[number]>();
  for (const version of all) if (!newest.has(version.sourceId)) newest.set(version.sourceId, version);
  const found: (Former & { name: string })[] = [];
  for (const { id, title, storageUri } of list.items) {
    // What is fetched from an address gets its versions from there, a PDF too.
    if (isAddress(storageUri)) continue;
    // The versions of all instruments may be too many to be told at once.
    const missing = all.length === mostSources && !newest.has(id);
    const versions = missing ? await trpc.sources.versions.query({ sourceId: id, limit: 1 }, { signal }) : [];
    const version = newest.get(id) ?? versions[0];
    if (version) found.push({ id, title, newest: version, name: normal(version.filename) });
  }
  return found;
}

// The same name may be written in two ways, and some file systems choose.
const normal = (name: string) => name.normalize('NFC');
const nameOf = (file: string) => normal(path.basename(file));
