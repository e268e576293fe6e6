import { seeded } from '../eval/claims-paraphrase.ts';

export type GeneratedText = { ordinal: number; title: string; heading: string; text: string };

/**
 * Fragments of 60 to 139 words drawn from a vocabulary by Zipf's law (exponent 1), the same for the same seed; and questions whose words
 * stand in them, the very frequent ones left out.
 */
export function generatedFragments(count: number, seed = 1, vocabulary = 60_000) {
  const random = seeded(seed);
  const words = Array.from({ length: vocabulary }, (_, rank) => wordOf(rank));
  const cumulated = new Float64Array(vocabulary);
  let sum = 0;
  for (let rank = 0; rank < vocabulary; rank++) cumulated[rank] = sum += 1 / (rank + 1);
  const rankOf = (draw: number) => {
    let low = 0;
    let high = vocabulary - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle]! < draw) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const word = (from = 0) => {
    let rank: number;
    do rank = rankOf(random() * sum);
    while (rank < from);
    return words[rank]!;
  };
  function* fragments(): Generator<GeneratedText> {
    for (let ordinal = 1; ordinal <= count; ordinal++) {
      const length = 60 + Math.floor(random() * 80);
      const text = Array.from({ length }, () => word()).join(' ');
      yield { ordinal, title: '', heading: '', text };
    }
  }
  const question = (length: number) => Array.from({ length }, () => word(100)).join(' ');
  return { fragments, question };
}

/** Pronounceable, and different for different ranks; no English word, so no stop word and no stem. */
function wordOf(rank: number): string {
  const consonants = 'bdfgklmnprtvz';
  const vowels = 'aiou';
  let out = '';
  let rest = rank + 1;
  while (rest > 0) {
    out += consonants[rest % 13]! + vowels[Math.floor(rest / 13) % 4]!;
    rest = Math.floor(rest / 52);
  }
  return `${out}k`;
}
