import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  answers,
  fails,
  resets,
  stalls,
  startScriptedOpenAI,
  transcribed,
  type ScriptedOpenAI,
} from '@rayni/scripted-openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Times } from './openai-client.ts';
import { openaiTranscriber } from './openai-transcriber.ts';

const folder = mkdtempSync(join(tmpdir(), 'rayni-transcriber-'));
const path = join(folder, 'part.ogg');
beforeAll(() => writeFileSync(path, 'OggS and then speech'));
afterAll(() => rmSync(folder, { recursive: true }));

let server: ScriptedOpenAI;
beforeEach(async () => {
  server = await startScriptedOpenAI();
});
afterEach(() => server.close());

const never = new AbortController().signal;
const transcriber = (times: Partial<Times> = { retryDelayMs: 1 }, transcribeModel = 'whisper-1') =>
  openaiTranscriber({ baseUrl: server.url, apiKey: 'k', transcribeModel }, times);

describe('a transcription', () => {
  test('is asked for with the file and times, and read with them', async () => {
    expect(await transcriber().transcribe({ path }, never)).toEqual([
      { start: 0, end: 4.4, text: ' Switch on the laser and wait for ten minutes.' },
      { start: 5.1, end: 8.6, text: ' Press start when the lamp is green.' },
    ]);
    expect(server.calls[0]?.transcription).toMatchObject({
      model: 'whisper-1',
      format: 'verbose_json',
      granularities: ['word', 'segment'],
      file: { name: 'part.ogg', bytes: new TextEncoder().encode('OggS and then speech') },
    });
  });

  test('has the times of its words where they are given', async () => {
    server.nextTranscription(
      transcribed(
        [
          { start: 0, end: 1, text: ' Stop.' },
          { start: 1, end: 2.5, text: ' Go on.' },
        ],
        [
          { start: 0.2, end: 0.8, word: 'Stop' },
          { start: 1, end: 1.4, word: 'Go' },
          { start: 1.5, end: 2, word: 'on' },
        ],
      ),
    );
    const cues = await transcriber().transcribe({ path }, never);
    expect(cues.map(({ words }) => words?.map(({ text }) => text))).toEqual([['Stop'], ['Go', 'on']]);
  });

  test('of a model that tells speakers apart says who speaks', async () => {
    server.nextTranscription(transcribed([{ start: 0, end: 1, text: 'Yes.', speaker: 'A' }]));
    expect(await transcriber({}, 'gpt-4o-transcribe-diarize').transcribe({ path }, never)).toEqual([
      { start: 0, end: 1, text: 'Yes.', speaker: 'A' },
    ]);
    expect(server.calls[0]?.transcription?.format).toBe('diarized_json');
  });

  test('leaves out what was made up over silence', async () => {
    server.nextTranscription(
      answers({
        segments: [
          { start: 0, end: 1, text: 'Press start.', no_speech_prob: 0.7, avg_logprob: -0.3 },
          { start: 1, end: 9, text: 'Thank you.', no_speech_prob: 0.9, avg_logprob: -1.4 },
        ],
      }),
    );
    expect(await transcriber().transcribe({ path }, never)).toHaveLength(1);
  });

  test('without times is a fault that says what to set', async () => {
    server.nextTranscription(answers({ text: 'Press start.' }));
    await expect(transcriber().transcribe({ path }, never)).rejects.toMatchObject({
      name: 'ModelFault',
      kind: 'no_model',
      message: expect.stringContaining('OPENAI_TRANSCRIBE_MODEL'),
    });
  });

  test.each([
    ['a reset', () => resets('request')],
    ['a 500', () => fails(500)],
  ])('is tried once more after %s, and not a third time', async (_, bad) => {
    server.nextTranscription(bad());
    expect(await transcriber().transcribe({ path }, never)).toHaveLength(2);
    server.nextTranscription(bad());
    server.nextTranscription(bad());
    await expect(transcriber().transcribe({ path }, never)).rejects.toMatchObject({ name: 'ModelFault' });
    expect(server.calls).toHaveLength(4);
  });

  test('is not tried again with a wrong key', async () => {
    server.nextTranscription(fails(401));
    await expect(transcriber().transcribe({ path }, never)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(server.calls).toHaveLength(1);
  });

  test('ends in time, and at once when it is stopped', async () => {
    server.nextTranscription(stalls(600_000));
    await expect(transcriber({ transcribeMs: 300 }).transcribe({ path }, never)).rejects.toMatchObject({
      kind: 'timeout',
    });
    server.nextTranscription(stalls(600_000));
    const abort = new AbortController();
    const pending = transcriber().transcribe({ path }, abort.signal);
    await expect.poll(() => server.calls.length).toBe(2);
    abort.abort();
    await expect(pending).rejects.toMatchObject({ kind: 'aborted' });
  });
});
