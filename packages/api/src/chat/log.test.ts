import type { ChatEvent } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import { guest, scriptedModel, testApp } from '../testing/index.ts';
import { startAnswer } from './start.ts';
import { appendEvents, eventsAfter } from './store.ts';

const delta = (text: string): ChatEvent => ({ type: 'text-delta', text });
const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';

describe.each(testEngines())('the log on %s', (engine) => {
  it('lets an answer that the database refuses not hurt those in the same statement', async () => {
    await using test = await testApp({ engine, model: scriptedModel([60_000], [60_000]) });
    const { app, live } = test.rayni;
    const instrumentId = await test.instrument();
    await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
    const start = () => startAnswer(test.rayni, guest, { instrumentId, question: 'Which temperature?' });
    const [good, bad] = [await start(), await start()];
    // While the first is being written the other two wait, and go together.
    const [first, refused, second] = await Promise.allSettled([
      live.log.append(good.turnId, 1, [delta('1')]),
      live.log.append(bad.turnId, 1, [delta('\0')]),
      live.log.append(good.turnId, 1, [delta('2')]),
    ]);
    expect([first, second]).toEqual([
      { status: 'fulfilled', value: true },
      { status: 'fulfilled', value: true },
    ]);
    expect(refused.status).toBe('rejected');
    const logged = await eventsAfter(app.db.query, [
      { turnId: good.turnId, after: 1 },
      { turnId: bad.turnId, after: 1 },
    ]);
    expect(logged.get(good.turnId)).toEqual([
      { seq: 2, event: delta('1') },
      { seq: 3, event: delta('2') },
    ]);
    expect(logged.has(bad.turnId)).toBe(false);
    expect(await live.log.append(bad.turnId, 1, [delta('3')])).toBe(true);
  });

  it('gives each answer its own gapless numbers when one statement carries several, and nothing to a fenced producer', async () => {
    await using test = await testApp({ engine, model: scriptedModel([60_000], [60_000]) });
    const instrumentId = await test.instrument();
    await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
    const start = (question: string) => startAnswer(test.rayni, guest, { instrumentId, question });
    const [a, b] = [await start('Which temperature do I set?'), await start('How long do I wait?')];
    const { query } = test.rayni.app.db;
    const lease = new Date(Date.now() + 10_000);
    const first = await appendEvents(
      query,
      [
        { turnId: a.turnId, epoch: 1, events: [delta('1'), delta('2')] },
        { turnId: b.turnId, epoch: 2, events: [delta('zombie')] },
        { turnId: b.turnId, epoch: 1, events: [delta('x')] },
      ],
      lease,
    );
    expect([...first]).toEqual(
      expect.arrayContaining([
        [a.turnId, 2],
        [b.turnId, 2],
      ]),
    );
    await appendEvents(query, [{ turnId: a.turnId, epoch: 1, events: [delta('3')] }], lease);
    const logged = await eventsAfter(query, [
      { turnId: a.turnId, after: 1 },
      { turnId: b.turnId, after: 1 },
    ]);
    expect(logged.get(a.turnId)).toEqual([1, 2, 3].map((n) => ({ seq: n + 1, event: delta(String(n)) })));
    expect(logged.get(b.turnId)).toEqual([{ seq: 2, event: delta('x') }]);
  });
});
