import { createHash } from 'node:crypto';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import { type Asked, check } from './checks.ts';
import { torture, type TortureOptions } from './torture.ts';

// The short forms; `npm run torture` is the long one.
const short: Omit<TortureOptions, 'engine' | 'roles' | 'documents' | 'seed'> = {
  answers: 6,
  kills: 1,
  stops: 0,
  badConnections: { clients: 40, database: 0, model: 0 },
  atOnce: 6,
};

// Side by side, since most of it is waiting for a lease.
it.concurrent.each(testEngines())(
  'nothing is lost, doubled or left out while processes are killed and connections break, on %s',
  { timeout: 300_000 },
  async (engine) => {
    const report = await torture({
      ...short,
      engine,
      // One that is killed and started again on the same directory, or two.
      roles: engine === 'embedded' ? ['all'] : ['all', 'all'],
      // There the next start takes the job up at once; elsewhere half a minute is waited for who had it.
      documents: engine === 'embedded' ? 1 : 0,
      seed: Math.floor(Math.random() * 2 ** 32),
    });
    expect(report?.violations).toEqual([]);
    expect(report?.counts).toMatchObject({ answers: 6, readers: 18, lost: 0, doubled: 0, gaps: 0 });
    // The statements at which processes die are still known by their text.
    expect(report?.neverPassed.filter((point) => !sometimes.includes(point))).toEqual([]);
  },
);

/** Not passed when nobody cancels, or when nothing had been shown of what was taken over. */
const sometimes = ['claimed', 'reset stored', 'cancellation stored'];

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
      { seq: 2, epoch: 1, type: 'text-delta', data: { text: 'Half' } },
      { seq: 3, epoch: 2, type: 'turn-reset', data: {} },
      { seq: 4, epoch: 2, type: 'text-delta', data: { text: 'Whole [1].' } },
      { seq: 5, epoch: 2, type: 'turn-end', data: { reason: 'answered', sha256: sha256('Whole [1].') } },
    ],
    asked: {
      number: 1,
      question: 'q',
      turnIds: new Set(['t']),
      cancelledAt: undefined,
      written: ['Half [3].', 'Whole [2].'],
      modelFaults: 0,
    },
    seen: {
      kind: 'events',
      text: 'Whole [1].',
      reason: 'answered',
      ends: 1,
      gaps: 0,
      doubled: 0,
      drops: { left: 2, refused: 0, cut: 0, silent: 0 },
    },
  };
  type Scene = typeof good;

  /** Without a text where one is not allowed, so that nothing else is wrong. */
  function endedAs(scene: Scene, reason: string) {
    const text = reason === 'failed' ? '' : scene.turn.text;
    Object.assign(scene.turn, { reason, text, status: reason === 'failed' ? 'failed' : 'done' });
    Object.assign(scene.seen, { reason, text });
    scene.events[3]!.data = { text };
    scene.events[4]!.data = { reason, sha256: sha256(text) };
  }

  async function checked(change: (scene: Scene) => void) {
    const scene = structuredClone(good);
    change(scene);
    const rows = [
      [scene.turn],
      scene.events.map((event) => ({ ...event, turn_id: 't', data: { type: event.type, ...event.data } })),
    ];
    const pool = { query: async () => ({ rows: rows.shift() }) };
    const asked: Asked = { ...scene.asked, readers: [scene.seen] };
    return check({ pool } as unknown as Parameters<typeof check>[0], [asked], {
      stops: 0,
      databaseFaults: 0,
    });
  }

  it('nothing where nothing is wrong', async () => {
    const { counts, violations } = await checked(() => {});
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ answers: 1, readers: 1, takeOvers: 1, resets: 1 });
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
    ['a text of another attempt than the last', (s) => s.asked.written.reverse()],
    ['quoted passages although the model was there', (s) => endedAs(s, 'extractive')],
    ['an answer that gave up with its first producer', (s) => endedAs(s, 'failed')],
    ['an end for which there is no reason', (s) => endedAs(s, 'not_found')],
    ['a text of two producers', (s) => (s.events[2] = { ...s.events[3]!, epoch: 1, data: { text: '' } })],
    ['a log that adds up to another text', (s) => (s.events[3]!.data = { text: 'Who' })],
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
