import { isIP } from 'node:net';
import { z } from 'zod';

/** A variable whose text becomes a value, or whose problem is told by `problem` (without the text: it may be a secret). */
export function variable<T>(read: (text: string) => T | undefined, problem: string) {
  return z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

export const anyText = z.string();

export const flag = variable(readFlag, 'is neither on nor off; use 1 or 0.');

/** `1`, `true` and `0`, `false` in any case. */
export function readFlag(text: string): boolean | undefined {
  if (/^(1|true)$/i.test(text)) return true;
  return /^(0|false)$/i.test(text) ? false : undefined;
}

export function wholeNumber(least: number, most: number) {
  const read = (text: string) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  };
  return variable(read, `must be a whole number from ${least} to ${most}.`);
}

/** How much one caller may do: acts of each kind in a minute, and at once. */
export const defaultRates = { login: 30, questions: 60, feedback: 20, uploads: 60, answers: 3, streams: 10 };
export type RateName = keyof typeof defaultRates;

/** `name=number` or `name=off`, separated by commas; what is not named keeps its default. */
export const rateLimits = variable(
  (text) => {
    const rates: Record<RateName, number> = { ...defaultRates };
    for (const part of text.split(/[\s,]+/).filter(Boolean)) {
      const [, name = '', value] = /^(\w+)=([1-9]\d{0,8}|off)$/.exec(part) ?? [];
      const known = rateNames.find((one) => one === name);
      if (!known) return undefined;
      rates[known] = value === 'off' ? Number.POSITIVE_INFINITY : Number(value);
    }
    return rates;
  },
  `is not a list of limits; use name=number or name=off, separated by commas, with the names ${Object.keys(defaultRates).join(', ')}.`,
);
const rateNames: RateName[] = ['login', 'questions', 'feedback', 'uploads', 'answers', 'streams'];

/** A port, or `off`. */
export const portOrOff = variable((text) => {
  if (/^off$/i.test(text)) return 'off' as const;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}, 'must be a whole number from 1 to 65535, or off.');

export function oneOf<const T extends string>(values: readonly T[]) {
  return variable(
    (text) => values.find((value) => value === text),
    `is not known; use one of ${values.join(', ')}.`,
  );
}

/** Without a slash at its end. */
export const httpUrl = variable((text) => {
  const url = readHttpUrl(text);
  return url && !url.search && !url.hash ? url.href.replace(/\/+$/, '') : undefined;
}, 'is not a plain address; use http(s)://host[:port][/path] without user, password or query.');

/** As it is written: a provider's name for itself is compared letter by letter, a slash at its end counts. */
export const issuerUrl = variable((text) => {
  const url = readHttpUrl(text);
  return url && !url.search && !url.hash ? text : undefined;
}, 'is not a plain address; use http(s)://host[:port][/path], written as the provider writes it.');

export const httpOrigin = variable(readOrigin, 'is not an origin; use http(s)://host[:port] without a path.');

export const postgresUrl = variable((text) => {
  const url = URL.parse(text);
  return url && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1 ? text : undefined;
}, 'is not a PostgreSQL address; use postgres://user:password@host:5432/database.');

/** Characters that may stand in an HTTP header: with others the HTTP client fails with an error that repeats the key. */
export const headerSafe = variable(
  (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
  'holds spaces, line ends or characters beyond ASCII; paste it again.',
);

/** Text separated by commas or spaces; every part must be an origin. */
export const origins = variable(
  readEach(readOrigin),
  'is not a list of origins; use http(s)://host[:port], separated by commas, and no *.',
);

/** Addresses and CIDR ranges. A range of everybody would let every caller name its own address. */
export const proxies = variable(
  readEach((part) => {
    const [address = '', bits, ...rest] = part.split('/');
    const family = isIP(address);
    if (family === 0 || rest.length > 0) return undefined;
    if (bits === undefined) return part;
    const size = /^\d{1,3}$/.test(bits) ? Number(bits) : 0;
    return size >= 1 && size <= (family === 4 ? 32 : 128) ? part : undefined;
  }),
  'is not a list of proxies; use their addresses or ranges (10.0.0.1, 10.1.0.0/16), separated by commas.',
);

/** Whether what is sent to this address stays secret: https, or this very machine. */
export function isSecure(text: string): boolean {
  const url = URL.parse(text);
  if (!url) return false;
  return url.protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function readOrigin(text: string): string | undefined {
  const url = readHttpUrl(text);
  return url && url.href === `${url.origin}/` ? url.origin : undefined;
}

function readHttpUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  // A host of that name is not there, and whoever writes it means many.
  if (url.hostname.includes('*')) return undefined;
  return url;
}

function readEach(read: (part: string) => string | undefined) {
  return (text: string): readonly string[] | undefined => {
    const parts = text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(read);
    return parts.every((part) => part !== undefined) ? parts : undefined;
  };
}
