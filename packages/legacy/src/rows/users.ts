import { grantRole, inviteInput, type User, userStatus } from '@rayni/contract';
import { z } from 'zod';
import { nothing } from '../fields.ts';
import { json } from '../rows.ts';

const user = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  is_admin: z.boolean(),
  role: grantRole.nullable(),
  status: userStatus,
});

const toUser = ({ id, email, name, isAdmin, role, status }: User): z.input<typeof user> => ({
  id,
  email,
  name,
  is_admin: isAdmin,
  role,
  status,
});

/** The people who may sign in. */
export const userRows = [
  json({
    method: 'GET',
    paths: ['/api/users'],
    summary: 'Everyone who may sign in, was invited or was disabled.',
    input: nothing,
    call: (api) => api.users.list,
    shape: z.object({ items: z.array(user) }),
    output: (found) => ({ items: found.map(toUser) }),
  }),
  json({
    method: 'POST',
    paths: ['/api/users/invite'],
    summary: 'Invite a person; inviting again makes a new link.',
    input: z.object({ email: inviteInput.shape.email, role: inviteInput.shape.role }),
    call: (api) => api.users.invite,
    status: 201,
    shape: z.object({ status: userStatus, email: z.string() }),
    output: ({ user: { status, email } }) => ({ status, email }),
  }),
];
