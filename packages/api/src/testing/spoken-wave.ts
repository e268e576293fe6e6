import { execFileSync } from 'node:child_process';

const rate = 16_000;

/** A WAV file (16 kHz, mono) of tones and silences, in order. */
export function wave(parts: ({ loud: number } & { seconds?: number })[]): Buffer {
  return file(
    parts.map(({ loud, seconds = loud }) =>
      Int16Array.from({ length: Math.round(seconds * rate) }, (_, i) =>
        loud === 0 ? 0 : 9_000 * Math.sin(i / 7) * Math.sin(i / 900),
      ),
    ),
  );
}

/** A sentence with the seconds in which it is spoken. */
export type Said = { text: string; start: number; end: number };

/** A WAV file in which espeak-ng says these sentences, each after its silence in seconds, over a little hiss. `seed` makes another hiss. */
export function spokenWave(
  sentences: string[],
  silences: number[],
  seed = 1,
): { bytes: Buffer; said: Said[] } {
  const said: Said[] = [];
  const parts: Int16Array[] = [];
  let at = 0;
  const add = (samples: Int16Array) => {
    parts.push(samples);
    at += samples.length / rate;
  };
  for (const [i, text] of sentences.entries()) {
    add(new Int16Array(Math.round((silences[i] ?? 0.5) * rate)));
    const voice = speak(text);
    said.push({ text, start: at, end: at + voice.length / rate });
    add(voice);
  }
  add(new Int16Array(rate));
  let state = seed;
  for (const part of parts)
    for (let i = 0; i < part.length; i++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      part[i] = Math.max(-32_768, Math.min(32_767, part[i]! + (state / 2_147_483_648 - 0.5) * 60));
    }
  return { bytes: file(parts), said };
}

/** What espeak-ng says at 22,050 Hz, every sample nearest to ours, without the silence around it. */
function speak(text: string): Int16Array {
  const voice = execFileSync('espeak-ng', ['-v', 'en-us', '-s', '160', '--stdout', text], {
    maxBuffer: 2 ** 26,
  });
  const count = Math.floor((voice.length - 44) / 2);
  const samples = Int16Array.from({ length: Math.floor((count * rate) / 22_050) }, (_, i) =>
    voice.readInt16LE(44 + 2 * Math.floor((i * 22_050) / rate)),
  );
  const loud = (sample: number) => Math.abs(sample) > 200;
  return samples.slice(samples.findIndex(loud), samples.findLastIndex(loud) + 1);
}

function file(parts: Int16Array[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + body.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(body.length, 40);
  return Buffer.concat([head, body]);
}
