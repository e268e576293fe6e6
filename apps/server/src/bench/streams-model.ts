import { startScriptedOpenAI, written } from '@rayni/scripted-openai';

/** How the model speaks: what it says, the silence before the first token and between two (milliseconds), and the length of a token where it is not a word. */
export type Pace = { text: string; firstDelayMs: number; intervalMs: number; chunk?: number };
/** By a word of the question. */
export type Paces = Record<string, Pace>;

// The scripted model of the streams' measurement, in a process of its own: sends its address, then takes paces and confirms them.

let paces: Paces = {};
const openai = await startScriptedOpenAI({
  script({ messages }) {
    const asked = messages.at(-1)?.content ?? '';
    const pace = Object.entries(paces).find(([word]) => asked.includes(word))?.[1];
    return pace && written(pace.text, pace);
  },
});
process.on('message', (next: Paces) => {
  paces = next;
  openai.calls.length = 0;
  process.send!('set');
});
process.send!(openai.url);
process.once('disconnect', () => process.exit(0));
