/** A seeded source of numbers in [0, 1). */
export type Random = () => number;

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** Written for the evaluation alone, without a look at the words the check knows: from → to, both ways where it holds. */
const swaps = `
use/employ uses/employs used/utilized using/utilizing show/display shows/displays shown/displayed begin/start begins/starts started/begun stop/halt stops/halts large/big small/little create/generate creates/generates created/generated
modify/change changed/altered changes/alterations delete/remove deleted/removed select/choose selected/chosen check/verify checks/verifies ensure/guarantee ensures/guarantees requires/needs required/needed require/need
obtain/get provides/offers provide/supply provided/supplied allows/permits allow/let keep/retain happens/occurs contain/include contains/includes different/distinct identical/equal whole/entire quick/fast quickly/rapidly error/fault errors/faults
problem/issue problems/issues important/crucial main/primary default/standard simple/easy simply/merely correct/right correctly/properly appropriate/suitable approximately/roughly usually/normally often/frequently sometimes/occasionally
immediately/instantly currently/presently previously/earlier previous/prior next/following subsequent/later before/prior_to after/following during/while_in if/in_case when/whenever because/since therefore/thus however/but also/additionally
although/though especially/particularly mainly/mostly instead/rather within/inside via/through put/place set/configure add/append attach/connect connected/linked connect/link rotate/turn rotates/turns press/push moved/shifted move/shift
send/transmit sends/transmits sent/transmitted execute/run executed/run executes/runs perform/do performed/carried_out open/launch wait/pause determine/find determined/found locate/find read/scan calculate/compute calculated/computed value/figure
limit/restrict increase/raise increases/rises decrease/reduce decreases/drops cause/trigger causes/triggers avoid/prevent handle/process handled/processed control/regulate controls/governs adjust/tune specify/define specified/given specifies/defines
define/set defined/specified describe/explain described/explained describes/outlines denotes/represents represents/stands_for called/named depends_on/relies_on several/a_number_of many/numerous additional/extra another/a_further available/accessible necessary/needed useful/helpful
new/fresh method/approach methods/techniques procedure/process tool/utility device/unit devices/units file/document files/documents option/setting options/settings feature/function features/functions purpose/aim result/outcome results/outcomes example/instance list/enumeration
area/region location/position part/portion parts/portions type/kind types/kinds information/data supported/handled ignored/disregarded ignore/disregard return/give_back returns/yields assigned/allocated enter/type update/refresh evaluated/assessed expected/anticipated
automatically/by_itself must/has_to must/needs_to should/ought_to can/is_able_to may/might will/is_going_to such_as/like for_example/for_instance in_order_to/to due_to/because_of as_well_as/and more_than/over less_than/under at_least/no_less_than make_sure/ensure
does_not/doesn't do_not/don't is_not/isn't are_not/aren't cannot/can't cannot/is_unable_to will_not/won't should_not/shouldn't it_is/it's percent/% degrees/° seconds/s minutes/min milliseconds/ms two/2 three/3 four/4 five/5 ten/10 first/initial last/final
`;

const table = new Map<string, string[]>();
for (const pair of swaps.trim().split(/\s+/)) {
  const [left = '', right = ''] = pair.split('/').map((side) => side.replaceAll('_', ' '));
  table.set(left, [...(table.get(left) ?? []), right]);
  if (!left.includes(' ') && !right.includes(' ') && right.length > 3)
    table.set(right, [...(table.get(right) ?? []), left]);
}
const keys = [...table.keys()].sort((a, b) => b.length - a.length);

const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function swapWords(sentence: string, random: Random, most: number): string {
  const present = keys.filter((key) =>
    new RegExp(`(?<![\\w'-])${escaped(key)}(?![\\w'-])`, 'i').test(sentence),
  );
  let out = sentence;
  for (let n = 0; n < most && present.length > 0; n++) {
    const [key = ''] = present.splice(Math.floor(random() * present.length), 1);
    const to = pick(table.get(key) ?? [], random);
    if (to === undefined) continue;
    const there = new RegExp(`(?<![\\w'-])${escaped(key)}(?![\\w'-])`, 'i');
    out = out.replace(there, (found) =>
      /^[A-Z]/.test(found) ? to.charAt(0).toUpperCase() + to.slice(1) : to,
    );
  }
  return out;
}

const lower = (text: string) =>
  /^[A-Z](?:[a-z]|\s)/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

type Rewrite = (sentence: string, random: Random) => string;

/** Each gives its input back where it does not apply. */
const rewrites: Record<string, Rewrite> = {
  clauseToEnd: (s) =>
    s.replace(
      /^((?:If|When|While|Once|Because|Although|After|Before|Since|For|In|On|With|By)\s[^,;:]{8,90}),\s+([^;:]{12,200}?)([.!])$/,
      (_, a: string, b: string, c: string) => `${upper(b)} ${lower(a)}${c}`,
    ),
  clauseToFront: (s) =>
    s.replace(
      /^([^,;:]{14,160}?(?<!\b(?:even|only|except|just)))\s((?:if|when|while|because|although|after|before|unless|until)\s[^,;:]{8,90})([.!])$/,
      (_, a: string, b: string, c: string) => `${upper(b)}, ${lower(a)}${c}`,
    ),
  determiner: (s, random) =>
    random() < 0.5
      ? s.replace(/\b(?:the|this)\s(?=[a-z])/, (found) => (found.startsWith('the') ? 'this ' : 'the '))
      : s.replace(/(?<=[a-z,]\s)(?:the|a|an)\s(?=[a-z]+s?\b)/, ''),
  adverb: (s) =>
    s.replace(
      /\s(?:simply|just|also|very|quite|really|actually|basically|usually|normally|generally|typically|easily|therefore|additionally|then|currently|directly|automatically|especially)\b(?=\s[a-z])/,
      '',
    ),
  opening: (s) =>
    s
      .replace(
        /^(?:Note that|Please note that|However,|Therefore,|Also,|In addition,|Additionally,|Moreover,|In general,|Usually,|Thus,|Then,|Finally,|Of course,|For example,)\s*/i,
        '',
      )
      .replace(/^./, (c) => c.toUpperCase()),
  addOpening: (s, random) =>
    `${pick(['Note that', 'In this case,', 'Here,', 'In general,', 'Please note that'], random) ?? 'Here,'} ${lower(s)}`,
  passive: (s) =>
    s.replace(
      /^(The [a-z]+(?: [a-z]+)?) (uses|provides|supports|creates|contains|returns|controls|defines|displays|reads|writes|sets|ignores) (the [a-z]+(?: [a-z]+)?|an? [a-z]+(?: [a-z]+)?)(\b.*)$/,
      (_, a: string, v: string, o: string, rest: string) =>
        `${upper(o)} is ${({ uses: 'used', provides: 'provided', supports: 'supported', creates: 'created', contains: 'contained', returns: 'returned', controls: 'controlled', defines: 'defined', displays: 'displayed', reads: 'read', writes: 'written', sets: 'set', ignores: 'ignored' } as Record<string, string>)[v]} by ${lower(a)}${rest}`,
    ),
  active: (s) =>
    s.replace(
      /\b(?:can|may) be (used|set|changed|selected|specified|adjusted|found|given) (?=to|by|with|in|as)/,
      (_, v: string) => `is ${v} `,
    ),
  imperative: (s) => s.replace(/^You (?:can|should|must) ([a-z]+)/, (_, v: string) => upper(v)),
  youCan: (s) =>
    s.replace(
      /^(Use|Set|Select|Press|Click|Open|Choose|Enter|Run|Check|Add|Remove|See|Make) /,
      (found) => `You should ${found.toLowerCase()}`,
    ),
  plural: (s) =>
    s.replace(
      /\b(a|an|each|every) ([a-z]{4,}[^sxy\W]) (is|has|can|may|must|will)\b/,
      (_, __: string, noun: string, verb: string) =>
        `${noun}s ${verb === 'is' ? 'are' : verb === 'has' ? 'have' : verb}`,
    ),
  inflect: (s) =>
    s.replace(
      /\b(is|are) (used|needed|required|supported|stored|displayed|created|called)\b/,
      (_, be: string, v: string) => `${be === 'is' ? 'was' : 'were'} ${v}`,
    ),
  ofThe: (s) => s.replace(/\bthe ([a-z]{3,}) of the ([a-z]{3,})\b/, "the $2's $1"),
  relative: (s) => s.replace(/\b(which|that) (is|are) ([a-z]+ed) /, '$3 '),
  thatWhich: (s) => s.replace(/,? which (?=is|are|can|has|will)/, ' that '),
  parenthesis: (s) => s.replace(/\s\([^()]{4,60}\)/, ''),
  noComma: (s) => s.replace(/, (?=and|or|but)/, ' '),
  lead: (s) => s.replace(/^(This|It) (is|allows|means|can|will|has)\b/, 'That $2'),
};

/** A sentence that says the same in other words, by one to three rewrites and up to three swapped words; undefined when nothing applied. */
export function paraphrase(
  sentence: string,
  random: Random,
): { text: string; rewrites: string[] } | undefined {
  let text = sentence;
  const applied: string[] = [];
  const names = Object.keys(rewrites).sort(() => random() - 0.5);
  const most = 1 + Math.floor(random() * 2);
  for (const name of names) {
    if (applied.length >= most) break;
    if (name === 'addOpening' && random() < 0.85) continue;
    if ((name === 'parenthesis' || name === 'noComma') && random() < 0.5) continue;
    const next = rewrites[name]?.(text, random) ?? text;
    if (next !== text) {
      text = next;
      applied.push(name);
    }
  }
  const before = text;
  text = swapWords(text, random, 1 + Math.floor(random() * 3));
  if (text !== before) applied.push('words');
  return text === sentence || applied.length === 0 ? undefined : { text, rewrites: applied };
}
