import { describe, expect, it } from 'vitest';
import { may, ownsTurn, refusal, stillOwned, type Viewer } from './policy.ts';

const guest: Viewer = { kind: 'guest', key: 'guest:abc' };
const member = (isAdmin = false): Viewer => ({
  kind: 'member',
  key: 'user:1',
  userId: '1',
  email: 'a@example.org',
  name: 'A',
  isAdmin,
  role: null,
});

describe('may', () => {
  const actions = ['know', 'read', 'upload', 'manage'] as const;
  it.each([
    ['guest, public', guest, 'public', null, [true, true, false, false]],
    ['guest, restricted', guest, 'restricted', null, [false, false, false, false]],
    ['member, public', member(), 'public', null, [true, true, false, false]],
    ['member, restricted', member(), 'restricted', null, [true, false, false, false]],
    ['trained, restricted', member(), 'restricted', 'trained_user', [true, true, false, false]],
    ['manager, restricted', member(), 'restricted', 'instrument_manager', [true, true, true, true]],
    ['admin, restricted', member(true), 'restricted', null, [true, true, true, true]],
  ] as const)('%s', (_name, viewer, visibility, grant, expected) => {
    expect(actions.map((action) => may(viewer, action, { visibility, grant }))).toEqual(expected);
  });

  it('lets a trained member upload only where the instrument says so', () => {
    const facts = { visibility: 'restricted', grant: 'trained_user' } as const;
    expect(may(member(), 'upload', { ...facts, trainedMayUpload: true })).toBe(true);
    expect(may(member(), 'upload', { ...facts, trainedMayUpload: false })).toBe(false);
  });
});

describe('refusal', () => {
  it('hides a restricted instrument from guests and names it to members', () => {
    const facts = { visibility: 'restricted', grant: null } as const;
    expect(refusal(guest, 'read', facts)).toBe('NOT_FOUND');
    expect(refusal(member(), 'read', facts)).toBe('FORBIDDEN');
    expect(refusal(guest, 'manage', facts)).toBe('UNAUTHENTICATED');
  });
});

describe('ownsTurn', () => {
  const now = new Date('2026-01-02T00:00:00Z');
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

  it("gives a guest's turn to any guest for 24 hours and to no member", () => {
    const turn = { viewer_key: 'guest:other', created_at: hoursAgo(23) };
    expect(ownsTurn(guest, turn, now)).toBe(true);
    expect(ownsTurn(guest, { ...turn, created_at: hoursAgo(25) }, now)).toBe(false);
    expect(ownsTurn(member(), turn, now)).toBe(false);
  });

  it("gives a member's turn to that member alone", () => {
    const turn = { viewer_key: 'user:1', created_at: hoursAgo(999) };
    expect(ownsTurn(member(), turn, now)).toBe(true);
    expect(ownsTurn({ ...member(), key: 'user:2' } as Viewer, turn, now)).toBe(false);
    expect(ownsTurn(guest, turn, now)).toBe(false);
  });

  it("ends for each of a guest's turns by itself, and for none of a member's", () => {
    const turns = [25, 23].map((hours) => ({ createdAt: hoursAgo(hours) }));
    expect(stillOwned(guest, turns, now)).toEqual(turns.slice(1));
    expect(stillOwned(member(), turns, now)).toEqual(turns);
  });
});
