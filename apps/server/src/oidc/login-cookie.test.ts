import { randomBytes } from 'node:crypto';
import { seal } from '@rayni/api';
import { describe, expect, it } from 'vitest';
import { openLogin, sealLogin } from './login-cookie.ts';

const key = randomBytes(32);
const now = new Date('2026-01-01T00:00:00Z');
const login = {
  state: 's',
  nonce: 'n',
  verifier: 'v',
  returnTo: '/',
  invitation: 'i',
  expiresAt: now.getTime() + 1,
};

describe('the cookie of a sign-in', () => {
  it('opens under its key until its time is over, and shows nothing', () => {
    const sealed = sealLogin(key, login);
    expect(sealed).toMatch(/^[\w-]+$/);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('returnTo');
    expect(openLogin(key, sealed, now)).toEqual(login);
    expect(openLogin(key, sealed, new Date(login.expiresAt))).toBeUndefined();
    expect(openLogin(randomBytes(32), sealed, now)).toBeUndefined();
  });

  it('is worth nothing with any of its bytes changed, cut short, or made of something else', () => {
    const sealed = Buffer.from(sealLogin(key, login), 'base64url');
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      expect(openLogin(key, changed.toString('base64url'), now)).toBeUndefined();
      expect(openLogin(key, sealed.subarray(0, i).toString('base64url'), now)).toBeUndefined();
    }
    const other = (owner: string, text: string) =>
      openLogin(key, Buffer.from(seal(key, owner, text)).toString('base64url'), now);
    expect(other('login', JSON.stringify(login))).toEqual(login);
    expect(other('a connector', JSON.stringify(login))).toBeUndefined();
    expect(other('login', JSON.stringify({ ...login, state: undefined }))).toBeUndefined();
    expect(other('login', 'x')).toBeUndefined();
  });
});
