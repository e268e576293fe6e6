import { seal, unseal } from '@rayni/api';
import { z } from 'zod';

/** Minutes a sign-in may take. */
export const loginMinutes = 10;

const begunLogin = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  /** The token of the invitation it began with. */
  invitation: z.string().optional(),
  expiresAt: z.number(),
});
/** A sign-in on its way: what its browser keeps, sealed, until the callback. */
export type BegunLogin = z.infer<typeof begunLogin>;

const owner = 'login';

/** As text for a cookie, which only this server reads. */
export const sealLogin = (key: Uint8Array, login: BegunLogin): string =>
  Buffer.from(seal(key, owner, JSON.stringify(login))).toString('base64url');

/** What was sealed; undefined for anything else, and when it is too late. */
export function openLogin(key: Uint8Array, sealed: string, now: Date): BegunLogin | undefined {
  try {
    const text = unseal(key, owner, Buffer.from(sealed, 'base64url'));
    const login = begunLogin.parse(JSON.parse(text));
    return now.getTime() < login.expiresAt ? login : undefined;
  } catch {
    return undefined;
  }
}
