import { z } from 'zod';
import { errorCode } from './errors.ts';
import { locator } from './locator.ts';
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

/** Sources to follow by name at once, at most. */
export const mostFollowed = 100;
/**
 * Sources by their ids, or all of an instrument. `lastEventId` is there for the transport: what follows a reconnect is the present state
 * again, so that nothing is missed.
 */
export const sourceEventsInput = z
  .object({
    ids: z.array(z.uuid()).min(1).max(mostFollowed).optional(),
    instrumentId: z.uuid().optional(),
    lastEventId: z.string().max(40).nullish(),
  })
  .refine(({ ids, instrumentId }) => (ids === undefined) !== (instrumentId === undefined), {
    message: 'Name either sources or one instrument.',
    path: ['ids'],
  });
export type SourceEventsInput = z.infer<typeof sourceEventsInput>;

/**
 * How far the reading of sources has come. `present` is always the first: all there is to know now. Then each change, as it is by then: what changes fast is told as often as it is heard. `gone`: deleted, or not to be seen any more.
 */
export const sourceEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('present'), sources: z.array(sourceProgress) }),
  z.object({ type: z.literal('changed'), source: sourceProgress }),
  z.object({ type: z.literal('gone'), sourceId: z.uuid() }),
]);
export type SourceEvent = z.infer<typeof sourceEvent>;

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

/** One page of what a source was read into, each with its place: what a manager looks at before approving. */
export const sourcePreviewInput = z.object({
  id: z.uuid(),
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(100).default(20),
});
export type SourcePreviewInput = z.infer<typeof sourcePreviewInput>;
export const sourcePreview = z.object({
  items: z.array(fragment.extend({ locator })),
  total: z.int(),
});
export type SourcePreview = z.infer<typeof sourcePreview>;

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

const described = {
  title: text().trim().min(1).max(300),
  category: sourceCategory.nullable(),
  description: text().max(10_000),
  version: text().max(100),
  modelTags: z.array(text().max(100)).max(50),
  folderId: z.uuid().nullable(),
};

/** Text of a note in characters, at most. */
export const mostNoteLength = 1_000_000;

/** The address is shown to every reader, and a password in it would be. */
function withoutUser(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}

/** A document that comes without a file: a web page by its address, a note by its text (Markdown). */
export const sourceCreateInput = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('url'),
    instrumentId: z.uuid(),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .refine(withoutUser, 'An address must not hold a user name or a password.'),
    ...z.object(described).partial().shape,
  }),
  z.object({
    type: z.literal('note'),
    instrumentId: z.uuid(),
    text: text().min(1).max(mostNoteLength),
    ...z.object(described).partial().shape,
    title: described.title,
  }),
]);
export type SourceCreateInput = z.infer<typeof sourceCreateInput>;

/** What is left out stays as it is. `archived` takes it out of answers, `approved` brings it (back) in, `rejected` says why in `detail`, `processing` reads it again after a rejection. */
export const sourceUpdateInput = z.object({
  id: z.uuid(),
  ...z.object(described).partial().shape,
  status: z.enum(['approved', 'rejected', 'archived', 'processing']).optional(),
  detail: text().trim().max(1_000).optional(),
  /** Of a note, all of it. */
  text: text().min(1).max(mostNoteLength).optional(),
});
export type SourceUpdateInput = z.infer<typeof sourceUpdateInput>;

/** Sources to approve at once, at most. */
export const mostApproved = 100;
export const sourceApproveManyInput = z.object({ ids: z.array(z.uuid()).min(1).max(mostApproved) });
export type SourceApproveManyInput = z.infer<typeof sourceApproveManyInput>;

/** What came of each: `code` and `message` say why one was not approved. One that was approved already stays so, without a code. */
export const sourceApproved = z.object({
  id: z.uuid(),
  /** As it is now; null for what is not there. */
  status: sourceStatus.nullable(),
  code: errorCode.nullable(),
  message: z.string().nullable(),
});
export type SourceApproved = z.infer<typeof sourceApproved>;

/** Sources to move at once, at most. */
export const mostMoved = 500;
/** Sources of one instrument into one of its folders; `folderId: null` moves to the top. */
export const sourceMoveManyInput = z.object({
  instrumentId: z.uuid(),
  ids: z.array(z.uuid()).min(1).max(mostMoved),
  folderId: z.uuid().nullable(),
});
export type SourceMoveManyInput = z.infer<typeof sourceMoveManyInput>;

/** The whole text of a note as it is to be from now on. */
export const sourceEditInput = z.object({ id: z.uuid(), text: text().min(1).max(mostNoteLength) });
export type SourceEditInput = z.infer<typeof sourceEditInput>;

export const sourceVersion = z.object({
  id: z.uuid(),
  sourceId: z.uuid(),
  /** Its own label; its ordinal without one. */
  version: z.string(),
  ordinal: z.int().min(1),
  filename: z.string(),
  /** Where the bytes are to be had; empty for a version that is not the current one. */
  storageUri: z.string(),
  /** `sha256:<hex>` of its bytes. */
  checksum: z.string(),
  /** Answers questions now. */
  current: z.boolean(),
  createdAt: z.date(),
});
export type SourceVersion = z.infer<typeof sourceVersion>;

export const folderCreateInput = z.object({
  instrumentId: z.uuid(),
  name: text().trim().min(1).max(200),
  parentId: z.uuid().nullable().default(null),
});
export type FolderCreateInput = z.infer<typeof folderCreateInput>;

/** What is left out stays as it is; `parentId: null` moves to the top. */
export const folderUpdateInput = z.object({
  id: z.uuid(),
  name: text().trim().min(1).max(200).optional(),
  parentId: z.uuid().nullable().optional(),
});
export type FolderUpdateInput = z.infer<typeof folderUpdateInput>;

/** Without a source: of every source that the caller is listed. */
export const sourceVersionsInput = z.object({
  sourceId: z.uuid().optional(),
  limit: z.int().min(1).max(mostSources).default(100),
});
export type SourceVersionsInput = z.infer<typeof sourceVersionsInput>;
