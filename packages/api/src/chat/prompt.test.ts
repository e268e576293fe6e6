import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { buildPrompt, promptLimits, type PromptInput } from './prompt.ts';

const input: PromptInput = {
  instrument: { name: 'Cytometer', vendor: 'Acme', models: ['A1', 'A2'], description: 'Counts cells.' },
  passages: [
    {
      sourceTitle: 'Manual',
      heading: 'Start › Lamp',
      ranges: [
        { unit: 3, start: 0, end: 9 },
        { unit: 4, start: 0, end: 2 },
      ],
      text: 'Wait 5 min.',
    },
    { sourceTitle: 'SOP', heading: '', ranges: [{ unit: 1, start: 0, end: 9 }], text: 'Wear gloves.' },
  ],
  history: [{ question: 'What is it?', answer: 'A cytometer [1]. It counts [2].' }],
  question: 'How long do I wait?',
  fence: 'q8Zt3LkP',
};

describe('buildPrompt', () => {
  it('puts card, rules and numbered passages first, then the conversation without its marks, then the question', () => {
    const { messages, used } = buildPrompt(input);
    expect(used).toBe(2);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    const [system] = messages;
    for (const part of [
      'Cytometer',
      'Acme',
      'A1, A2',
      '[1] Manual › Start › Lamp, page 3–4\nWait 5 min.',
      '[2] SOP, page 1\nWear gloves.',
    ])
      expect(system!.content).toContain(part);
    expect(messages[2]!.content).toBe('A cytometer. It counts.');
    expect(messages[3]!.content).toBe('How long do I wait?');
    expect(buildPrompt(input)).toEqual({ messages, used });
  });

  it('leaves out the worst passages and the oldest turns that do not fit', () => {
    const passages = Array.from({ length: 9 }, (_, i) => ({
      ...input.passages[0]!,
      text: `${i} ${'word '.repeat(900)}`,
    }));
    const history = Array.from({ length: 9 }, (_, i) => ({ question: `Q${i}`, answer: 'a'.repeat(1500) }));
    const { messages, used } = buildPrompt({ ...input, passages, history });
    expect(used).toBe(5);
    expect(messages[0]!.content).not.toContain('[6]');
    expect(messages[1]!.content).toBe('Q6');
  });

  test.prop([
    fc
      .array(
        fc.oneof(
          fc.constantFrom('q8Zt3LkP', '<<<', '<', 'Q8ZT3LKP', 'q8Zt', '3LkP', '\n', 'İ'),
          fc.string({ unit: 'binary', maxLength: 20 }),
        ),
      )
      .map((p) => p.join('')),
  ])('no document closes the fence, and the size is bounded', (text) => {
    const passages = [{ ...input.passages[0]!, text, sourceTitle: text, heading: text }];
    const { messages } = buildPrompt({ ...input, passages });
    const system = messages[0]!.content;
    expect(system.split('q8Zt3LkP')).toHaveLength(4);
    expect(system.length).toBeLessThan(promptLimits.passages + 5000);
  });
});
