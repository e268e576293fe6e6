import type { Viewer } from './access/policy.ts';
import type { Rayni } from './live.ts';

/** What every procedure gets: the product, who asks, and the caller's session cookie. */
export type Context = Rayni & {
  viewer: Viewer;
  requestId: string;
  session: SessionCookie;
};

/** The host's side of the session cookie. `secret` is what the caller sent, if anything. */
export type SessionCookie = {
  secret: string | undefined;
  set(secret: string, expiresAt: Date): void;
  clear(): void;
};
