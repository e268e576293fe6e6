import { describe, expect, it } from 'vitest';
import type { Embedder } from '../app.ts';
import { guest, scriptedModel, testApp, type TestApp } from '../testing/index.ts';
import { ask } from './turns.ts';

const never = new AbortController().signal;
const note = '# Illumination\n\nReplace the lamp every 2000 hours.\n';
const inOtherWords = 'Quand faut-il changer une ampoule?';

/** Finds every question near every passage. */
const embedder: Embedder = {
  model: 'near',
  embed: (texts) => Promise.resolve(texts.map(() => Float32Array.of(1, 0))),
};

async function library(test: TestApp) {
  const instrumentId = await test.instrument();
  await test.document(await test.account({ isAdmin: true }), instrumentId, 'note.md', note);
  return (question: string) => ask(test.rayni, guest, { instrumentId, question }, never);
}

describe('a question in other words than the documents', () => {
  it('reaches the model where vectors have found passages for it', async () => {
    const model = scriptedModel(['Replace the lamp every 2000 hours [1].']);
    await using test = await testApp({ model, embedder });
    const answer = await (await library(test))(inOtherWords);
    expect(answer.reason).toBe('answered');
    expect(model.calls).toHaveLength(1);
  });

  it('is not found, rather than answered without a quote, where nobody writes an answer', async () => {
    await using test = await testApp({ embedder });
    const answer = await (await library(test))(inOtherWords);
    expect(answer).toMatchObject({ reason: 'not_found', citations: [] });
    expect(answer.text).toContain('do not treat this question');
    expect(answer.notice).toContain('No language model is configured.');
  });

  it('is not found by its words alone', async () => {
    const model = scriptedModel();
    await using test = await testApp({ model });
    expect((await (await library(test))(inOtherWords)).reason).toBe('not_found');
    expect(model.calls).toHaveLength(0);
  });
});
