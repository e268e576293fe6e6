/** As much text as a link carries whole; what is longer is named by its first and last words, as browsers do it. */
const mostLength = 300;
/** So many words name the beginning or the end of what is long, and so many more as it takes. */
const words = { least: 4, most: 20 };

/**
 * The address of a page with a text fragment for each range (https://wicg.github.io/scroll-to-text-fragment/): a browser that opens it goes
 * to the quote and marks it. Words before and behind are named only where the page says the same earlier. `text` is the page's
 * canonical text.
 */
export function withTextFragment(
  url: string,
  text: string,
  ranges: readonly { start: number; end: number }[],
): string {
  const directives = ranges.map((range) => directiveOf(text, range)).filter((one) => one !== undefined);
  if (directives.length === 0) return url;
  return `${url}${url.includes('#') ? '' : '#'}:~:${directives.map((one) => `text=${one}`).join('&')}`;
}

/** A directive: `[prefix-,]start[,end][,-suffix]`. Without an end all of it must stand in one block of the page. */
function directiveOf(text: string, { start, end }: { start: number; end: number }): string | undefined {
  const chunks = chunksOf(text.slice(start, end));
  const [first] = chunks;
  const last = chunks.at(-1);
  if (!first || !last) return undefined;
  const before = text.slice(0, start + first.start);
  const behind = text.slice(start + last.end);
  const head = shown(before).trimEnd();
  const page = `${head} ${shown(text.slice(before.length)).trimStart()}`;
  const at = head.length + 1;
  /** Is this, which begins at the quote, found there first? Case and white space do not count. */
  const isUnique = (prefix: string, words: string) => {
    const lead = prefix === '' ? '' : `${shown(prefix)} `;
    return page.indexOf(lead + shown(words)) === at - lead.length;
  };

  const whole = chunks.length === 1 && first.text.length <= mostLength;
  const begins = whole ? first.text : firstWords(first.text, (some) => isUnique('', some));
  const prefix = isUnique('', begins)
    ? ''
    : lastWords(chunksOf(before).at(-1)?.text ?? '', 1, (some) => isUnique(some, begins));
  const lead = prefix === '' ? '' : `${encoded(prefix)}-,`;
  if (whole) {
    const suffix = prefix === '' || isUnique(prefix, begins) ? '' : chunksOf(behind)[0]?.text;
    return `${lead}${encoded(begins)}${suffix ? `,-${encoded(firstWords(suffix, () => false))}` : ''}`;
  }
  // The first such end behind the beginning is the one that is found.
  const body = shown(text.slice(before.length, start + last.end)).trim();
  const ends = lastWords(last.text, words.least, (some) => {
    const needle = shown(some);
    return body.indexOf(needle, shown(begins).length) === body.length - needle.length;
  });
  return `${lead}${encoded(begins)},${encoded(ends)}`;
}

type Chunk = { start: number; end: number; text: string };

/** The parts of canonical text that each stand in one block of the page: lines and cells, without the marks of lists (`html-pieces.ts`). */
function chunksOf(text: string): Chunk[] {
  const found: Chunk[] = [];
  for (const { 0: part, index } of text.matchAll(/(?:(?! \| |\n)[^\n])+/g)) {
    const lead = /^\s*(?:\|\s+)?(?:(?:-|\d+\.)\u00a0)?\s*/.exec(part)?.[0].length ?? 0;
    const own = part.slice(lead).trimEnd();
    if (own !== '') found.push({ start: index + lead, end: index + lead + own.length, text: own });
  }
  return found;
}

/** The text as a browser looks through it. */
function shown(text: string): string {
  return text
    .replace(/^(?:-|\d+\.)\u00a0/gm, '')
    .replaceAll(' | ', ' ')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

function firstWords(text: string, enough: (some: string) => boolean): string {
  let found = text;
  for (const [count, { index, 0: word }] of [...text.matchAll(/\S+/g)].slice(0, words.most).entries()) {
    found = text.slice(0, index + word.length);
    if (count + 1 >= words.least && enough(found)) break;
  }
  return found.trimStart();
}

function lastWords(text: string, least: number, enough: (some: string) => boolean): string {
  let found = '';
  for (const [count, { index }] of [...text.matchAll(/\S+/g)].slice(-words.most).reverse().entries()) {
    found = text.slice(index);
    if (count + 1 >= least && enough(found)) break;
  }
  return found;
}

/** Percent-encoded, also the characters that mean something in a directive and those that end an address in prose. */
const encoded = (text: string) =>
  encodeURIComponent(text.replace(/\s+/g, ' ')).replace(
    /[-!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
