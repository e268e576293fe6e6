import { readPrompt } from './read-prompt.ts';
import type { NumberedPassage } from './read-prompt.ts';
import { written } from './reply.ts';
import type { WrittenOptions } from './reply.ts';
import type { Script } from './start-scripted-openai.ts';
import { contentWords } from './words.ts';

/**
 * Stands in for a language model: answers with the up to three sentences of the prompt's numbered passages that share most
 * with the question, each with its mark, or says plainly that the documents do not hold the answer. The same prompt always
 * gets the same answer.
 */
export function demoScript(options: WrittenOptions = {}): Script {
  return ({ messages }) => {
    const { passages, question } = readPrompt(messages);
    return written(demoAnswer(passages, question), options);
  };
}

export const notHeld = 'The documents do not say what this question asks about.';

function demoAnswer(passages: NumberedPassage[], question: string): string {
  // What is asked about is told by the question's other words: "this instrument" stands in every preface, and would win as a rare word.
  const told = contentWords(question.replaceAll(/\bthis (?:instrument|device|machine)\b/giu, ' '));
  const asked = new Set(told.length > 0 ? told : contentWords(question));
  const found = passages.flatMap(({ number, text }) =>
    sentences(text).map((sentence) => ({ number, sentence, words: new Set(contentWords(sentence)) })),
  );
  // A word of the question that few sentences hold says more about the place than one that most of them hold.
  const weight = new Map(
    [...asked].map((word) => {
      const holders = found.filter(({ words }) => words.has(word)).length;
      return [word, Math.log(1 + found.length / (1 + holders))];
    }),
  );
  const scored = found.map((entry, order) => ({ ...entry, order, score: sum(entry.words, weight) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best === 0) return notHeld;
  return scored
    .filter(({ score }) => score >= 0.6 * best)
    .sort((a, b) => b.score - a.score || a.order - b.order)
    .filter(({ sentence }, at, all) => all.findIndex((other) => other.sentence === sentence) === at)
    .slice(0, 3)
    .sort((a, b) => a.order - b.order)
    .map(({ sentence, number }) => marked(sentence, number))
    .join(' ');
}

function sum(words: Set<string>, weight: Map<string, number>): number {
  let total = 0;
  for (const word of words) total += weight.get(word) ?? 0;
  return total;
}

/** Sentences across wrapped lines; list items apart; of what is too long for a sentence, a table for instance, the lines. */
function sentences(text: string): string[] {
  return text
    .split(/\n\s*\n|(?<=[.!?:;])\s*\n|\n(?=\s*(?:[-•*]|\d+[.)])\s)/u)
    .flatMap((block) =>
      // One space for each line feed keeps the places in the block.
      Array.from(segmenter.segment(block.replaceAll('\n', ' ')), ({ segment, index }) =>
        block.slice(index, index + segment.length),
      ),
    )
    .flatMap((part) => (part.length > 300 ? part.split('\n') : [part.replaceAll('\n', ' ')]))
    .map((sentence) => sentence.trim().replace(/^(?:[-•*]|\d+[.)])\s+/u, ''))
    .filter((sentence) => contentWords(sentence).length > 0);
}

function marked(sentence: string, number: number): string {
  // Reference numbers of the document itself would read as marks.
  const plain = sentence.replace(/\s*\[[\d,\s–-]+\]/gu, '');
  const end = /[.!?]$/u.exec(plain)?.[0] ?? '.';
  return `${plain.replace(/[.!?:;]$/u, '')} [${number}]${end}`;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
