import type { App } from '../app.ts';

/** Fetches what a connector's place holds. */
export async function runSync(_app: Pick<App, 'db' | 'clock' | 'log'>, _syncId: string): Promise<void> {}

/** Ends a sync whose every try failed for reasons of ours. */
export async function giveUpSync(_app: Pick<App, 'db' | 'clock' | 'log'>, _syncId: string): Promise<void> {}
