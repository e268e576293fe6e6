import { contentWords } from './words.ts';

export const embeddingDimensions = 256;

/** A unit-length bag-of-words vector: each content word adds to a place and with a sign given by its FNV-1a hash, so texts that share words are near. */
export function hashedEmbedding(text: string): Float32Array {
  const counts = new Map<string, number>();
  for (const word of contentWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size === 0) counts.set(text, 1);
  const vector = new Float32Array(embeddingDimensions);
  for (const [word, count] of counts) {
    const hash = fnv1a(word);
    const at = hash % embeddingDimensions;
    vector[at] = (vector[at] ?? 0) + (hash & 0x80000000 ? -1 : 1) * (1 + Math.log(count));
  }
  const length = Math.hypot(...vector);
  // Two words may cancel each other in one place; a model never answers with a zero vector.
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((value) => value / length);
}

function fnv1a(word: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
