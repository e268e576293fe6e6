import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

test('the command prints its URL, answers, and ends on SIGTERM with 0', async () => {
  const child = spawn(process.execPath, [main, '--port', '0', '--interval-ms', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const baseURL = /http:\S+/.exec(line.toString())?.[0];
    const client = new OpenAI({ apiKey: 'any', baseURL: baseURL ?? '', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Anything?' }];
    const { choices } = await client.chat.completions.create({ model: 'm', messages });
    expect(choices[0]?.message.content).toContain('do not say');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('the command refuses what is not a number', async () => {
  const child = spawn(process.execPath, [main, '--first-ms', 'soon'], { stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([2, null]);
});
