import { demoScript, type Script, written } from '@rayni/scripted-openai';
import type { Random } from './random.ts';

/** Asked for by everybody; the number tells the questions apart, also in what the model is sent. */
export const questionNumber = (number: number) => `How do I calibrate the instrument? Number ${number}.`;

/** The number of the last question in a text. */
export function numberOf(text: string): number | undefined {
  const last = [...text.matchAll(/calibrate the instrument\? Number (\d+)\./g)].at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

/** What questions are about. */
export const note = {
  title: 'Calibration',
  text: `# Calibration

Switch the instrument on and let it warm up for 30 minutes before you calibrate it.

Place the blue standard into the holder and calibrate the instrument at 37 degrees.

Write the value of the calibration and your name into the instrument book.

# Cleaning

Wipe the holder with a dry cloth after each sample. Never use acetone on the window.
`,
};

/** One of many that no question asks for. */
export const furtherNote = (number: number) => ({
  title: `Shelf ${number}`,
  text: `# Shelf ${number}\n\nShelf ${number} keeps the spare fuses of the pump in box ${number * 7}.\n`,
});

/** Writes for a second or so, now and then longer, each time something that can be told from every other time, and notes what. */
export function slowScript(writtenFor: Map<number, string[]>, random: Random): Script {
  const base = demoScript();
  return (request) => {
    const reply = base(request);
    const number = numberOf(request.messages.at(-1)!.content);
    if (reply?.type !== 'written' || number === undefined) return reply;
    const texts = writtenFor.get(number) ?? [];
    writtenFor.set(number, texts);
    const text = [
      `Attempt ${texts.length + 1} at number ${number}.`,
      ...Array.from({ length: random.between(1, 2) }, () => reply.text),
    ].join('\n');
    texts.push(text);
    // Long enough for heartbeats now and then.
    const slow = random.chance(0.05);
    return written(text, {
      firstDelayMs: slow ? random.between(1_000, 4_000) : random.between(0, 300),
      intervalMs: slow ? 40 : random.between(1, 12),
    });
  };
}
