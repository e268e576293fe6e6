import type { TokenScope } from '@rayni/contract';
import type { Viewer } from './access/policy.ts';
import type { Rayni } from './live.ts';

/** What every procedure gets: the product, who asks, and the caller's session cookie. */
export type Context = Rayni & {
  viewer: Viewer;
  requestId: string;
  session: SessionCookie;
  /** What the API token is for that says who asks; absent when a session does, or nobody. */
  token?: TokenScope | undefined;
  /** Where the caller sends from; limits on guessing count for it, whoever is signed in. */
  address?: string | undefined;
  /** The program the caller says it is. */
  userAgent?: string | undefined;
};

/** The host's side of the session cookie. `secret` is what the caller sent, if anything. */
export type SessionCookie = {
  secret: string | undefined;
  set(secret: string, expiresAt: Date): void;
  clear(): void;
};
