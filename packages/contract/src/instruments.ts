import { z } from 'zod';

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
