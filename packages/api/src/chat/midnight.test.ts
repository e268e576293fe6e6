import { expect, it } from 'vitest';
import { guestViewer } from '../auth/sessions.ts';
import { scriptedModel, testApp } from '../testing/index.ts';
import { regenerateAnswer, startAnswer } from './start.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const at = (time: string) => guestViewer('192.0.2.7', 'a browser', 'salt', new Date(time));
const before = at('2026-11-22T23:59:59Z');
const after = at('2026-11-23T00:00:01Z');

it('a question that a guest hands in again after midnight is still one question', async () => {
  await using test = await testApp({ model: scriptedModel() });
  const { rayni } = test;
  const instrumentId = await test.instrument();
  await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
  const input = { instrumentId, question: 'Which temperature do I set?', clientKey: 'key of a question' };
  const started = await startAnswer(rayni, before, input);
  // Nobody has heard of it, so it is handed in again.
  expect(await startAnswer(rayni, after, input)).toEqual(started);

  await Promise.all([...rayni.live.running.values()].map(({ over }) => over));
  const again = { turnId: started.turnId, clientKey: 'key of another answer' };
  const regenerated = await regenerateAnswer(rayni, before, again);
  expect(await regenerateAnswer(rayni, after, again)).toEqual(regenerated);

  // A caller's name of a day tells nothing of the next.
  expect(after.key).not.toBe(before.key);
  const other = guestViewer('192.0.2.8', 'a browser', 'salt', new Date('2026-11-23T00:00:01Z'));
  expect(await startAnswer(rayni, other, input)).not.toEqual(started);
  await rayni.live.close();
});
