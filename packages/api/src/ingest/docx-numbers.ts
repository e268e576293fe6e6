import { type Element, within, xmlReader } from './office-xml.ts';

/** A paragraph style: what it is called, and what it takes from others. */
export type ParagraphStyle = {
  name: string;
  basedOn: string | undefined;
  list: ListPlace;
  /** Level of a heading, 0 for the highest, if it is one. */
  outline: number | undefined;
};
type ListPlace = { id: string | undefined; level: number | undefined };

/** The paragraph styles of a document by id. */
export function stylesOf(root: Element | undefined): Map<string, ParagraphStyle> {
  return new Map(
    within(root, 'style')
      .filter(({ attributes }) => attributes['type'] === 'paragraph')
      .map((style) => {
        const [properties] = within(style, 'pPr');
        const outline = valueOf(properties, 'outlineLvl');
        return [
          style.attributes['styleId'] ?? '',
          {
            name: valueOf(style, 'name') ?? '',
            basedOn: valueOf(style, 'basedOn'),
            list: placeIn(within(properties, 'numPr')[0]),
            outline: outline === undefined ? undefined : Number(outline),
          },
        ];
      }),
  );
}

/** A style and those it is based on, from itself up. */
export function* lineage(
  styles: ReadonlyMap<string, ParagraphStyle>,
  id: string | undefined,
): Generator<ParagraphStyle> {
  const seen = new Set<string>();
  for (let at = id; at !== undefined && !seen.has(at); at = styles.get(at)?.basedOn) {
    seen.add(at);
    const style = styles.get(at);
    if (style) yield style;
  }
}

const valueOf = (element: Element | undefined, name: string) => within(element, name)[0]?.attributes['val'];

function placeIn(numPr: Element | undefined): ListPlace {
  const level = valueOf(numPr, 'ilvl');
  return { id: valueOf(numPr, 'numId'), level: level === undefined ? undefined : Number(level) };
}

type Level = { start: number; format: string; text: string; style: string | undefined };
type List = { abstract: string; levels: Map<number, Level>; restarts: Map<number, number> };

/** The lists of a document by id, each with the one it counts along with. */
function listsOf(root: Element | undefined): Map<string, List> {
  const abstracts = new Map(
    within(root, 'abstractNum').map((element) => [
      element.attributes['abstractNumId'] ?? '',
      {
        levels: levelsIn(element),
        link: valueOf(element, 'numStyleLink'),
        own: valueOf(element, 'styleLink'),
      },
    ]),
  );
  const linked = (link: string) => [...abstracts].find(([, { own }]) => own === link);
  return new Map(
    within(root, 'num').map((element) => {
      const named = valueOf(element, 'abstractNumId') ?? '';
      const link = abstracts.get(named)?.link;
      const [abstract, { levels }] = (link === undefined ? undefined : linked(link)) ?? [
        named,
        abstracts.get(named) ?? { levels: new Map<number, Level>() },
      ];
      const own = new Map(levels);
      const restarts = new Map<number, number>();
      for (const override of within(element, 'lvlOverride')) {
        const level = Number(override.attributes['ilvl'] ?? 0);
        for (const [at, other] of levelsIn(override)) own.set(at, other);
        const start = valueOf(override, 'startOverride');
        if (start !== undefined) restarts.set(level, Number(start));
      }
      return [element.attributes['numId'] ?? '', { abstract, levels: own, restarts }];
    }),
  );
}

function levelsIn(element: Element): Map<number, Level> {
  return new Map(
    within(element, 'lvl').map((level) => [
      Number(level.attributes['ilvl'] ?? 0),
      {
        start: Number(valueOf(level, 'start') ?? 0),
        format: valueOf(level, 'numFmt') ?? 'decimal',
        text: valueOf(level, 'lvlText') ?? '',
        style: valueOf(level, 'pStyle'),
      },
    ]),
  );
}

/**
 * The XML of a document as it is shown: with the numbers and marks of its paragraphs written into their text, and without hidden words. Word
 * keeps both as properties; no library reads them, and "go on with 5.3" points nowhere without its numbers.
 */
export function asShown(
  xml: string,
  numbering: Element | undefined,
  styles: ReadonlyMap<string, ParagraphStyle>,
): string {
  const lists = listsOf(numbering);
  const count = counter(lists);
  const prefix = /<(\w+:)?document[\s>]/.exec(xml)?.[1] ?? '';
  const runOf = (mark: string) =>
    `<${prefix}r><${prefix}t xml:space="preserve">${escapeXml(mark)} </${prefix}t></${prefix}r>`;
  const cuts: { at: number; to: number; text: string }[] = [];
  // Each paragraph that is open: one may hold a text box with others.
  const open: { depth: number; style: string | undefined; own: ListPlace }[] = [];
  let depth = 0;
  const path: string[] = [];
  let run = { from: 0, hidden: false };
  const reader = xmlReader({
    open(name, attributes, position) {
      depth++;
      path.push(name);
      if (name === 'r') run = { from: position(), hidden: false };
      if (name === 'vanish' && path.at(-2) === 'rPr' && path.at(-3) === 'r')
        run.hidden = !/^(?:0|false|off)$/.test(attributes['val'] ?? '');
      if (name === 'p') open.push({ depth, style: undefined, own: { id: undefined, level: undefined } });
      const paragraph = open.at(-1);
      if (!paragraph) return;
      const within = path.slice(paragraph.depth).join('/');
      if (within === 'pPr/pStyle') paragraph.style = attributes['val'];
      if (within === 'pPr/numPr/ilvl') paragraph.own.level = Number(attributes['val']);
      if (within === 'pPr/numPr/numId') paragraph.own.id = attributes['val'];
    },
    text() {},
    close(name, position) {
      const paragraph = open.at(-1);
      if (name === 'pPr' && paragraph && depth === paragraph.depth + 1) {
        const mark = count(listPlace(paragraph, styles, lists));
        const at = position();
        if (mark !== '') cuts.push({ at, to: at, text: runOf(mark) });
      }
      if (name === 'r' && run.hidden) {
        cuts.push({ at: run.from, to: xml.lastIndexOf('</', position() - 1), text: '' });
        run = { from: 0, hidden: false };
      }
      if (name === 'p' && paragraph?.depth === depth) open.pop();
      path.pop();
      depth--;
    },
  });
  reader.write(xml);
  reader.end();
  let text = '';
  let from = 0;
  for (const cut of cuts) {
    text += xml.slice(from, cut.at) + cut.text;
    from = cut.to;
  }
  return text + xml.slice(from);
}

const escapeXml = (text: string) =>
  text.replace(/[<>&]/g, (sign) => (sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : '&amp;'));

/** The list a paragraph is in and how deep: its own word first, then that of its style. */
function listPlace(
  { style, own }: { style: string | undefined; own: ListPlace },
  styles: ReadonlyMap<string, ParagraphStyle>,
  lists: ReadonlyMap<string, List>,
): { id: string; level: number } | undefined {
  let { id, level } = own;
  for (const { list } of lineage(styles, style)) {
    id ??= list.id;
    level ??= list.level;
  }
  // List 0 takes a paragraph out of the list of its style.
  if (id === undefined || id === '0') return undefined;
  if (own.id === undefined && own.level === undefined) {
    for (const [at, { style: named }] of lists.get(id)?.levels ?? [])
      if (named !== undefined && named === style) level = at;
  }
  return { id, level: level ?? 0 };
}

/** Counts paragraph after paragraph, and says what stands before each. */
function counter(lists: ReadonlyMap<string, List>) {
  const counts = new Map<string, number[]>();
  const begun = new Set<string>();
  return (place: { id: string; level: number } | undefined): string => {
    const list = place && lists.get(place.id);
    const own = list?.levels.get(place?.level ?? 0);
    if (!place || !list || !own) return '';
    const numbers = counts.get(list.abstract) ?? [];
    counts.set(list.abstract, numbers);
    // A list that begins anew does so once, at its first paragraph of that level.
    const restart = list.restarts.get(place.level);
    if (restart !== undefined && !begun.has(`${place.id} ${place.level}`)) {
      begun.add(`${place.id} ${place.level}`);
      numbers[place.level] = restart - 1;
      numbers.length = place.level + 1;
    }
    numbers[place.level] = (numbers[place.level] ?? own.start - 1) + 1;
    numbers.length = place.level + 1;
    if (own.format === 'bullet') return '•';
    return own.text
      .replace(/%(\d)/g, (_, digit: string) => {
        const at = Number(digit) - 1;
        const level = list.levels.get(at);
        return inFormat(numbers[at] ?? level?.start ?? 1, level?.format ?? 'decimal');
      })
      .trim();
  };
}

function inFormat(number: number, format: string): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz'[(number - 1) % 26] ?? '';
  switch (format) {
    case 'none':
      return '';
    case 'lowerLetter':
      return letters.repeat(Math.ceil(number / 26));
    case 'upperLetter':
      return letters.toUpperCase().repeat(Math.ceil(number / 26));
    case 'lowerRoman':
      return roman(number).toLowerCase();
    case 'upperRoman':
      return roman(number);
    case 'decimalZero':
      return String(number).padStart(2, '0');
    default:
      return String(number);
  }
}

const numerals = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
] as const;

function roman(number: number): string {
  let left = Math.min(number, 3999);
  let text = '';
  for (const [value, numeral] of numerals) {
    while (left >= value) {
      text += numeral;
      left -= value;
    }
  }
  return text;
}
