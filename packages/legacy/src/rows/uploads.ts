import { sourceCategory, sourceStatus, sourceType } from '@rayni/contract';
import { z } from 'zod';
import { given, list, pathId } from '../fields.ts';
import { json, type Row } from '../rows.ts';

const initiated = z.object({
  filename: given(z.string().max(255)),
  content_type: given(z.string().max(200)),
  size: given(z.coerce.number().int().min(0)),
  instrument_id: given(z.uuid()),
});

const completed = z.object({
  upload_id: pathId,
  instrument_id: z.uuid(),
  type: given(sourceType),
  title: given(z.string().max(300)),
  category: given(sourceCategory),
  description: given(z.string().max(10_000)),
  version: given(z.string().max(100)),
  model_tags: given(list),
  folder_id: given(z.uuid()),
  source_id: given(z.uuid()),
  captions_for: given(z.uuid()),
  captions: given(z.uuid()),
});

/** Bringing documents. */
export const uploadRows: readonly Row[] = [
  json({
    method: 'POST',
    paths: ['/api/uploads/initiate'],
    summary: 'A signed address for one PUT of one file, with the headers to send; then complete.',
    input: initiated.transform((sent) => ({
      filename: sent.filename,
      contentType: sent.content_type,
      size: sent.size,
      instrumentId: sent.instrument_id,
    })),
    aliases: { instrument: 'instrument_id' },
    call: (api) => api.uploads.initiate,
    status: 201,
    shape: z.object({
      upload_id: z.uuid(),
      signed_url: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
    output: ({ uploadId, url, headers }) => ({ upload_id: uploadId, signed_url: url, headers }),
  }),
  json({
    method: 'PATCH',
    paths: ['/api/uploads/:upload_id/complete'],
    summary:
      'Makes a source of what was put, or with source_id a new version of that source, or with captions_for the captions of that recording.',
    input: completed.transform((sent) => ({
      uploadId: sent.upload_id,
      instrumentId: sent.instrument_id,
      type: sent.type,
      title: sent.title,
      category: sent.category,
      description: sent.description,
      version: sent.version,
      modelTags: sent.model_tags,
      folderId: sent.folder_id,
      sourceId: sent.source_id,
      captionsFor: sent.captions_for,
      captions: sent.captions,
    })),
    aliases: { instrument: 'instrument_id', folder: 'folder_id', source: 'source_id' },
    call: (api) => api.uploads.complete,
    shape: z.object({ source_id: z.uuid(), status: sourceStatus }),
    output: ({ sourceId, status }) => ({ source_id: sourceId, status }),
  }),
];
