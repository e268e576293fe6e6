import type { App } from '../app.ts';

/** Removes what a deleted source leaves behind. */
export async function forgetSource(
  _app: Pick<App, 'db' | 'blobs' | 'log'>,
  _sourceId: string,
): Promise<void> {}
