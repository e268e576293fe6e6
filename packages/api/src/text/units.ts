import { classAt, DIGIT, isBlank, isHyphen, LOWER, UNDERSCORE, UPPER } from './characters.ts';

/** Base units and the SI prefixes they are met with; `u` stands for micro. */
const prefixed: Record<string, string> = {
  m: 'pnumck',
  g: 'pnumk',
  s: 'fpnum',
  S: 'num',
  L: 'pnumcd',
  A: 'pnumk',
  V: 'numkM',
  W: 'pnumkMG',
  Hz: 'mkMGT',
  Pa: 'mhkMG',
  J: 'numkM',
  N: 'mk',
  F: 'pnum',
  H: 'num',
  T: 'num',
  K: 'm',
  M: 'pnum',
  U: 'mk',
  Ω: 'mkMG',
  bar: 'mu',
  Torr: 'm',
  mol: 'pnumk',
  eV: 'mkMG',
  Da: 'kM',
  B: 'kMGT',
  b: 'kMG',
  bp: 'kM',
  bps: 'kMG',
  VA: 'k',
  Wh: 'mk',
  Ah: 'm',
  Bq: 'kMG',
  Sv: 'mu',
};

/** Spelled: "microlitres", "kilohms", "megabytes". */
const spelledBases: Record<string, string> = {
  m: 'meter metre',
  g: 'gram gramme',
  s: 'second',
  L: 'liter litre',
  A: 'amp ampere',
  V: 'volt',
  W: 'watt',
  Hz: 'hertz',
  Pa: 'pascal',
  J: 'joule',
  N: 'newton',
  F: 'farad',
  H: 'henry henrie',
  T: 'tesla',
  Ω: 'ohm',
  S: 'siemens siemen',
  bar: 'bar',
  mol: 'mole mol',
  M: 'molar',
  eV: 'electronvolt',
  cal: 'calorie',
  Da: 'dalton',
  B: 'byte',
  b: 'bit',
};
const spelledPrefixes: Record<string, string> = {
  femto: 'f',
  pico: 'p',
  nano: 'n',
  micro: '\u00B5',
  milli: 'm',
  centi: 'c',
  deci: 'd',
  hecto: 'h',
  kilo: 'k',
  mega: 'M',
  giga: 'G',
  tera: 'T',
};
/** Units of several words. */
const phrases: [spelled: RegExp, norm: string][] = [
  [/per\scent(?!\p{L})/uy, '%'],
  [/pounds?\sper\ssquare\sinch(?!\p{L})/uy, 'psi'],
];

/** Units with their other spellings: the first of each line is the one compared. */
const spellings = `
% percent pct|‰|° deg degree degrees|°C ℃ degC C|°F ℉ degF|Å angstrom angstroms|G gauss
s sec secs second seconds|ms msec millisecond milliseconds|µs microsecond microseconds|ns nanosecond nanoseconds
min mins minute minutes|h hr hrs hour hours|d day days|wk week weeks|mo month months|yr yrs year years
m meter meters metre metres|cm centimeter centimeters centimetre centimetres|mm millimeter millimeters millimetre millimetres
µm micrometer micrometers micrometre micrometres micron microns|nm nanometer nanometers nanometre nanometres|km kilometer kilometers
in inch inches ″|ft foot feet ′|yd yard yards|mil mils|mile miles|mph
g gram grams gm|mg milligram milligrams|µg microgram micrograms mcg|kg kilogram kilograms kgs|lb lbs pound pounds|oz ounce ounces
L liter liters litre litres l|mL milliliter milliliters millilitre millilitres ml cc|µL microliter microliters microlitre microlitres ul µl μl
nL nl|dL dl|gal gallon gallons
V volt volts|mV millivolt millivolts|kV kilovolt kilovolts KV|VAC Vac|VDC Vdc|Vrms|Vpp
A amp amps ampere amperes|mA milliamp milliamps milliampere milliamperes|µA microamp microamps|W watt watts|mW milliwatt milliwatts
kW kilowatt kilowatts KW|Ω ohm ohms|kΩ kohm kohms kOhm|MΩ Mohm MOhm|F farad farads|Hz hertz hz HZ|kHz kilohertz khz KHz KHZ
MHz megahertz Mhz mhz MHZ|GHz gigahertz Ghz ghz GHZ|Pa pascal pascals|N newton newtons|J joule joules|K kelvin|T tesla|M molar|mol mole moles
psi PSI|psig|bar bars Bar|atm|mmHg|inHg|Torr torr TORR|rpm RPM Rpm rev/min r/min revolution/min|revolution revolutions|x\u00A0g rcf RCF xg ×g|cfm CFM|gpm|L/min lpm LPM|slpm|sccm
dB decibel decibels|dBm|dBA|dBFS|LUFS|LU|ksps|Msps|ppm PPM|ppb|CFU cfu|cells cell|IU|rad rads|bit bits|B byte bytes|kB KB Kbyte Kbytes kbyte kbytes|MB Mbyte Mbytes|KiB|MiB|GiB|kb kbit kbits Kbit Kbits|Mb Mbit Mbits|baud|px pixel pixels|dpi DPI|pt|fps
lx lux|lm lumen lumens|hp HP|BTU|kcal|cal|nt|N·m Nm|× x X time times fold|k
`;

/** Unit as written to unit as compared. Case counts (mV is not MV); both mu code points and a leading u are one micro (U+00B5). */
export const units: ReadonlyMap<string, string> = table();

/** Taken for a unit only when nothing stands between it and its number. */
const onlyAttached: ReadonlySet<string> = new Set(['x', 'X', '×', 'B', 'b', 'pt', 'G', 'S', 'k']);

function table(): Map<string, string> {
  const all = new Map<string, string>();
  for (const [base, prefixes] of Object.entries(prefixed)) {
    all.set(base, base);
    for (const prefix of prefixes) {
      const norm = (prefix === 'u' ? '\u00B5' : prefix) + base;
      all.set(norm, norm);
      if (prefix === 'u') all.set(`u${base}`, norm).set(`\u03BC${base}`, norm);
    }
  }
  for (const [base, names] of Object.entries(spelledBases))
    for (const name of names.split(' '))
      for (const [spelled, prefix] of Object.entries(spelledPrefixes)) {
        // "kilohm" and "megohm" lose a vowel.
        const short = spelled.replace(/[ao]$/, '') + name;
        for (const word of name === 'ohm' ? [spelled + name, short] : [spelled + name])
          all.set(word, prefix + base).set(`${word}s`, prefix + base);
      }
  for (const line of spellings.trim().split(/[|\n]/)) {
    const [first = '', ...others] = line.split(' ');
    const norm = first.replace('\u00A0', ' ');
    for (const surface of [first, ...others]) all.set(surface, norm);
  }
  for (const base of ['m', 'cm', 'mm', '\u00B5m', 'nm', 'in', 'ft'])
    all.set(`${base}2`, `${base}²`).set(`${base}3`, `${base}³`);
  return all;
}

type Unit = { norm: string; end: number };

/** The unit at `i`, or behind one blank or hyphen, with products, quotients and powers: mg/mL, m/s². */
export function readUnit(text: string, i: number): Unit | undefined {
  const code = text.charCodeAt(i);
  const gap = isBlank(code) || isHyphen(code) ? 1 : 0;
  const first = readAtom(text, i + gap);
  if (!first) return undefined;
  const surface = text.slice(i + gap, first.end);
  if (gap === 1) {
    if (onlyAttached.has(surface)) return undefined;
    // "2 in the chamber", "3 times", and 4471-A against 24-V.
    if ((surface === 'in' || surface === 'time') && /^\s\p{L}/u.test(text.slice(first.end, first.end + 3)))
      return undefined;
    if (isHyphen(code) && surface.length === 1 && !/[VW%]/.test(surface)) return undefined;
  }
  let { norm, end } = first;
  for (let k = 0; k < 3; k++) {
    const per = text.startsWith(' per ', end);
    if (!per && !/[/·⋅]/.test(text.charAt(end))) break;
    const next = readAtom(text, end + (per ? 5 : 1));
    if (!next) break;
    norm += (per || text.charAt(end) === '/' ? '/' : '·') + next.norm;
    end = next.end;
  }
  return { norm: units.get(norm) ?? norm, end };
}

function readAtom(text: string, i: number): Unit | undefined {
  const char = text.charAt(i);
  if ((char === 'x' || char === '×') && /^[x×] ?g(?![\p{L}\d])/u.test(text.slice(i, i + 4)))
    return { norm: 'x g', end: text.indexOf('g', i) + 1 };
  let end = i;
  if (/[°º%‰℃℉′″×]/.test(char)) {
    end++;
    if (char === '°' || char === 'º') {
      const skip = text.charAt(end) === ' ' ? 1 : 0;
      if (/^[CF](?![\p{L}\d])/u.test(text.slice(end + skip, end + skip + 2)))
        return { norm: `°${text.charAt(end + skip)}`, end: end + skip + 1 };
      return { norm: '°', end };
    }
  } else {
    const class_ = classAt(text, i);
    if (class_ !== LOWER && class_ !== UPPER) return undefined;
    if (char === 'p')
      for (const [spelled, norm] of phrases) {
        spelled.lastIndex = i;
        if (spelled.test(text)) return { norm, end: spelled.lastIndex };
      }
    // No unit is longer; without the bound a long word behind a slash would be read again and again.
    while (end < i + 14 && (classAt(text, end) === LOWER || classAt(text, end) === UPPER)) end++;
    if (/[23]/.test(text.charAt(end)) && units.has(text.slice(i, end + 1))) end++;
    const after = classAt(text, end);
    if (after === LOWER || after === UPPER || after === DIGIT || text.charCodeAt(end) === UNDERSCORE)
      return undefined;
    if (isHyphen(text.charCodeAt(end)) && end === i + 1) {
      const beyond = classAt(text, end + 1);
      if (beyond === LOWER || beyond === UPPER) return undefined;
    }
  }
  const norm = units.get(text.slice(i, end));
  if (norm === undefined) return undefined;
  if (/[²³]/.test(text.charAt(end))) return { norm: norm + text.charAt(end), end: end + 1 };
  if (/^\^[23]$/.test(text.slice(end, end + 2)))
    return { norm: norm + (text.charAt(end + 1) === '2' ? '²' : '³'), end: end + 2 };
  if (norm !== '°') return { norm, end };
  const scale = /^ (C|F|Celsius|Fahrenheit|centigrade)(?![\p{L}\d])/iu.exec(text.slice(end, end + 13));
  return scale ? { norm: /^ f/i.test(scale[0]) ? '°F' : '°C', end: end + scale[0].length } : { norm, end };
}
