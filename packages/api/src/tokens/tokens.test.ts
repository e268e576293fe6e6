import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { appRouter } from '../router.ts';
import { callAs, guest, type TestApp, testApp } from '../testing/index.ts';
import { errorOf } from '../trpc.ts';
import { scopeAllows } from './scope.ts';
import { viewerOfToken } from './tokens.ts';

const day = 86_400_000;
/** At run time flat, by path. */
const built = appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>;
const procedures = Object.entries(built).map(([path, { _def }]) => [path, _def.type] as const);

let test: TestApp;
beforeAll(async () => {
  test = await testApp();
});
afterAll(() => test?.[Symbol.asyncDispose]());

const as = (viewer: Viewer, token?: 'full' | 'read') => callAs(test.rayni, viewer, { token });
const who = (secret: string) => viewerOfToken(test.rayni.app, secret);
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error: unknown) => errorOf(error, undefined).info.code,
  );

describe('a token', () => {
  it('tells its secret once, and the database knows only its hash', async () => {
    const member = await test.account();
    const { secret, ...told } = await as(member).tokens.create({ name: 'nightly', scope: 'read' });
    expect(secret).toMatch(/^rayni_[\w-]{43}$/);
    expect(secret.startsWith(told.prefix)).toBe(true);
    expect(told.prefix).toHaveLength(12);
    expect(await as(member).tokens.list()).toEqual([told]);
    const { query } = test.rayni.app.db;
    const rows = [
      await query.selectFrom('api_token').selectAll().execute(),
      await query.selectFrom('audit_entry').selectAll().execute(),
    ];
    expect(JSON.stringify(rows)).not.toContain(secret.slice(12));
    expect(await who(secret)).toMatchObject({ viewer: member, scope: 'read' });
    expect(await who(`${secret}x`)).toBeUndefined();
    expect(await who('')).toBeUndefined();
  });

  it('is revoked by its owner alone, at once, and both acts are noted', async () => {
    const [member, other, admin] = [
      await test.account(),
      await test.account(),
      await test.account({ isAdmin: true }),
    ];
    const { id, secret, prefix } = await as(member).tokens.create({ name: 'mine' });
    for (const viewer of [other, admin]) {
      expect(await as(viewer).tokens.list()).toEqual([]);
      expect(await codeOf(as(viewer).tokens.revoke({ id }))).toBe('NOT_FOUND');
    }
    expect(await codeOf(as(guest).tokens.revoke({ id }))).toBe('UNAUTHENTICATED');
    expect(await who(secret)).toBeDefined();
    await as(member, 'full').tokens.revoke({ id });
    expect(await who(secret)).toBeUndefined();
    expect(await as(member).tokens.list()).toEqual([]);
    expect(await codeOf(as(member).tokens.revoke({ id }))).toBe('NOT_FOUND');
    const noted = await test.rayni.app.db.query
      .selectFrom('audit_entry')
      .select(['action', 'subject', 'details'])
      .where('actor', '=', member.email)
      .orderBy('id')
      .execute();
    const details = { token: prefix, name: 'mine', scope: 'full' };
    expect(noted).toEqual([
      { action: 'token.created', subject: member.email, details },
      { action: 'token.revoked', subject: member.email, details },
    ]);
  });

  it('ends with its last day, and with the account while that is disabled', async () => {
    const member = await test.account();
    const api = as(member);
    const short = await api.tokens.create({ name: 'short', expiresInDays: 2 });
    const long = await api.tokens.create({ name: 'long' });
    expect(short.expiresAt?.getTime()).toBe(short.createdAt.getTime() + 2 * day);
    test.advance(2 * day - 1);
    expect(await who(short.secret)).toBeDefined();
    test.advance(1);
    expect(await who(short.secret)).toBeUndefined();
    expect(await who(long.secret)).toBeDefined();
    const account = test.rayni.app.db.query.updateTable('account').where('id', '=', member.userId);
    await account.set({ status: 'disabled' }).execute();
    expect(await who(long.secret)).toBeUndefined();
  });

  it('shows when it was used last, to the minute', async () => {
    const api = as(await test.account());
    const { secret } = await api.tokens.create({ name: 'used' });
    const used = async () => (await api.tokens.list())[0]?.lastUsedAt;
    expect(await used()).toBeNull();
    await who(secret);
    const first = await used();
    expect(first).toEqual(test.rayni.app.clock.now());
    test.advance(59_999);
    await who(secret);
    expect(await used()).toEqual(first);
    test.advance(1);
    await who(secret);
    expect(await used()).toEqual(test.rayni.app.clock.now());
  });

  it('makes no further token, which would outlive it', async () => {
    const api = as(await test.account(), 'full');
    expect(await codeOf(api.tokens.create({ name: 'child' }))).toBe('FORBIDDEN');
    expect(await api.tokens.list()).toEqual([]);
  });
});

describe('a token for reading', () => {
  const acts = procedures.filter(([path, type]) => !scopeAllows('read', type, path));

  it('may ask and follow, and nothing else that is no query', () => {
    const may = procedures.filter(([path, type]) => type !== 'query' && scopeAllows('read', type, path));
    expect(may.map(([path]) => path).sort()).toEqual([
      'chat.ask',
      'chat.cancel',
      'chat.events',
      'chat.regenerate',
      'chat.regenerateAndWait',
      'chat.start',
      'sources.events',
    ]);
  });

  it.each(acts)('is refused by %s, whatever it was given', async (path) => {
    const [slice, name] = path.split('.') as [string, string];
    const admin = await test.account({ isAdmin: true });
    const api = as(admin, 'read') as unknown as Record<
      string,
      Record<string, (input: unknown) => Promise<unknown>>
    >;
    const call = api[slice]![name]!(undefined);
    await expect(call).rejects.toThrow('This API token is for reading and asking only.');
    expect(await codeOf(call)).toBe('FORBIDDEN');
  });
});
