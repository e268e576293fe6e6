import { askInput } from '@rayni/contract';
import { z } from 'zod';
import { json, redirect, sse } from './rows.ts';

// Rows that must not compile. The type check of the whole project is what runs this file.

const shape = z.object({ turn_id: z.uuid() });
const about = { paths: ['/api/x'], summary: '' } as const;

export const wrongRows = () => [
  json({
    ...about,
    method: 'POST',
    input: askInput,
    // @ts-expect-error no such procedure
    call: (api) => api.chat.aks,
    shape,
    output: () => ({ turn_id: '' }),
  }),
  json({
    ...about,
    method: 'POST',
    input: z.object({ instrument_id: z.uuid() }),
    // @ts-expect-error the procedure takes something else than was parsed
    call: (api) => api.chat.ask,
    shape,
    output: () => ({ turn_id: '' }),
  }),
  json({
    ...about,
    method: 'POST',
    input: askInput,
    call: (api) => api.chat.ask,
    shape,
    // @ts-expect-error the answer has no such field
    output: (answer) => ({ turn_id: answer.turn_id }),
  }),
  json({
    ...about,
    method: 'POST',
    input: askInput,
    call: (api) => api.chat.ask,
    shape,
    // @ts-expect-error not the documented shape
    output: (answer) => ({ turnId: answer.turnId }),
  }),
  json({
    ...about,
    // @ts-expect-error not a method of the dialect
    method: 'HEAD',
    input: askInput,
    call: (api) => api.chat.ask,
    shape,
    output: () => ({ turn_id: '' }),
  }),
  redirect({
    ...about,
    input: z.object({}),
    call: (api) => api.viewer.locate,
    // @ts-expect-error not an address
    location: (found) => found.urlExpiresAt,
  }),
  sse({
    ...about,
    input: askInput,
    // @ts-expect-error starting has to name the answer to follow
    start: (api) => api.chat.cancel,
    locate: (api) => api.chat.snapshot,
    follow: (api) => api.chat.events,
    frame: () => undefined,
  }),
];
