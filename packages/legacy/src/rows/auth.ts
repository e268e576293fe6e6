import { grantRole, loginInput, type Me } from '@rayni/contract';
import { z } from 'zod';
import { nothing } from '../fields.ts';
import { json } from '../rows.ts';

const member = z.object({
  userId: z.uuid(),
  email: z.string(),
  name: z.string(),
  is_admin: z.boolean(),
  role: grantRole.nullable(),
  allowed: z.array(z.uuid()),
});
const guest = z.object({
  userId: z.literal('guest'),
  email: z.string(),
  name: z.string(),
  is_admin: z.literal(false),
  isGuest: z.literal(true),
  allowed: z.array(z.uuid()),
});
const user = z.union([member, guest]);

function toUser({ userId, email, name, isAdmin, role, allowed }: Me): z.input<typeof user> {
  return userId === null
    ? { userId: 'guest', email, name, is_admin: false, isGuest: true, allowed }
    : { userId, email, name, is_admin: isAdmin, role, allowed };
}

export const authRows = [
  json({
    method: 'POST',
    paths: ['/api/auth/login'],
    summary: 'Sign in by e-mail (demo mode). Sets the session cookie.',
    input: loginInput,
    call: (api) => api.auth.login,
    shape: user,
    output: toUser,
    // Callers of this row read `error`.
    errorBody: (body) => ({ error: body.detail, ...body }),
  }),
  json({
    method: 'POST',
    paths: ['/api/auth/logout'],
    summary: 'End the session.',
    input: nothing,
    call: (api) => api.auth.logout,
    shape: z.object({ message: z.string() }),
    output: () => ({ message: 'Logged out successfully' }),
  }),
  json({
    method: 'GET',
    paths: ['/api/auth/me'],
    summary: 'Who asks, and with which instruments they may chat.',
    input: nothing,
    call: (api) => api.auth.me,
    shape: user,
    output: toUser,
  }),
];
