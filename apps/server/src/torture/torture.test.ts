import { createHash } from 'node:crypto';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import { type Asked, check } from './checks.ts';
import { torture } from './torture.ts';

// The short form; `npm run torture` is the long one.
it.runIf(testEngines().includes('postgres'))(
  'nothing is lost, doubled or left out while processes are killed and connections break',
  { timeout: 120_000 },
  async () => {
    const report = await torture({
      answers: 6,
      kills: 1,
      stops: 0,
      atOnce: 6,
      seed: Math.floor(Math.random() * 2 ** 32),
    });
    expect(report?.violations).toEqual([]);
    expect(report?.counts).toMatchObject({ answers: 6, readers: 18, kills: 1, lost: 0, doubled: 0, gaps: 0 });
  },
);

describe('the check finds', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const good = {
    turn: {
      id: 't',
      code: null,
      question: 'q',
      status: 'done',
      reason: 'answered',
      attempt: 2,
      epoch: 2,
      text: 'Whole [1].',
    },
    events: [
      { seq: 1, epoch: 1, type: 'turn-start', data: {} },
      { seq: 2, epoch: 1, type: 'text-delta', data: {} },
      { seq: 3, epoch: 2, type: 'turn-reset', data: {} },
      { seq: 4, epoch: 2, type: 'text-delta', data: {} },
      { seq: 5, epoch: 2, type: 'turn-end', data: { reason: 'answered', sha256: sha256('Whole [1].') } },
    ],
    asked: {
      number: 1,
      question: 'q',
      turnIds: new Set(['t']),
      cancelledAt: undefined,
      written: ['Half [3].', 'Whole [2].'],
    },
    seen: { kind: 'events', text: 'Whole [1].', reason: 'answered', ends: 1, gaps: 0, doubled: 0, drops: 2 },
  };
  type Scene = typeof good;

  async function checked(change: (scene: Scene) => void) {
    const scene = structuredClone(good);
    change(scene);
    const rows = [[scene.turn], scene.events.map((event) => ({ ...event, turn_id: 't' }))];
    const pool = { query: async () => ({ rows: rows.shift() }) };
    const asked: Asked = { ...scene.asked, readers: [scene.seen] };
    return check({ pool } as unknown as Parameters<typeof check>[0], [asked]);
  }

  it('nothing where nothing is wrong', async () => {
    const { counts, violations } = await checked(() => {});
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ answers: 1, readers: 1, drops: 2, takeOvers: 1, resets: 1 });
  });

  it.each<[string, (scene: Scene) => void]>([
    ['a reader with half of the text', (s) => (s.seen.text = 'Who')],
    ['a reader with a word twice', (s) => (s.seen.doubled = 1)],
    ['a reader who missed an event', (s) => (s.seen.gaps = 1)],
    ['a reader without an end', (s) => (s.seen.ends = 0)],
    ['a reader with two ends', (s) => (s.seen.ends = 2)],
    ['a reader who was told another end', (s) => (s.seen.reason = 'failed')],
    ['a second question under one key', (s) => s.asked.turnIds.add('u')],
    ['an acknowledged question that is not there', (s) => (s.turn.id = 'u')],
    ['a third model call in two attempts', (s) => s.asked.written.push('More.')],
    ['a mixture of two attempts', (s) => (s.asked.written = ['Half.', 'Other.'])],
    ['an event of a former producer behind the next one’s', (s) => (s.events[3]!.epoch = 1)],
    ['a gap in the log', (s) => s.events.splice(1, 1)],
    ['two ends in the log', (s) => (s.events[3]!.type = 'turn-end')],
    ['an answer that never ended', (s) => (s.turn.status = 'running')],
    ['an end that disagrees with what is stored', (s) => (s.turn.reason = 'cancelled')],
    ['a sum of another text', (s) => (s.events[4]!.data = { reason: 'answered', sha256: sha256('') })],
  ])('%s', async (_, change) => {
    expect((await checked(change)).violations).not.toEqual([]);
  });

  it('a word after an acknowledged cancellation', async () => {
    const { violations } = await checked((scene) => Object.assign(scene.asked, { cancelledAt: 4 }));
    expect(violations).toEqual(['question 1: goes on after an acknowledged cancellation']);
  });
});
