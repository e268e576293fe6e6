import { z } from 'zod';
import { sourceCategory, sourceStatus, sourceType } from './sources.ts';
import { text } from './text.ts';

export const uploadInitiateInput = z.object({
  filename: text().min(1).max(255).default('upload'),
  contentType: text().max(200).default('application/octet-stream'),
  /** Bytes. */
  size: z.int().min(0).optional(),
  instrumentId: z.uuid().optional(),
});
export type UploadInitiateInput = z.infer<typeof uploadInitiateInput>;

/** `PUT` the bytes to `url` with exactly these headers before `expiresAt`, then call `uploads.complete`. */
export const signedUpload = z.object({
  uploadId: z.uuid(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  expiresAt: z.date(),
  maxBytes: z.int(),
});
export type SignedUpload = z.infer<typeof signedUpload>;

export const uploadCompleteInput = z.object({
  uploadId: z.uuid(),
  instrumentId: z.uuid(),
  type: sourceType.optional(),
  title: text().trim().min(1).max(300).optional(),
  category: sourceCategory.optional(),
  description: text().max(10_000).optional(),
  version: text().max(100).optional(),
  modelTags: z.array(text().max(100)).max(50).optional(),
  folderId: z.uuid().optional(),
  /** Given: the bytes become a new version of that source. */
  sourceId: z.uuid().optional(),
  /** Given: the bytes are captions (VTT, SRT or SSA) of that recording's newest version, which is read again. All else is left out. */
  captionsFor: z.uuid().optional(),
  /** Another upload, of captions for this recording; both are taken at once. */
  captions: z.uuid().optional(),
});
export type UploadCompleteInput = z.infer<typeof uploadCompleteInput>;

export const uploadCompleted = z.object({ sourceId: z.uuid(), versionId: z.uuid(), status: sourceStatus });
export type UploadCompleted = z.infer<typeof uploadCompleted>;
