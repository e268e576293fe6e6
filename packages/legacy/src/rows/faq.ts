import { z } from 'zod';
import { nothing } from '../fields.ts';
import { json } from '../rows.ts';

const entry = z.object({ id: z.string(), q: z.string(), a: z.string() });

export const faqRows = [
  json({
    method: 'GET',
    paths: ['/api/faq/', '/api/support/faq'],
    summary: 'Common questions and their answers.',
    input: nothing,
    call: (api) => api.faq.list,
    shape: z.object({ items: z.array(entry) }),
    output: (found) => ({ items: found.map(({ id, question, answer }) => ({ id, q: question, a: answer })) }),
  }),
];
