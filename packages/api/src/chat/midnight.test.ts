import type { AttachInput } from '@rayni/contract';
import { expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { guestViewer } from '../auth/sessions.ts';
import { scriptedModel, testApp, type TestApp } from '../testing/index.ts';
import { locateProof, mediaOf } from '../viewer/locate.ts';
import { attach, initiateAttachment } from './attachments/attach.ts';
import { regenerateAnswer, startAnswer } from './start.ts';
import { ask } from './turns.ts';

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

const hour = 3_600_000;
const never = () => new AbortController().signal;

/** Moves the clock to that many minutes after the next midnight, or before it. */
function toMidnight(test: TestApp, minutes: number) {
  const now = test.rayni.app.clock.now().getTime();
  test.advance((Math.floor(now / (24 * hour)) + 1) * 24 * hour - now + minutes * 60_000);
}

const attached = (test: TestApp, viewer: Viewer, input: Omit<AttachInput, 'ingest'>) =>
  test.working(attach(test.rayni, viewer, { ...input, ingest: false }, never()));

it('a file of a guest is theirs after midnight, as long as its conversation goes on, and nobody else’s', async () => {
  await using test = await testApp();
  const { rayni } = test;
  const { app } = rayni;
  const instrumentId = await test.instrument();
  const now = (address = '192.0.2.7') => guestViewer(address, 'a browser', 'salt', app.clock.now());
  const file = '# Service log\n\nThe new Brindlewick pump delivers 14 mL/min.\n';
  const question = 'How much does the Brindlewick pump deliver?';

  toMidnight(test, -5);
  const uploads = [];
  for (const filename of ['log.md', 'other.md']) {
    const begun = { filename, contentType: 'text/markdown', instrumentId, ingest: false };
    const { uploadId } = await initiateAttachment(rayni, now(), begun);
    test.put(uploadId, file);
    uploads.push(uploadId);
  }
  const first = await attached(test, now(), { instrumentId, question, uploadIds: [uploads[0]!] });
  const { sessionId } = first;
  const { id: target, sourceId } = first.citations[0]!;
  const quotes = async (viewer: Viewer) =>
    (await ask(rayni, viewer, { instrumentId, question, sessionId }, never())).citations.map(
      ({ quote }) => quote,
    );
  const gone = async (viewer: Viewer) => {
    await expect(locateProof(app, viewer, { target })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(mediaOf(app, viewer, sourceId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  };

  toMidnight(test, 5);
  expect(await locateProof(app, now(), { target })).toMatchObject({ sourceId });
  expect(await mediaOf(app, now(), sourceId)).toMatchObject({ filename: 'log.md' });
  await gone(now('192.0.2.8'));
  // What was uploaded before midnight can still be attached.
  const stranger = { instrumentId, question, uploadIds: [uploads[1]!] };
  await expect(attached(test, now('192.0.2.8'), stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const second = await attached(test, now(), { ...stranger, sessionId });
  expect(second.citations.map(({ quote }) => quote).join()).toContain('14 mL/min');
  expect(await quotes(now('192.0.2.8'))).toEqual([]);

  // Begun two days ago, and gone on with yesterday.
  toMidnight(test, 4);
  expect((await quotes(now())).join()).toContain('14 mL/min');
  await gone(now('192.0.2.8'));

  // A conversation ends 24 hours after what was last asked in it, and its files with it.
  test.advance(23 * hour);
  expect(await locateProof(app, now(), { target })).toMatchObject({ sourceId });
  test.advance(hour);
  await gone(now());
});
