import type { Folder, FolderCreateInput, FolderUpdateInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import {
  changeFolder,
  dissolveFolder,
  insertFolder,
  lockFolders,
  parentsOf,
  visibleFolder,
} from './store.ts';

type Ports = Pick<App, 'db' | 'clock'>;

/** A new folder, at the top or in another one of the same instrument. */
export async function createFolder(app: Ports, viewer: Viewer, input: FolderCreateInput): Promise<Folder> {
  await requireInstrument(app, viewer, input.instrumentId, 'manage');
  const folder = { id: newId(), ...input };
  await app.db.transaction(async (trx) => {
    const parents = await lockedParents(trx, input.instrumentId);
    await holdInstrument(trx, viewer, input.instrumentId, 'manage');
    if (input.parentId !== null) {
      requireParent(parents, input.parentId);
      requireDepth(depthOf(parents, input.parentId) + 1);
    }
    await insertFolder(trx, folder, app.clock.now());
  });
  return folder;
}

/** Renames, moves, or both; a folder never comes to lie in itself, whoever else moves at the same time. */
export async function updateFolder(app: Ports, viewer: Viewer, input: FolderUpdateInput): Promise<Folder> {
  const { id, instrumentId } = await managedFolder(app, viewer, input.id);
  await app.db.transaction(async (trx) => {
    const parents = await lockedParents(trx, instrumentId);
    await holdInstrument(trx, viewer, instrumentId, 'manage');
    if (input.parentId) {
      requireParent(parents, input.parentId);
      if (liesIn(parents, input.parentId, id)) throw badParent('A folder cannot lie in itself.');
      requireDepth(depthOf(parents, input.parentId) + heightOf(parents, id));
    }
    const changed = await changeFolder(trx, id, {
      ...(input.name !== undefined && { name: input.name }),
      ...(input.parentId !== undefined && { parent_id: input.parentId }),
    });
    if (!changed) throw notFound();
  });
  const folder = await visibleFolder(app.db.query, viewer, id);
  if (!folder) throw notFound();
  return folder;
}

/** Folders may lie in one another so many deep. */
export const mostDepth = 20;

/** Removes a folder; the documents and folders in it move to where it lay. */
export async function deleteFolder(app: Ports, viewer: Viewer, id: string): Promise<void> {
  const { instrumentId } = await managedFolder(app, viewer, id);
  await app.db.transaction(async (trx) => {
    const parent = (await lockedParents(trx, instrumentId)).get(id);
    if (parent === undefined) throw notFound();
    await dissolveFolder(trx, id, parent);
    // After the documents that were moved, as whoever publishes one does.
    await holdInstrument(trx, viewer, instrumentId, 'manage');
  });
}

/** The folder is one of this instrument, and stays until this transaction ends; BAD_REQUEST otherwise. */
export async function requireFolder(trx: Trx, instrumentId: string, folderId: string): Promise<void> {
  if ((await lockedParents(trx, instrumentId)).has(folderId)) return;
  throw new AppError('BAD_REQUEST', 'This folder does not exist.', {
    fields: { folderId: ['No such folder on this instrument.'] },
  });
}

/** Does `folder` lie in `other`, at any depth, or is it the same? */
export function liesIn(parents: Parents, folder: string, other: string): boolean {
  for (let at: string | null | undefined = folder; at; at = parents.get(at)) if (at === other) return true;
  return false;
}

type Parents = ReadonlyMap<string, string | null>;

/** How many folders one has to open to be in this one; 1 at the top. */
function depthOf(parents: Parents, folder: string): number {
  let depth = 0;
  for (let at: string | null | undefined = folder; at; at = parents.get(at)) depth += 1;
  return depth;
}

/** How deep folders lie in this one, itself counted. */
function heightOf(parents: Parents, folder: string): number {
  const own = depthOf(parents, folder);
  const inside = [...parents.keys()].filter((one) => liesIn(parents, one, folder));
  return Math.max(0, ...inside.map((one) => depthOf(parents, one) - own)) + 1;
}

function requireDepth(depth: number) {
  if (depth > mostDepth) throw badParent(`Folders may lie at most ${mostDepth} deep.`);
}

async function lockedParents(trx: Trx, instrumentId: string) {
  await lockFolders(trx, instrumentId);
  return parentsOf(trx, instrumentId);
}

async function managedFolder(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<Folder> {
  requireMember(viewer);
  const folder = await visibleFolder(app.db.query, viewer, id);
  if (!folder) throw notFound();
  await requireInstrument(app, viewer, folder.instrumentId, 'manage');
  return folder;
}

function requireParent(parents: Parents, parentId: string) {
  if (!parents.has(parentId)) throw badParent('No such folder on this instrument.');
}

const badParent = (fault: string) => new AppError('BAD_REQUEST', fault, { fields: { parentId: [fault] } });
