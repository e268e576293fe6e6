import type { App } from '../app.ts';

/** Removes what nobody came back for. */
export async function sweep(_app: Pick<App, 'db' | 'blobs' | 'jobs' | 'clock' | 'log'>): Promise<void> {}
