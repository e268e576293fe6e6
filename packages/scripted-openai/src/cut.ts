import type { Cut } from './reply.ts';

/** Cuts text into deltas whose concatenation is the text. */
export function cutText(text: string, cut: Cut): string[] {
  if (cut === 'token') return text.match(/ ?[\p{L}\p{N}\p{M}]+|\s+|[^\p{L}\p{N}\p{M}\s]/gu) ?? [];
  const size = sizes(cut, 0, 6);
  return pieces(text.length, size).map(([from, to]) => text.slice(from, to));
}

/** Cuts bytes into writes whose concatenation is the bytes. */
export function cutBytes(bytes: Uint8Array, cut: number | { seed: number }): Uint8Array[] {
  return pieces(bytes.length, sizes(cut, 1, 40)).map(([from, to]) => bytes.subarray(from, to));
}

function sizes(cut: number | { seed: number }, least: number, most: number): () => number {
  if (typeof cut === 'number') return () => Math.max(1, cut);
  const next = random(cut.seed);
  return () => least + Math.floor(next() * (most - least + 1));
}

function pieces(length: number, size: () => number): [from: number, to: number][] {
  const out: [number, number][] = [];
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + size());
    out.push([from, to]);
    from = to;
  }
  return out;
}

/** Mulberry32: a small generator whose numbers in [0, 1) depend on the seed alone. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
