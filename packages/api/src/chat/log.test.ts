import type { ChatEvent } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import { guest, scriptedModel, testApp } from '../testing/index.ts';
import { startAnswer } from './start.ts';
import { eventsAfter } from './store.ts';

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
});
