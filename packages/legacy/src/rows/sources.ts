import type { Caller } from '@rayni/api';
import { type Source, sourceCategory, sourceStatus, sourceType } from '@rayni/contract';
import { z } from 'zod';
import { count, pathId, time } from '../fields.ts';
import { pageHeaders, pageOf } from '../pages.ts';
import { json } from '../rows.ts';

const source = z.object({
  id: z.uuid(),
  instrument: z.uuid(),
  folder: z.uuid().nullable(),
  type: sourceType,
  title: z.string(),
  category: sourceCategory.nullable(),
  description: z.string(),
  version: z.string(),
  model_tags: z.array(z.string()),
  storage_uri: z.string(),
  status: sourceStatus,
  status_detail: z.string().nullable(),
  checksum: z.string().nullable(),
  archived: z.boolean(),
  archived_at: time.nullable(),
  created_at: time,
});

const toSource = (from: Source): z.input<typeof source> => ({
  id: from.id,
  instrument: from.instrumentId,
  folder: from.folderId,
  type: from.type,
  title: from.title,
  category: from.category,
  description: from.description,
  version: from.version,
  model_tags: from.modelTags,
  storage_uri: from.storageUri,
  status: from.status,
  status_detail: from.statusDetail,
  checksum: from.checksum,
  archived: from.archived,
  archived_at: from.archivedAt?.toISOString() ?? null,
  created_at: from.createdAt.toISOString(),
});

const listed = z.object({
  instrument: z.uuid().optional(),
  q: z.string().max(500).optional(),
  type: sourceType.optional(),
  status: sourceStatus.optional(),
  category: sourceCategory.optional(),
  folder: z.uuid().optional(),
  page: count.optional(),
  page_size: count.optional(),
});

const toListInput = (sent: z.output<typeof listed>) => ({
  instrumentId: sent.instrument,
  q: sent.q,
  type: sent.type,
  status: sent.status,
  category: sent.category,
  folderId: sent.folder,
  ...pageOf(sent),
});

const list = {
  call: (api: Caller) => api.sources.list,
  shape: z.array(source),
  output: ({ items }: { items: Source[] }) => items.map(toSource),
  headers: pageHeaders,
};

export const sourceRows = [
  json({
    method: 'GET',
    paths: ['/api/sources/'],
    summary: "An instrument's sources, newest first; with page or page_size one page of them.",
    input: listed.transform(toListInput),
    aliases: { instrument_id: 'instrument' },
    ...list,
  }),
  json({
    method: 'GET',
    paths: ['/api/instruments/:instrument/sources/'],
    summary: "An instrument's sources, newest first; with page or page_size one page of them.",
    input: listed.extend({ instrument: pathId }).transform(toListInput),
    ...list,
  }),
  json({
    method: 'GET',
    paths: ['/api/sources/:id/'],
    summary: 'One source.',
    input: z.object({ id: pathId }),
    call: (api) => api.sources.get,
    shape: source,
    output: toSource,
  }),
];
