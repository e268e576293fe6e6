import { z } from 'zod';
import { grantRole } from './instruments.ts';
import { text } from './text.ts';

export const userStatus = z.enum(['invited', 'active', 'disabled']);
export type UserStatus = z.infer<typeof userStatus>;

export const user = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  isAdmin: z.boolean(),
  role: grantRole.nullable(),
  status: userStatus,
  createdAt: z.date(),
});
export type User = z.infer<typeof user>;

/** For someone invited before, what is left out stays as it was. */
export const inviteInput = z.object({
  email: text().trim().toLowerCase().pipe(z.email()).pipe(z.string().max(320)),
  name: text().trim().max(200).optional(),
  role: grantRole.optional(),
  isAdmin: z.boolean().optional(),
});
export type InviteInput = z.infer<typeof inviteInput>;

/** `url` works once and is told once; inviting again makes a new one and ends the former. */
export const invitation = z.object({ user, url: z.string(), expiresAt: z.date() });
export type Invitation = z.infer<typeof invitation>;

export const userChangeInput = z.object({
  id: z.uuid(),
  name: text().trim().max(200).optional(),
  role: grantRole.nullable().optional(),
  isAdmin: z.boolean().optional(),
  status: z.enum(['active', 'disabled']).optional(),
});
export type UserChangeInput = z.infer<typeof userChangeInput>;

/** What a token may do: everything its owner may, or only what changes nothing. */
export const tokenScope = z.enum(['full', 'read']);
export type TokenScope = z.infer<typeof tokenScope>;

export const apiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  scope: tokenScope,
  /** The first characters, to tell tokens apart. */
  prefix: z.string(),
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
  createdAt: z.date(),
});
export type ApiToken = z.infer<typeof apiToken>;

export const tokenCreateInput = z.object({
  name: text().trim().min(1).max(100),
  scope: tokenScope.default('full'),
  /** Never without one. */
  expiresInDays: z.int().min(1).max(3_650).optional(),
});
export type TokenCreateInput = z.infer<typeof tokenCreateInput>;

/** `secret` is told once: send it as `Authorization: Bearer <secret>`. */
export const tokenCreated = apiToken.extend({ secret: z.string() });
export type TokenCreated = z.infer<typeof tokenCreated>;
