import { pick, type Random } from './claims-paraphrase.ts';

/** What in an instruction can be turned round while its words stay. */
export const turns = ['particle', 'clauses', 'condition', 'interval', 'range', 'measures'] as const;
export type Turn = (typeof turns)[number];

/** An instruction as a manual might give it, the same in another order or form, and what says something else. */
export type Instruction = { said: string; same: string[]; wrong: string[] };

const list = (text: string) => text.trim().split('|');
const things = list(
  'pump|heater|vent line|sample tray|blue lever|gate valve|light source|chiller|exhaust fan|magnetic stirrer|rear panel|nitrogen line|door interlock|carrier plate|vacuum gauge|syringe drive|reference arm|stage motor|condenser|flow cell',
);
const acts = list(
  'rinse the flow cell with water|empty the waste bottle|align the fibre with the slit|replace the needle of the autosampler|level the optical table|record the dark spectrum|degas the mobile phase|tighten the four clamps|zero the balance|warm up the lamp|purge the gas line|grease the spindle|mount the cantilever|seal the chamber with foil|dilute the standard|label the vials',
);
const states = list(
  'the interlock is active|the sample is frozen|the green lamp blinks|the needle touches the septum|the pressure is stable|the cover is removed|the buffer contains salt|the motor is warm|the tank is empty|the signal drifts|the probe is wet|the software asks for it',
);
const verbs = list(
  'turn turned on off|turn turned up down|switch switched on off|pull pulled up down|push pushed in out|power powered up down|slide slid in out|fold folded up down|swing swung open shut|move moved forward back|lift lifted up down|plug plugged in out|flip flipped up down|leave left on off|dial dialled up down',
).map((line) => line.split(' ') as [string, string, string, string]);
const often = list(
  'hourly every hour once an hour|daily every day once a day|weekly every week once a week|monthly every month once a month|yearly every year once a year',
).map((line) => {
  const [ly = '', ...rest] = line.split(' ');
  return [ly, rest.slice(0, 2).join(' '), rest.slice(2).join(' ')] as const;
});

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const one = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;
function two<T>(from: readonly T[], random: Random): [T, T] {
  const a = one(from, random);
  return [
    a,
    one(
      from.filter((other) => other !== a),
      random,
    ),
  ];
}
const number = (random: Random, most: number) => 1 + Math.floor(random() * most);
function numbers(random: Random, most: number): [number, number] {
  const low = number(random, most);
  return [low, low + number(random, most)];
}

/** One seeded instruction of a kind. */
export function instruction(kind: Turn, random: Random): Instruction {
  return makers[kind](random);
}

const makers: Record<Turn, (random: Random) => Instruction> = {
  particle: (random) => {
    const [verb, done, a, b] = one(verbs, random);
    const [p, other] = random() < 0.5 ? [a, b] : [b, a];
    const thing = one(things, random);
    const when =
      random() < 0.5
        ? ''
        : ` ${one(['when', 'if', 'before', 'after', 'while'], random)} ${one(states, random)}`;
    const forms = (particle: string) => [
      `${upper(verb)} ${particle} the ${thing}${when}.`,
      `${upper(verb)} the ${thing} ${particle}${when}.`,
      `The ${thing} is ${done} ${particle}${when}.`,
      ...(when ? [`${upper(when.trim())}, ${verb} the ${thing} ${particle}.`] : []),
    ];
    const [said, rest] = taken(forms(p), random);
    return { said, same: rest, wrong: forms(other) };
  },
  clauses: (random) => {
    const [x, y] = two(acts, random);
    const forms = (a: string, b: string) => [
      [`${upper(a)} before you ${b}.`, `Before you ${b}, ${a}.`],
      [`First ${a}, then ${b}.`, `${upper(a)}, then ${b}.`],
      [`After you ${a}, ${b}.`, `${upper(b)} after you ${a}.`],
      [`${upper(a)}, and afterwards ${b}.`, `${upper(a)}. Afterwards ${b}.`],
    ];
    const [said, same] = taken(one(forms(x, y), random), random);
    return {
      said,
      same,
      wrong: forms(y, x).map(([first = '']) => first),
    };
  },
  condition: (random) => {
    const act = one(acts, random);
    const state = one(states, random);
    const classes = [['if', 'when'], ['unless'], ['even if', 'even when'], ['until']];
    const own = one(classes, random);
    const forms = (word: string) => [`${upper(act)} ${word} ${state}.`, `${upper(word)} ${state}, ${act}.`];
    const [said, same] = taken(own.flatMap(forms), random);
    return {
      said,
      same,
      wrong: classes
        .filter((other) => other !== own)
        .flat()
        .flatMap(forms),
    };
  },
  interval: (random) => {
    const act = one(acts, random);
    const [own, other] = two(often, random);
    const forms = (words: readonly string[]) =>
      words.flatMap((word) => [
        `${upper(act)} ${word}.`,
        ...(word.includes(' ') ? [`${upper(word)}, ${act}.`] : []),
      ]);
    const [said, same] = taken(forms(own), random);
    return { said, same, wrong: [...forms(other), `${upper(act)} twice a${own[2].slice(6)}.`] };
  },
  range: (random) => {
    const [low, high] = numbers(random, 40);
    const act = one(acts, random);
    const unit = one(['min', 's', 'h', 'cycles'], random);
    const shape = number(random, 4);
    const about = (measure: string) => [`${upper(act)} for ${measure}.`, `For ${measure}, ${act}.`];
    const whole =
      shape === 1
        ? [`${low} ± ${high} ${unit}`]
        : shape === 2
          ? [`between ${low} and ${high} ${unit}`]
          : shape === 3
            ? [`at most ${low} ${unit}`, `no more than ${low} ${unit}`]
            : [`${low} to ${high} ${unit}`, `${low}–${high} ${unit}`, `${low}-${high} ${unit}`];
    const [said, same] = taken(whole.flatMap(about), random);
    const ends = shape === 3 || shape === 1 ? [low] : [low, high];
    return { said, same, wrong: ends.flatMap((end) => about(`${end} ${unit}`)) };
  },
  measures: (random) => {
    const [x, y] = two(things, random);
    const [a, b] = numbers(random, 40);
    const [m, n] = numbers(random, 30);
    const [to, unit] = one(
      [
        ['to', '°C'],
        ['at', 'bar'],
        ['to', 'rpm'],
        ['to', 'V'],
      ] as const,
      random,
    );
    const part = (thing: string, level: number, time: number) =>
      `set the ${thing} ${to} ${level} ${unit} for ${time} min`;
    return {
      said: `${upper(part(x, a, m))} and ${part(y, b, n)}.`,
      same: [`${upper(part(y, b, n))} and ${part(x, a, m)}.`],
      wrong: [
        `${upper(part(x, b, n))} and ${part(y, a, m)}.`,
        `${upper(part(x, a, n))} and ${part(y, b, m)}.`,
        `${upper(part(x, b, m))} and ${part(y, a, n)}.`,
      ],
    };
  },
};

function taken(forms: readonly string[], random: Random): [string, string[]] {
  const chosen = pick(forms, random) ?? '';
  return [chosen, forms.filter((form) => form !== chosen)];
}
