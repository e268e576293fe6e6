import type { Script } from '../test-host.ts';

/** One request of the dialect and its answer, written out. */
export type Golden = {
  /** As in the table. */
  row: string;
  /** The body as JSON, or as the text of a form. */
  send: { url: string; body?: object; form?: string };
  script: Script;
  /** What reaches the procedure. */
  input: unknown;
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
};
