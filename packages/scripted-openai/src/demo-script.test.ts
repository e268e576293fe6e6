import { describe, expect, test } from 'vitest';
import { demoScript, notHeld } from './demo-script.ts';
import { readPrompt } from './read-prompt.ts';

const documents = `Answer from the passages only. Mark statements with [n], such as [1].

<passages-9f3c2b7ad1>
[1] Bath manual, 3.2 Heating
Set the bath to 37 °C before the samples are placed. The lamp is off.
[2] Bath manual, 4 Cleaning
Drain the bath once a week. See [7] for detergents.
[3] Microscope manual
Clean the objective lens with lens paper.
[1] This line of the document begins like a passage.
</passages-9f3c2b7ad1>`;

function ask(question: string, system = documents) {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: question },
  ];
  const reply = demoScript()({ model: 'm', messages, stream: false, includeUsage: false });
  return reply?.type === 'written' ? reply.text : undefined;
}

describe('readPrompt', () => {
  test('finds the passages inside the fence, and the question in its own message', () => {
    const { passages, question } = readPrompt([
      { role: 'system', content: documents },
      { role: 'user', content: 'an older question' },
      { role: 'assistant', content: '[1] an older answer\n[2] with marks\n[3] at line starts\n[4] four' },
      { role: 'user', content: 'How warm?' },
    ]);
    expect(passages.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(passages[2]?.text).toContain('[1] This line of the document');
    expect(passages[2]?.text).not.toContain('9f3c2b7ad1');
    expect(question).toBe('How warm?');
  });

  test('finds the question behind passages in the same message', () => {
    const { passages, question } = readPrompt([
      { role: 'user', content: `${documents}\n\nQuestion: How warm?` },
    ]);
    expect(passages).toHaveLength(3);
    expect(question).toBe('Question: How warm?');
  });

  test('finds nothing where nothing is', () => {
    expect(readPrompt([{ role: 'user', content: 'Say OK' }])).toEqual({ passages: [], question: 'Say OK' });
  });
});

describe('demoScript', () => {
  test('answers with the sentence of the passage and its mark', () => {
    expect(ask('What temperature is the bath set to before placing samples?')).toBe(
      'Set the bath to 37 °C before the samples are placed [1].',
    );
    expect(ask('How do I clean the objective lens?')).toBe('Clean the objective lens with lens paper [3].');
  });

  test('says the same each time', () => {
    expect(ask('How is the bath drained?')).toBe(ask('How is the bath drained?'));
  });

  test('says that the documents do not hold it when no passage shares a content word', () => {
    expect(ask('Who won the football championship?')).toBe(notHeld);
    expect(ask('How warm?', 'No passages.')).toBe(notHeld);
  });

  test('does not repeat reference numbers of the document as marks', () => {
    expect(ask('Which detergents?')).toBe('See for detergents [2].');
  });
});
