import { parseArgs } from 'node:util';
import { demoScript } from './demo-script.ts';
import { startScriptedOpenAI } from './start-scripted-openai.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8111' },
    help: { type: 'boolean', short: 'h', default: false },
    'first-ms': { type: 'string', default: '0' },
    'interval-ms': { type: 'string', default: '0' },
  },
});

if (values.help) {
  console.log(`npm run scripted-model -- [options]

Serves the OpenAI API without a model: answers are made of sentences of the passages in the prompt, embeddings of hashed words.

  --port N          on 127.0.0.1 (8111)
  --first-ms N      pause before the first token (0)
  --interval-ms N   pause between tokens (0)

Point Rayni to it: OPENAI_BASE_URL=http://127.0.0.1:8111/v1 npm start`);
  process.exit(0);
}

const number = (name: 'port' | 'first-ms' | 'interval-ms'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number from 0 on.`);
  return process.exit(2);
};

const script = demoScript({ firstDelayMs: number('first-ms'), intervalMs: number('interval-ms') });
const server = await startScriptedOpenAI({ port: number('port'), script }).catch((error: Error) => {
  console.error(`The server cannot start: ${error.message}`);
  process.exit(1);
});
console.log(`Scripted model (no real one): ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
