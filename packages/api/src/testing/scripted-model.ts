import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatMessage, Model, ModelPart } from '../app.ts';

/** One answer of the scripted model: pieces of text, pauses in milliseconds, a fault to throw, or how it ends. */
export type Script = (string | number | Error | Extract<ModelPart, { type: 'finish' }>)[];

/** A model that plays scripts in order, records what it was asked, and throws when nothing is scripted. */
export function scriptedModel(
  ...scripts: Script[]
): Model & { calls: ChatMessage[][]; next(script: Script): void } {
  const waiting = [...scripts];
  const calls: ChatMessage[][] = [];
  return {
    name: 'scripted',
    calls,
    next: (script) => void waiting.push(script),
    async *stream(messages, signal) {
      calls.push(messages);
      const script = waiting.shift();
      if (!script) throw new Error('the model was asked more often than scripted');
      for (const step of script) {
        signal.throwIfAborted();
        if (typeof step === 'string') yield { type: 'delta', text: step };
        else if (typeof step === 'number') await sleep(step, undefined, { signal });
        else if (step instanceof Error) throw step;
        else yield step;
      }
      yield { type: 'finish', reason: 'stop' };
    },
  };
}
