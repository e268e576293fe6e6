import { type Turn, turns } from './claims-instructions.ts';
import { pick, type Random } from './claims-paraphrase.ts';
import { turn } from './claims-turns.ts';

export const corruptions = [
  'number',
  'unit',
  'negation',
  'name',
  'modal',
  'antonym',
  'nouns',
  'page',
  ...turns,
] as const;
export type Corruption = (typeof corruptions)[number];

const unitFamilies = `
nm µm mm cm m km|in mm cm|mil mm|mils mm|inch foot millimeter|inches millimeters centimeters feet|nanometers micrometers millimeters centimeters meters kilometers miles
ns µs ms s min h|us ms ns|sec ms min|second minute hour day week|microseconds milliseconds seconds minutes hours days weeks months years
µV mV V kV|millivolts volts kilovolts amps watts|µA mA A|uA mA|mW W kW|Hz kHz MHz GHz|KHz Hz MHz|hertz kilohertz megahertz
µg mg g kg lb|milligrams grams kilograms|µL mL L|µl ml l|microliters milliliters liters|µM mM M
bit byte|bits bytes kilobytes megabytes|B kB MB GB|KB MB GB|Kbytes Mbytes|bps kbps Mbps|baud kbaud
degrees radians percent|° %|°C °F K|Pa kPa MPa bar psi|% ‰ ppm|pixels points inches|rpm Hz|dB dBm %|pF nF µF|uF nF|µH mH H|Ω kΩ MΩ|ohms kilohms
`
  .trim()
  .split(/[|\n]/)
  .map((line) => line.split(' '));
const unitNames = [...new Set(unitFamilies.flat())]
  .sort((a, b) => b.length - a.length)
  .map((unit) => unit.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  .join('|');
/** A unit behind a number; one that is a word or a letter of its own only where a clause ends. */
const measure = new RegExp(
  `(?<=(?<![\\w.-])(?:\\d+(?:\\.\\d+)?|two|three|four|five|six|eight|ten|twenty|thirty|several|few)(?<gap> ?))(?:(?:in|m|s|h|A|B|K|M|L|g|H|W|V)(?=[,;:.)]|$)|(?!(?:in|m|s|h|A|B|K|M|L|g|H|W|V)\\b)(?:${unitNames}))(?![\\w°/^*²³-])`,
  'g',
);

const opposites = `
open/close opens/closes opened/closed on/off increase/decrease increases/decreases increased/decreased increasing/decreasing before/after enable/disable enables/disables enabled/disabled start/stop starts/stops started/stopped first/last maximum/minimum above/below up/down left/right high/low higher/lower
upper/lower larger/smaller large/small greater/less more/less inside/outside input/output read/write reads/writes add/remove adds/removes added/removed connect/disconnect connected/disconnected valid/invalid positive/negative true/false same/different include/exclude includes/excludes included/excluded allow/prevent allows/prevents allowed/forbidden
begin/end beginning/end previous/next top/bottom local/global automatic/manual automatically/manually visible/hidden fast/slow long/short longer/shorter old/new always/never with/without possible/impossible available/unavailable necessary/unnecessary active/inactive horizontal/vertical internal/external source/target forward/backward
correct/incorrect known/unknown used/unused equal/unequal lock/unlock load/unload safe/unsafe optional/mandatory wide/narrow success/failure ascending/descending clockwise/counterclockwise single/multiple easy/difficult early/late earlier/later simple/complex static/dynamic defined/undefined supported/unsupported
`;
const modals = [
  ['must', 'may'],
  ['must', 'should'],
  ['should', 'must'],
  ['can', 'must'],
  ['may', 'must'],
  ['will', 'may'],
  ['always', 'sometimes'],
  ['always', 'usually'],
  ['all', 'some'],
  ['every', 'some'],
  ['only', 'also'],
  ['usually', 'always'],
  ['normally', 'always'],
  ['often', 'always'],
  ['some', 'all'],
  ['many', 'few'],
  ['most', 'all'],
  ['any', 'some'],
  ['at least', 'at most'],
  ['more than', 'less than'],
  ['required', 'optional'],
  ['should', 'can'],
  ['each', 'some'],
  ['each', 'one'],
  ['both', 'either'],
  ['until', 'after'],
  ['up to', 'at least'],
  ['once', 'before'],
  ['might', 'will'],
  ['could', 'must'],
  ['sometimes', 'always'],
  ['has to', 'may'],
  ['have to', 'may'],
  ['needs to', 'may'],
] as const;

const words = (pattern: string, flags = 'g') => new RegExp(`(?<![\\w'-])(?:${pattern})(?![\\w'-])`, flags);

function replaceOne(
  text: string,
  pattern: RegExp,
  random: Random,
  to: (found: string) => string | undefined,
): string | undefined {
  const found = [...text.matchAll(pattern)];
  const match = pick(found, random);
  if (!match) return undefined;
  const value = to(match[0]);
  if (value === undefined || value === match[0]) return undefined;
  return text.slice(0, match.index) + value + text.slice(match.index + match[0].length);
}

/** The sentence with one thing in it made wrong; undefined when it holds nothing of that kind. `page` is the text around it. */
export function corrupt(
  kind: Corruption,
  sentence: string,
  page: string,
  random: Random,
): string | undefined {
  if (isTurn(kind)) return turn(kind, sentence, random);
  switch (kind) {
    case 'number':
      return wrongNumber(sentence, page, random);
    case 'unit':
      return wrongUnit(sentence, random);
    case 'negation':
      return denied(sentence, random);
    case 'name':
      return wrongName(sentence, page, random);
    case 'modal': {
      const fitting = modals.filter(([from]) => words(from, '').test(sentence));
      const chosen = pick(fitting, random);
      return chosen && replaceOne(sentence, words(chosen[0]), random, () => chosen[1]);
    }
    case 'antonym': {
      const pairs = opposites
        .trim()
        .split(/\s+/)
        .map((p) => p.split('/') as [string, string]);
      const fitting = pairs
        .flatMap(
          ([a, b]) =>
            [
              [a, b],
              [b, a],
            ] as const,
        )
        .filter(([from]) => words(from, '').test(sentence));
      const chosen = pick(fitting, random);
      return chosen && replaceOne(sentence, words(chosen[0]), random, () => chosen[1]);
    }
    case 'nouns':
      return random() < 0.6 ? exchanged(sentence, random) : borrowed(sentence, page, random);
    case 'page':
      return sentence;
  }
}

const isTurn = (kind: Corruption): kind is Turn => turns.some((turn) => turn === kind);

function wrongUnit(sentence: string, random: Random): string | undefined {
  // A unit is lost only where no other number shares the one behind it.
  if (random() < 0.2) {
    const lost = replaceOne(sentence, measure, random, () => '')?.replace(/ (?=[,;:.)]|$)/, '');
    if (
      lost !== undefined &&
      !/(?:several|few) /.test(lost) &&
      !/\d ?(?:to|and|or|-|–|,|±) ?[\d±]/.test(lost)
    )
      return lost;
  }
  return replaceOne(sentence, measure, random, (found) =>
    pick(
      unitFamilies
        .filter((family) => family.includes(found))
        .flatMap((family) => family.filter((unit) => unit !== found)),
      random,
    ),
  );
}

/** Two things of one pattern in each other's place. */
function swapped(sentence: string, pattern: RegExp, random: Random): string | undefined {
  const found = [...sentence.matchAll(pattern)];
  const a = pick(found.slice(0, -1), random);
  const b =
    a &&
    pick(
      found.filter((m) => m.index > a.index && m[0] !== a[0]),
      random,
    );
  if (!a || !b) return undefined;
  const between = sentence.slice(a.index + a[0].length, b.index);
  // "A and B" is "B and A".
  if (/^(?:,|\/| and| or|, and|, or)?\s*$/.test(between)) return undefined;
  return sentence.slice(0, a.index) + b[0] + between + a[0] + sentence.slice(b.index + b[0].length);
}

const ordinals = ['first', 'second', 'third', 'fourth'];

function wrongNumber(sentence: string, page: string, random: Random): string | undefined {
  const others = [...new Set([...page.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)].map((m) => m[0]))];
  const way = random();
  const other =
    way < 0.12
      ? swapped(sentence, /(?<![\w.,-])\d+(?:\.\d+)?(?![\w.,-]*\w)/g, random)
      : way < 0.24
        ? replaceOne(sentence, words(ordinals.join('|')), random, (found) =>
            pick(
              ordinals.filter((o) => o !== found),
              random,
            ),
          )
        : undefined;
  if (other !== undefined) return other;
  const spelled = ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'ten'];
  return replaceOne(
    sentence,
    /(?<![\w.])\d+(?:\.\d+)?(?!\w*\.\w)|\b(?:two|three|four|five|six|seven|eight|ten)\b/g,
    random,
    (found) => {
      if (/^[a-z]/.test(found))
        return pick(
          spelled.filter((w) => w !== found),
          random,
        );
      const way = random();
      if (way < 0.35) {
        const other = pick(
          others.filter((o) => Number(o) !== Number(found)),
          random,
        );
        if (other !== undefined) return other;
      }
      if (way < 0.6) {
        const at = Math.floor(random() * found.length);
        const digit = found.charAt(at);
        if (/\d/.test(digit)) {
          const value =
            found.slice(0, at) +
            String((Number(digit) + 1 + Math.floor(random() * 8)) % 10) +
            found.slice(at + 1);
          return Number(value) === Number(found) ? undefined : value;
        }
      }
      if (Number(found) === 0) return '1';
      if (way < 0.8) return String(Number(found) * 10);
      if (way < 0.9) return String(Number(found) / 10);
      return String(Number(found) + 1);
    },
  );
}

function denied(sentence: string, random: Random): string | undefined {
  const without = sentence
    .replace(/\b(is|are|was|were|will|should|must|may|can|could|would|has|have|need) not\b/, '$1')
    .replace(/\bcannot\b/, 'can')
    .replace(/\b(do|does|did)(?: not|n't) /, '')
    .replace(/\b(is|are|was|were|could|should|would)n't\b/, '$1')
    .replace(/\bcan't\b/, 'can')
    .replace(/\bwon't\b/, 'will')
    .replace(/\bis unable to\b/, 'can')
    .replace(/\bnever\b/, 'always')
    .replace(/\bwithout\b/, 'with')
    .replace(/ (?:or|but) not(?=[ .,;])/, (found) => found.replace(' not', ''))
    .replace(/\bno (?=[a-z])/, 'a ');
  if (without !== sentence) return without.charAt(0).toUpperCase() + without.slice(1);
  const way = random();
  const turned = way < 0.3 ? turnedWord(sentence, random) : undefined;
  if (turned !== undefined) return turned;
  if (
    /^(?:Use|Set|Select|Press|Open|Close|Add|Remove|Check|Run|Connect|Change|Type|Enter|Make|Keep|Place|Turn) /.test(
      sentence,
    )
  )
    return `${way < 0.8 ? 'Do not' : 'Never'} ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
  const out =
    way < 0.75
      ? replaceOne(
          sentence,
          /\b(?:is|are|was|were|will|should|must|may|can|could|would)\b(?! not)/g,
          random,
          (found) => (found === 'can' ? 'cannot' : `${found} not`),
        )
      : replaceOne(sentence, /\b(?:is|are|will|can|must) (?=[a-z]+)/g, random, (found) => `${found}never `);
  if (out !== undefined) return out;
  return replaceOne(
    sentence,
    /(?<=\s)(?:allows|provides|uses|supports|contains|needs|requires|returns|takes|sets|gives|means|has|works|creates)\b/g,
    random,
    (found) => `does not ${found === 'has' ? 'have' : found.replace(/s$/, '')}`,
  );
}

const turnedWords = `
used/unused supported/unsupported known/unknown able/unable available/unavailable necessary/unnecessary possible/impossible valid/invalid correct/incorrect
connected/disconnected enabled/disabled defined/undefined specified/unspecified visible/invisible complete/incomplete likely/unlikely safe/unsafe allowed/disallowed with/without
`
  .trim()
  .split(/\s+/)
  .map((pair) => pair.split('/') as [string, string]);

function turnedWord(sentence: string, random: Random): string | undefined {
  const [from, to] =
    pick(
      turnedWords.filter(([word]) => words(word, '').test(sentence)),
      random,
    ) ?? [];
  return from === undefined ? undefined : replaceOne(sentence, words(from), random, () => to);
}

const looksNamed =
  /(?<=[a-z,;:]\s|[("'])(?:[A-Z][a-z]+[A-Za-z0-9]*|[A-Z]{2,}[A-Z0-9-]*|[A-Za-z]+[-_.]?\d+[A-Za-z0-9]*|[a-z]+_[a-z_]+)(?![\w.]*\()/g;

function wrongName(sentence: string, page: string, random: Random): string | undefined {
  const own = random() < 0.25 ? swapped(sentence, looksNamed, random) : undefined;
  if (own !== undefined) return own;
  const names = [...new Set([...page.matchAll(looksNamed)].map((m) => m[0]))];
  return replaceOne(sentence, looksNamed, random, (found) =>
    pick(
      names.filter((n) => n.toLowerCase() !== found.toLowerCase() && !sentence.includes(n)),
      random,
    ),
  );
}

const skip = new Set(
  'that this with from have which when then they them their there these those will would could should must into only also each other some more such than been were very most being after before where while because about using used same both does another between through without within under over'.split(
    ' ',
  ),
);

// Nouns are taken to be the words behind a determiner or a preposition.
const nouns = /(?<=\b(?:the|a|an|of|to|in|for|with|by|from|this|each|any|and)\s)[a-z]{4,}(?![\w-])/g;
const nounsOf = (text: string) =>
  [...text.matchAll(nouns)].filter((m) => !skip.has(m[0]) && !/(?:ed|ing|ly)$/.test(m[0]));

/** A noun of the page in the place of one of the sentence's. */
function borrowed(sentence: string, page: string, random: Random): string | undefined {
  const own = pick(nounsOf(sentence), random);
  const many = own?.[0].endsWith('s');
  const other = pick(
    nounsOf(page).filter((m) => m[0].endsWith('s') === many && !sentence.includes(m[0].replace(/s$/, ''))),
    random,
  );
  if (!own || !other) return undefined;
  return sentence.slice(0, own.index) + other[0] + sentence.slice(own.index + own[0].length);
}

function exchanged(sentence: string, random: Random): string | undefined {
  const found = nounsOf(sentence);
  const [a, b] = found.sort(() => random() - 0.5);
  if (!a || !b || a[0] === b[0]) return undefined;
  const [x, y] = a.index < b.index ? [a, b] : [b, a];
  return (
    sentence.slice(0, x.index) +
    y[0] +
    sentence.slice(x.index + x[0].length, y.index) +
    x[0] +
    sentence.slice(y.index + y[0].length)
  );
}
