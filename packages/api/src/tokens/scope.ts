import type { TokenScope } from '@rayni/contract';

/** What a read-only token may do beside queries: ask, and follow answers and sources, which changes nothing but its owner's own log of answers. */
const asking = [
  'chat.start',
  'chat.ask',
  'chat.regenerate',
  'chat.regenerateAndWait',
  'chat.cancel',
  'chat.events',
  'sources.events',
];

/** May a token of that scope call the procedure? Every act that is not asking needs the full scope, also one that is added later. */
export const scopeAllows = (scope: TokenScope, type: string, path: string): boolean =>
  scope === 'full' || type === 'query' || asking.includes(path);
