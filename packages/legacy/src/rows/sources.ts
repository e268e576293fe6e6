import type { Caller } from '@rayni/api';
import { type Source, sourceCategory, sourceStatus, sourceType } from '@rayni/contract';
import { z } from 'zod';
import { count, pathId, time } from '../fields.ts';
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

/** The procedure's page limit. */
const mostPerPage = 500;
const usualPerPage = 100;

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
  page: sent.page ?? 1,
  pageSize: Math.min(sent.page_size ?? usualPerPage, mostPerPage),
  whole: sent.page === undefined && sent.page_size === undefined,
});
type ListInput = ReturnType<typeof toListInput>;

/** A bare array that nobody asked to be paged has to be whole, so it is fetched page after page. */
const wholeUnlessPaged = (list: Caller['sources']['list']) => async (input: ListInput) => {
  if (!input.whole) return list(input);
  const items: Source[] = [];
  for (let page = 1; ; page += 1) {
    const { items: more, total } = await list({ ...input, page, pageSize: mostPerPage });
    items.push(...more);
    if (more.length < mostPerPage) return { items, total };
  }
};

/** `X-Total-Count`, and `Link` to the neighbouring pages. */
function pageHeaders({ total }: { total: number }, { page, pageSize, whole }: ListInput, url: URL) {
  const last = whole ? 1 : Math.ceil(total / pageSize);
  const links = [
    { rel: 'next', to: page + 1, there: page < last },
    { rel: 'prev', to: page - 1, there: page > 1 },
  ].filter((link) => link.there);
  const addressOf = (to: number) => {
    const address = new URL(url);
    address.searchParams.set('page', String(to));
    return address.href;
  };
  return {
    'x-total-count': String(total),
    ...(links.length > 0 && {
      link: links.map((link) => `<${addressOf(link.to)}>; rel="${link.rel}"`).join(', '),
    }),
  };
}

const list = {
  call: (api: Caller) => wholeUnlessPaged(api.sources.list),
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
