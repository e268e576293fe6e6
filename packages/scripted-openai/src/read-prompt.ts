/** `title` is the line of the mark, when text follows below it. */
export type NumberedPassage = { number: number; title: string; text: string };

/**
 * The passages numbered `[1]`, `[2]`… at line starts, and the question. The line before the first passage is taken for the opening fence: the
 * first later line that repeats its random part closes it. The question is the last user message, without the passages if they stand in it.
 */
export function readPrompt(messages: { role: string; content: string }[]): {
  passages: NumberedPassage[];
  question: string;
} {
  const blocks = messages.map(({ role, content }) =>
    role === 'assistant' ? noBlock(content) : readBlock(content),
  );
  const at = blocks.reduce(
    (best, block, i) => (block.passages.length >= (blocks[best]?.passages.length ?? 0) ? i : best),
    0,
  );
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const question = asked === at ? blocks[at]?.around : messages[asked]?.content;
  return { passages: blocks[at]?.passages ?? [], question: (question ?? '').trim() };
}

type Block = { passages: NumberedPassage[]; around: string };

function noBlock(content: string): Block {
  return { passages: [], around: content };
}

function readBlock(content: string): Block {
  const lines = content.split('\n');
  const first = lines.findIndex((line) => numberAt(line) === 1);
  if (first === -1) return noBlock(content);
  const token = lines
    .slice(0, first)
    .findLast((line) => line.trim() !== '')
    ?.match(/[\p{L}\p{N}_-]{8,}/gu)
    ?.at(-1);
  const closing = token ? lines.findIndex((line, i) => i > first && line.includes(token)) : -1;
  const end = closing === -1 ? lines.length : closing;

  const blocks: string[][] = [];
  const spaced = first > 0 && lines[first - 1]?.trim() === '';
  for (let i = first; i < end; i++) {
    const line = lines[i] ?? '';
    // Numbers that do not follow on, or stand in the middle of a paragraph, are references inside a document.
    const apart = !spaced || lines[i - 1]?.trim() === '';
    if (apart && numberAt(line) === blocks.length + 1) blocks.push([line.replace(/^\s*\[\d+\]\s*/u, '')]);
    else blocks.at(-1)?.push(line);
  }
  const passages = blocks.map(([head = '', ...rest], i) => {
    const body = rest.join('\n').trim();
    return { number: i + 1, title: body ? head : '', text: body || head };
  });
  return { passages, around: lines.slice(end + 1).join('\n') };
}

function numberAt(line: string): number | undefined {
  const digits = /^\s*\[(\d+)\]/u.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
