import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatMessage, type Model, ModelFault } from '../../app.ts';
import type { Random } from './random.ts';

/** How the model answers: says its whole prompt again, quotes a passage, is away, or breaks off in the middle. */
const ways = ['echo', 'echo', 'quote', 'quote', 'away', 'broken'] as const;

/** A model that gives away whatever it was told; `look` sees every prompt the moment it arrives, before a word is written. */
export function talkativeModel(random: Random, look: (prompt: string) => void): Model {
  return {
    name: 'talkative',
    async *stream(messages, signal) {
      const prompt = messages.map(({ content }) => content).join('\n');
      look(prompt);
      const way = random.of(ways);
      // Long enough for a right to be lost while the answer is written.
      const pause = random.chance(0.1) ? 15 : 0;
      if (way === 'away') throw new ModelFault('unreachable', 'The language model could not be reached.');
      const said = way === 'quote' ? quote(messages) : prompt;
      for (let at = 0; at < said.length; at += 1_500) {
        signal.throwIfAborted();
        if (pause > 0) await sleep(pause, undefined, { signal });
        if (way === 'broken' && at > 0) throw new ModelFault('cut', 'The language model broke off.');
        yield { type: 'delta', text: said.slice(at, at + 1_500) };
      }
      yield { type: 'finish', reason: 'stop' };
    },
  };
}

/** The first sentence of each passage with its mark, as an obedient model would. */
function quote([system]: ChatMessage[]): string {
  const blocks = [...(system?.content ?? '').matchAll(/^\[(\d+)\] .*\n(.+)$/gm)];
  return blocks.map(([, mark, text = '']) => `${text.split('. ')[0]} [${mark}].`).join(' ');
}
