import { z } from 'zod';

/** Kinds of background work: reading a document, fetching a web page, removing what a deleted source leaves, syncing a connector, sweeping. */
export const jobKind = z.enum(['ingest', 'fetch', 'forget', 'sync', 'sweep']);
export type JobKind = z.infer<typeof jobKind>;

/** `retrying`: it failed, and is tried again by itself. */
export const jobState = z.enum(['waiting', 'working', 'retrying', 'done', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const job = z.object({
  id: z.uuid(),
  kind: jobKind,
  state: jobState,
  /** What it is about, where that is one thing and is still known. */
  about: z.object({ type: z.enum(['source', 'connector']), id: z.uuid(), title: z.string() }).nullable(),
  /** How often it was begun. */
  tries: z.int(),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  /** Not begun before; null unless it waits. */
  nextAt: z.date().nullable(),
  /** What went wrong the last time, in one line. */
  error: z.string().nullable(),
});
export type Job = z.infer<typeof job>;

export const jobListInput = z.object({
  kind: jobKind.optional(),
  state: jobState.optional(),
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});
export type JobListInput = z.infer<typeof jobListInput>;
export const jobList = z.object({ items: z.array(job), total: z.int() });
export type JobList = z.infer<typeof jobList>;
