import { z } from 'zod';
import { text } from './text.ts';

export const sourceType = z.enum(['pdf', 'video', 'image', 'note', 'url', 'office']);
export type SourceType = z.infer<typeof sourceType>;

export const sourceCategory = z.enum([
  'manual',
  'protocol',
  'sop',
  'troubleshooting',
  'training',
  'maintenance',
]);
export type SourceCategory = z.infer<typeof sourceCategory>;

/** `parsed`: read, nothing to answer from yet. `embedded`: indexed, waits for approval. */
export const sourceStatus = z.enum([
  'uploaded',
  'processing',
  'parsed',
  'embedded',
  'approved',
  'archived',
  'rejected',
]);
export type SourceStatus = z.infer<typeof sourceStatus>;

/** How far the reading of a source has come; `total` is 0 while unknown. Pages for a PDF, 1 of 1 for a note. */
export const sourceProgress = z.object({
  sourceId: z.uuid(),
  status: sourceStatus,
  statusDetail: z.string().nullable(),
  done: z.int(),
  total: z.int(),
});
export type SourceProgress = z.infer<typeof sourceProgress>;

export const source = z.object({
  id: z.uuid(),
  instrumentId: z.uuid(),
  folderId: z.uuid().nullable(),
  type: sourceType,
  title: z.string(),
  category: sourceCategory.nullable(),
  description: z.string(),
  /** The maker's or the lab's own label of the version, for instance "rev C". */
  version: z.string(),
  modelTags: z.array(z.string()),
  storageUri: z.string(),
  status: sourceStatus,
  statusDetail: z.string().nullable(),
  /** `sha256:<hex>` of the current version's bytes. */
  checksum: z.string().nullable(),
  archived: z.boolean(),
  archivedAt: z.date().nullable(),
  createdAt: z.date(),
});
export type Source = z.infer<typeof source>;

/** A part of a source as it is retrieved; `units` are the pages (counted from 1) it stands on. */
export const fragment = z.object({
  id: z.uuid(),
  sourceId: z.uuid(),
  versionId: z.uuid(),
  ordinal: z.int(),
  heading: z.string(),
  text: z.string(),
  units: z.array(z.int()),
});
export type Fragment = z.infer<typeof fragment>;

export const folder = z.object({
  id: z.uuid(),
  instrumentId: z.uuid(),
  name: z.string(),
  parentId: z.uuid().nullable(),
});
export type Folder = z.infer<typeof folder>;

/** So many at once at most: room for every library there is, and an end to what one request may cost. */
export const mostSources = 10_000;

export const sourceListInput = z.object({
  /** Of every readable instrument without one. */
  instrumentId: z.uuid().optional(),
  q: text().max(500).optional(),
  type: sourceType.optional(),
  status: sourceStatus.optional(),
  category: sourceCategory.optional(),
  folderId: z.uuid().optional(),
  /** `sha256:<hex>`: only sources whose current version has exactly these bytes. */
  checksum: text().max(80).optional(),
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(mostSources).default(100),
});
export type SourceListInput = z.infer<typeof sourceListInput>;
export const sourceList = z.object({ items: z.array(source), total: z.int() });
