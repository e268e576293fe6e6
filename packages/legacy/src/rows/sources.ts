import type { Caller } from '@rayni/api';
import {
  mostNoteLength,
  mostSources,
  type Source,
  sourceCategory,
  sourceStatus,
  sourceType,
  sourceUpdateInput,
  type SourceVersion,
} from '@rayni/contract';
import { z } from 'zod';
import { count, given, list as listOf, orNone, pathId, time } from '../fields.ts';
import { pageHeaders, pageOf } from '../pages.ts';
import { json, silent } from '../rows.ts';

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

const { title, description, version, modelTags, status, detail, text } = sourceUpdateInput.shape;

const described = {
  category: orNone(sourceCategory),
  description: description.nullable(),
  version: version.nullable(),
  model_tags: given(listOf.pipe(modelTags.unwrap())),
  folder: orNone(z.uuid()),
};
const toDescription = (sent: z.output<z.ZodObject<typeof described>>) => ({
  category: sent.category,
  description: sent.description ?? undefined,
  version: sent.version ?? undefined,
  modelTags: sent.model_tags,
  folderId: sent.folder,
});

const created = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('note'),
      instrument: z.uuid(),
      title: title.unwrap(),
      text: z.string().min(1).max(mostNoteLength),
      ...described,
    })
    .transform((sent) => ({
      type: sent.type,
      instrumentId: sent.instrument,
      title: sent.title,
      text: sent.text,
      ...toDescription(sent),
    })),
  z
    .object({
      type: z.literal('url'),
      instrument: z.uuid(),
      title: given(title),
      storage_uri: z.url({ protocol: /^https?$/ }).max(2_000),
      ...described,
    })
    .transform((sent) => ({
      type: sent.type,
      instrumentId: sent.instrument,
      title: sent.title,
      url: sent.storage_uri,
      ...toDescription(sent),
    })),
]);

const updated = z
  .object({
    id: pathId,
    title: given(title),
    status: given(status),
    status_detail: given(detail),
    text: given(text),
    ...described,
  })
  .transform((sent) => ({
    id: sent.id,
    title: sent.title,
    status: sent.status,
    detail: sent.status_detail,
    text: sent.text,
    ...toDescription(sent),
  }));

const sourceVersion = z.object({
  id: z.uuid(),
  source: z.uuid(),
  version: z.string(),
  storage_uri: z.string(),
  checksum: z.string(),
  created_at: time,
});

const toVersion = (from: SourceVersion): z.input<typeof sourceVersion> => ({
  id: from.id,
  source: from.sourceId,
  version: from.version,
  storage_uri: from.storageUri,
  checksum: from.checksum,
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
  json({
    method: 'POST',
    paths: ['/api/sources/'],
    summary: 'A note by its text, or a web page by its address; files come by uploads.',
    input: created,
    aliases: { instrument_id: 'instrument', folder_id: 'folder' },
    call: (api) => api.sources.create,
    status: 201,
    shape: source,
    output: toSource,
  }),
  json({
    method: 'PATCH',
    paths: ['/api/sources/:id/'],
    summary: 'Changes the fields that are given; the status as far as it may follow the one before.',
    input: updated,
    aliases: { folder_id: 'folder' },
    call: (api) => api.sources.update,
    shape: source,
    output: toSource,
  }),
  silent({
    method: 'DELETE',
    paths: ['/api/sources/:id/'],
    summary: 'Deletes a source; it stops answering at once, its old citations keep their quote.',
    input: z.object({ id: pathId }),
    call: (api) => api.sources.delete,
  }),
  json({
    method: 'PATCH',
    paths: ['/api/sources/:id/archive'],
    summary: 'Takes a source out of answers; its old citations still open.',
    input: z.object({ id: pathId }),
    call: (api) => api.sources.archive,
    shape: source,
    output: toSource,
  }),
  json({
    method: 'POST',
    paths: ['/api/sources/:id/refetch'],
    summary: 'Fetches a web page again; a new version if its text is another by now.',
    input: z.object({ id: pathId }),
    call: (api) => api.sources.refetch,
    status: 202,
    shape: source,
    output: toSource,
  }),
  json({
    method: 'GET',
    paths: ['/api/source-versions/', '/api/sourceversions/'],
    summary: "A source's versions, newest first.",
    input: z
      .object({ source: z.uuid().optional() })
      .transform((sent) => ({ sourceId: sent.source, limit: mostSources })),
    aliases: { source_id: 'source' },
    call: (api) => api.sources.versions,
    shape: z.array(sourceVersion),
    output: (found) => found.map(toVersion),
  }),
];
