import { z } from 'zod';
import { text } from './text.ts';

export const visibility = z.enum(['public', 'restricted']);
export type Visibility = z.infer<typeof visibility>;

export const instrument = z.object({
  id: z.uuid(),
  name: z.string(),
  vendor: z.string(),
  models: z.array(z.string()),
  visibility,
  description: z.string(),
  updatedAt: z.date(),
});
export type Instrument = z.infer<typeof instrument>;

export const grantRole = z.enum(['trained_user', 'instrument_manager']);
export type GrantRole = z.infer<typeof grantRole>;

export const instrumentCreateInput = z.object({
  name: text().trim().min(1).max(200),
  vendor: text().trim().max(200).default(''),
  models: z.array(text().trim().min(1).max(100)).max(50).default([]),
  visibility: visibility.default('restricted'),
  description: text().trim().max(10_000).default(''),
  trainedMayUpload: z.boolean().default(false),
});
export type InstrumentCreateInput = z.infer<typeof instrumentCreateInput>;

/** What is left out stays as it is. */
export const instrumentUpdateInput = z.object({
  id: z.uuid(),
  name: text().trim().min(1).max(200).optional(),
  vendor: text().trim().max(200).optional(),
  models: z.array(text().trim().min(1).max(100)).max(50).optional(),
  visibility: visibility.optional(),
  description: text().trim().max(10_000).optional(),
  trainedMayUpload: z.boolean().optional(),
});
export type InstrumentUpdateInput = z.infer<typeof instrumentUpdateInput>;

/** Every field the dialect of `PUT` knows; what callers may not see stays as it is when left out. */
export const instrumentReplaceInput = instrumentUpdateInput.required({
  name: true,
  vendor: true,
  models: true,
  visibility: true,
  description: true,
});
export type InstrumentReplaceInput = z.infer<typeof instrumentReplaceInput>;
