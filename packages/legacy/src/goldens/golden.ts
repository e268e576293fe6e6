import type { Script } from '../test-host.ts';

/** One request of the dialect and its answer, written out. */
export type Golden = {
  /** As in the table. */
  row: string;
  /** The body as JSON, as the text of a form, or as a form with files. */
  send: { url: string; body?: object; form?: string; parts?: () => FormData };
  script: Script;
  /** What reaches the procedure that answers: the first of the script. */
  input: unknown;
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
};
