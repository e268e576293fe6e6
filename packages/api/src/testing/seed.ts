import type { GrantRole, Visibility } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { newId } from '../ids.ts';

type Member = Extract<Viewer, { kind: 'member' }>;
type Ports = Pick<App, 'db' | 'clock'>;

/** An active account; its e-mail is made of its id unless given. */
export async function insertAccount(
  app: Ports,
  { isAdmin = false, email }: { isAdmin?: boolean; email?: string } = {},
): Promise<Member> {
  const id = newId();
  const account = {
    id,
    email: email ?? `${id}@example.org`,
    name: 'Test account',
    is_admin: isAdmin,
    role: null,
    status: 'active' as const,
    created_at: app.clock.now(),
  };
  await app.db.query.insertInto('account').values(account).execute();
  const { name, role } = account;
  return { kind: 'member', key: `user:${id}`, userId: id, email: account.email, name, isAdmin, role };
}

/** An instrument without documents, public unless said otherwise; returns its id. */
export async function insertInstrument(
  app: Ports,
  {
    visibility = 'public',
    name = 'Test instrument',
    trainedMayUpload = false,
  }: { visibility?: Visibility; name?: string; trainedMayUpload?: boolean } = {},
): Promise<string> {
  const id = newId();
  const at = app.clock.now();
  await app.db.query
    .insertInto('instrument')
    .values({
      id,
      name,
      vendor: '',
      models: [],
      visibility,
      description: '',
      trained_may_upload: trainedMayUpload,
      created_at: at,
      updated_at: at,
    })
    .execute();
  return id;
}

/** An active grant of that account on that instrument. */
export async function insertGrant(
  app: Ports,
  viewer: Viewer,
  instrumentId: string,
  role: GrantRole = 'trained_user',
): Promise<void> {
  if (viewer.kind !== 'member') throw new Error('a guest holds no grant');
  const at = app.clock.now();
  await app.db.query
    .insertInto('access_grant')
    .values({
      id: newId(),
      account_id: viewer.userId,
      instrument_id: instrumentId,
      role,
      status: 'active',
      created_at: at,
      updated_at: at,
    })
    .execute();
}
