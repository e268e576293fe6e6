import { pick, type Random } from './claims-paraphrase.ts';

export const corruptions = [
  'number',
  'unit',
  'negation',
  'name',
  'modal',
  'antonym',
  'nouns',
  'page',
] as const;
export type Corruption = (typeof corruptions)[number];

const unitFamilies = [
  'nm µm mm cm m km inches',
  'µs ms s min h',
  'seconds minutes hours days milliseconds',
  'mV V kV',
  'mA A µA',
  'Hz kHz MHz GHz',
  'mg g kg µg',
  'µL mL L',
  'bits bytes',
  'bytes kilobytes megabytes',
  'KB MB GB',
  'mm inches',
  'millimeters inches centimeters',
  'degrees radians',
  '°C °F K',
  'Pa kPa bar psi',
  'percent degrees',
  'pixels points',
  'rpm Hz',
  'volts amps watts',
  'points inches pixels',
  'inch mm',
  'kbps Mbps',
  'millivolts volts',
  'µF pF',
  'dB %',
].map((line) => line.split(' '));

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
  switch (kind) {
    case 'number':
      return wrongNumber(sentence, page, random);
    case 'unit': {
      const unit = unitFamilies
        .flat()
        .map((u) => u.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .sort((a, b) => b.length - a.length)
        .join('|');
      return replaceOne(
        sentence,
        new RegExp(`(?<=\\d\\s?|\\b(?:in|of|two|three|five|ten|several|per) )(?:${unit})(?![\\w])`, 'g'),
        random,
        (found) =>
          pick(
            unitFamilies
              .filter((f) => f.includes(found))
              .flatMap((f) => f)
              .filter((u) => u !== found && !(u === 'm' && found === 'in')),
            random,
          ),
      );
    }
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
      return exchanged(sentence, random);
    case 'page':
      return sentence;
  }
}

function wrongNumber(sentence: string, page: string, random: Random): string | undefined {
  const others = [...new Set([...page.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)].map((m) => m[0]))];
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
    .replace(/\bno (?=[a-z])/, 'a ');
  if (without !== sentence) return without.charAt(0).toUpperCase() + without.slice(1);
  const way = random();
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

const looksNamed =
  /(?<=[a-z,;:]\s|[("'])(?:[A-Z][a-z]+[A-Za-z0-9]*|[A-Z]{2,}[A-Z0-9-]*|[A-Za-z]+[-_.]?\d+[A-Za-z0-9]*|[a-z]+_[a-z_]+)(?![\w.]*\()/g;

function wrongName(sentence: string, page: string, random: Random): string | undefined {
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

function exchanged(sentence: string, random: Random): string | undefined {
  // Nouns are taken to be the words behind a determiner or a preposition.
  const found = [
    ...sentence.matchAll(
      /(?<=\b(?:the|a|an|of|to|in|for|with|by|from|this|each|any|and)\s)[a-z]{4,}(?![\w-])/g,
    ),
  ].filter((m) => !skip.has(m[0]) && !/(?:ed|ing|ly)$/.test(m[0]));
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
