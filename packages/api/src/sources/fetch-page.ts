import type { App } from '../app.ts';

type Ports = Pick<App, 'db' | 'blobs' | 'clock' | 'jobs' | 'log' | 'web'>;

/** Fetches the page of a source and, when its text is another than before, makes a version of it. */
export async function fetchPage(_app: Ports, _sourceId: string, _signal: AbortSignal): Promise<void> {}

/** Ends a fetch that failed again and again for reasons of ours. */
export async function giveUpFetch(_app: Ports, _sourceId: string): Promise<void> {}
