import type { Turn } from './claims-instructions.ts';
import { pick, type Random } from './claims-paraphrase.ts';

const against: Record<string, string> = {
  on: 'off',
  off: 'on',
  up: 'down',
  down: 'up',
  in: 'out',
  out: 'in',
};
const lower = (text: string) =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const verb = '(?:turn|switch|power|pull|push|plug|shut|start|fold|slide)(?:s|ed|ing)?';
const thing = '(?:the|a|an|this|your|its) [a-z]+(?: [a-z]+)?';

/** A sentence of a manual with one thing turned round while its words stay, much of it moved, too; undefined where it has nothing of that kind. */
export function turn(kind: Turn, sentence: string, random: Random): string | undefined {
  const made = makers[kind](sentence, random);
  return made === undefined || made === sentence ? undefined : upper(made);
}

const makers: Record<Turn, (sentence: string, random: Random) => string | undefined> = {
  particle: (s) => {
    const near = new RegExp(
      `\\b(${verb}) (on|off|up|down|in|out) (${thing})(?=[.,;]| (?:and|when|if|before|after|for|by)\\b)`,
      'i',
    );
    const far = new RegExp(
      `\\b(${verb}) (${thing}) (on|off|up|down)(?=[.,;]| (?:and|when|if|before|after|for|by)\\b)`,
      'i',
    );
    if (near.test(s))
      return s.replace(near, (_, v: string, p: string, t: string) => `${v} ${t} ${against[p]}`);
    return s.replace(far, (_, v: string, t: string, p: string) => `${v} ${against[p]} ${t}`);
  },
  clauses: (s, random) => {
    const led = /^(Before|After|Once|When|If) ([^,;:]{8,90}), (?!then)([^,;:]{12,160})([.!])$/.exec(s);
    if (led) {
      const [, word = '', a = '', b = '', end = ''] = led;
      return random() < 0.5
        ? `${word} ${lower(b)}, ${a}${end}`
        : `${upper(a)} ${lower(word)} ${lower(b)}${end}`;
    }
    const joined =
      /^([^,;:]{14,140}?),? (before|after|once|when|if) (?!(?:so|not|any|possible|necessary|needed)\b)([^,;:]{8,90})([.!])$/.exec(
        s,
      );
    if (!joined) return undefined;
    const [, a = '', word = '', b = '', end = ''] = joined;
    if (/\b(?:even|only|except|than|as|and|or|not)$/.test(a)) return undefined;
    return random() < 0.5
      ? `${upper(b)} ${word} ${lower(a)}${end}`
      : `${upper(word)} ${lower(a)}, ${b}${end}`;
  },
  condition: (s, random) => {
    const found = [
      ...s.matchAll(
        /\b(?:even (?:if|when)|(?<!(?:only|except|as|what|see|determine|check|know|whether) )(?:if|when)|unless)\b/gi,
      ),
    ];
    const at = pick(found, random);
    if (!at) return undefined;
    const word = at[0].toLowerCase();
    const other =
      word === 'unless' || word.startsWith('even')
        ? pick(['if', 'when'], random)
        : pick(['unless', 'even if'], random);
    return s.slice(0, at.index) + other + s.slice(at.index + word.length);
  },
  interval: (s, random) => {
    const all = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];
    return s.replace(
      /\b(?:hourly|daily|weekly|monthly|yearly|annually)\b/,
      (found) =>
        pick(
          all.filter((word) => word !== found),
          random,
        ) ?? found,
    );
  },
  range: (s, random) =>
    s.replace(
      /(?<![\w.,-])(?:between |from )?(\d+(?:\.\d+)?)( (?:to|and) |\s?(?:-|–|±)\s?)(\d+(?:\.\d+)?)(?![\w.-]*\w)/,
      (found, a: string, joint: string, b: string) =>
        joint.trim() === 'and' && !found.startsWith('between')
          ? found
          : random() < 0.5 || joint.includes('±')
            ? a
            : b,
    ),
  measures: (s) => {
    const unit =
      '(?:mm|cm|µm|nm|ms|s|min|h|V|mV|mA|A|Hz|kHz|MHz|°C|°|%|bytes|bits|inches|degrees|pixels|KB|MB|points|pt)';
    const two = new RegExp(
      `^(.*?)(?<![\\w.-])(\\d+(?:\\.\\d+)?)( ?)(${unit})\\b(.{12,}?)(?<![\\w.-])(\\d+(?:\\.\\d+)?)( ?)\\4\\b(.*)$`,
    );
    return s.replace(
      two,
      (found, x: string, a: string, g: string, u: string, y: string, b: string, h: string, z: string) =>
        a === b ? found : `${x}${b}${g}${u}${y}${a}${h}${u}${z}`,
    );
  },
};
