import { z } from 'zod';
import { grantRole } from './instruments.ts';
import { text } from './text.ts';

export const loginInput = z.object({ email: text().trim().min(3).max(320) });
export type LoginInput = z.infer<typeof loginInput>;

/** Who asks. `allowed` holds the instruments the caller may chat with, computed at each call. */
export const me = z.object({
  userId: z.uuid().nullable(),
  email: z.string(),
  name: z.string(),
  isAdmin: z.boolean(),
  role: grantRole.nullable(),
  allowed: z.array(z.uuid()),
});
export type Me = z.infer<typeof me>;
