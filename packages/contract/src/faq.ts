import { z } from 'zod';

/** A common question with its answer; `id` is a stable name, not a UUID. */
export const faqEntry = z.object({ id: z.string(), question: z.string(), answer: z.string() });
export type FaqEntry = z.infer<typeof faqEntry>;
