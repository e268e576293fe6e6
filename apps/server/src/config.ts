import { resolve } from 'node:path';
import { z } from 'zod';
import {
  anyText,
  defaultRates,
  flag,
  headerSafe,
  httpOrigin,
  httpUrl,
  isSecure,
  issuerUrl,
  oneOf,
  origins,
  postgresUrl,
  portOrOff,
  proxies,
  type RateName,
  rateLimits,
  readFlag,
  wholeNumber,
} from './config-values.ts';

// Every variable there is, in the order in which it is shown.
const environment = z.object({
  HOST: anyText.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8000),
  DATA_DIR: anyText.default('.data'),
  DATABASE_URL: postgresUrl.optional(),
  SECRET_KEY: anyText.optional(),
  DEBUG: flag.default(true),
  PUBLIC_URL: httpOrigin.optional(),
  CORS_ORIGINS: origins.optional(),
  TRUST_PROXY: proxies.default([]),
  ROLE: oneOf(['all', 'api', 'worker']).default('all'),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
  METRICS_PORT: portOrOff.optional(),
  RATE_LIMITS: rateLimits.default(defaultRates),
  MAX_UPLOAD_MB: wholeNumber(1, 1_000_000).default(2048),
  FETCH_LOOPBACK: flag.default(false),
  DEMO_LOGIN: flag.optional(),
  DEMO_LOGIN_IN_PRODUCTION: flag.default(false),
  OPENAI_API_KEY: headerSafe.optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_MODEL: anyText.default('gpt-4o-mini'),
  OPENAI_EMBEDDING_MODEL: anyText.default('text-embedding-3-small'),
  OPENAI_TRANSCRIBE_MODEL: anyText.default('whisper-1'),
  OPENAI_VISION_MODEL: anyText.optional(),
  S3_ENDPOINT: httpOrigin.optional(),
  S3_PUBLIC_ENDPOINT: httpOrigin.optional(),
  S3_REGION: anyText.default('us-east-1'),
  S3_BUCKET: anyText.optional(),
  S3_ACCESS_KEY: headerSafe.optional(),
  S3_SECRET_KEY: headerSafe.optional(),
  OIDC_ISSUER: issuerUrl.optional(),
  OIDC_CLIENT_ID: anyText.optional(),
  OIDC_CLIENT_SECRET: anyText.optional(),
  TEST_DATABASE_URL: postgresUrl.optional(),
  EVAL_DIR: anyText.optional(),
  RAYNI_URL: httpUrl.optional(),
  RAYNI_TOKEN: headerSafe.optional(),
});
type Values = z.infer<typeof environment>;
export type VariableName = keyof Values;
type Given = Partial<Record<VariableName, string>>;

const secrets: ReadonlySet<VariableName> = new Set([
  'SECRET_KEY',
  'OPENAI_API_KEY',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'OIDC_CLIENT_SECRET',
  'RAYNI_TOKEN',
]);

/** The most that S3 takes in one PUT, and copies in one request. */
const s3MostMegabytes = 5 * 1024;

const developmentOrigins = ['http://localhost:3000', 'http://localhost:3001', 'http://localhost:5173'];

export type Config = Readonly<{
  mode: 'development' | 'production';
  host: string;
  port: number;
  /** Absolute. */
  dataDir: string;
  /** Undefined: the embedded database below `dataDir`. */
  databaseUrl: string | undefined;
  /** Undefined: a folder below `dataDir`. `publicEndpoint` is where callers reach the store, for signed addresses. */
  s3:
    | Readonly<{
        endpoint: string;
        publicEndpoint: string;
        region: string;
        bucket: string;
        accessKey: string;
        secretKey: string;
      }>
    | undefined;
  /** Undefined only in development, until `keepSecretKey` made one. */
  secretKey: string | undefined;
  /** Undefined only in development: then it is the address that is listened on. */
  publicUrl: string | undefined;
  /** Origins beside the own one that may send credentials. */
  corsOrigins: readonly string[];
  /** Addresses and ranges whose `X-Forwarded-*` headers are believed. */
  trustProxy: readonly string[];
  role: Values['ROLE'];
  logLevel: NonNullable<Values['LOG_LEVEL']>;
  /** On 127.0.0.1; undefined: off. */
  metricsPort: number | undefined;
  /** Acts of a caller in a minute, and answers and streams of one at once; `Infinity` where nothing is counted. */
  rateLimits: Readonly<Record<RateName, number>>;
  maxUploadBytes: number;
  /** Web pages of this very machine are fetched too; only in development. */
  fetchLoopback: boolean;
  demoLogin: boolean;
  /** Undefined without a key and a base URL: answers are then made of quoted passages. */
  model:
    | Readonly<{
        baseUrl: string | undefined;
        apiKey: string | undefined;
        model: string;
        embeddingModel: string;
        transcribeModel: string;
        /** Undefined: pictures are not described. */
        visionModel: string | undefined;
      }>
    | undefined;
  oidc: Readonly<{ issuer: string; clientId: string; clientSecret: string }> | undefined;
  /** For tests, measurements and scripts; the server itself does not look at them. */
  tools: Readonly<{
    testDatabaseUrl: string | undefined;
    evalDir: string | undefined;
    rayniUrl: string | undefined;
    rayniToken: string | undefined;
  }>;
  /** What was given, as text; `describeConfig` shows it with secrets masked. */
  given: Readonly<Given>;
}>;

export type ConfigFault = { name: VariableName; problem: string };

/** Everything that is wrong with the environment, one line `NAME: what is wrong, what to do` each; no line repeats a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ name, problem }) => `${name}: ${problem}`).join('\n'));
    this.faults = faults;
  }
}

/** The configuration in these variables, frozen; throws one `ConfigError` with all faults. Empty text counts as not set. No I/O. */
export function parseConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const given = givenOf(variables);
  const parsed = environment.safeParse(given);
  const faults = [...(parsed.success ? [] : fieldFaults(parsed.error)), ...ruleFaults(given)];
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(
      faults.sort((a, b) => variableNames.indexOf(a.name) - variableNames.indexOf(b.name)),
    );
  }
  return toConfig(parsed.data, given);
}

export type ConfigRow = {
  name: VariableName;
  value: string;
  source: 'default' | 'environment' | 'generated';
};

/** Every variable with its effective value and where it is from; of secrets only the length is shown. */
export function describeConfig(config: Config): ConfigRow[] {
  return variableNames.map((name) => {
    const text = config.given[name];
    if (text !== undefined) return { name, value: masked(name, text), source: 'environment' };
    if (name === 'SECRET_KEY') return { name, value: 'made once, kept in DATA_DIR', source: 'generated' };
    return { name, value: defaultOf(name, config), source: 'default' };
  });
}

const variableNames = environment.keyof().options;

function givenOf(variables: Readonly<Record<string, string | undefined>>): Given {
  const set = variableNames.map((name) => [name, variables[name]?.trim()] as const);
  return Object.fromEntries(set.filter(([, text]) => text));
}

function fieldFaults(error: z.ZodError<Values>): ConfigFault[] {
  return error.issues.flatMap(({ path, message }) => {
    const name = variableNames.find((known) => known === path[0]);
    return name ? [{ name, problem: message }] : [];
  });
}

/** As docker-compose.yml has it for development. */
const developmentKey = 'rayni-development';

/** What holds between variables. Looks at the given texts alone, so that a fault elsewhere hides none of these. */
function ruleFaults(given: Given): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const on = (name: VariableName) => readFlag(given[name] ?? '') === true;
  const need = (name: VariableName, problem: string) => {
    if (given[name] === undefined) faults.push({ name, problem });
  };

  if (readFlag(given.DEBUG ?? '1') === false) {
    const key =
      'with DEBUG=0 a key of at least 32 characters is needed; make one with: openssl rand -base64 32';
    if ((given.SECRET_KEY ?? '').length < 32) faults.push({ name: 'SECRET_KEY', problem: key });
    need(
      'PUBLIC_URL',
      'with DEBUG=0 it is needed; set the https address under which callers reach this server.',
    );
    if (given.PUBLIC_URL && readsAsUrl(given.PUBLIC_URL) && !isSecure(given.PUBLIC_URL)) {
      faults.push({
        name: 'PUBLIC_URL',
        problem: 'with DEBUG=0 it must begin with https:// (except on localhost).',
      });
    }
    if (given.S3_SECRET_KEY === developmentKey) {
      const problem = 'with DEBUG=0 it must not be the one of docker-compose.yml, which everybody can read.';
      faults.push({ name: 'S3_SECRET_KEY', problem });
    }
    const store = given.S3_PUBLIC_ENDPOINT ?? given.S3_ENDPOINT;
    if (store && readsAsUrl(store) && !isSecure(store)) {
      const problem =
        'with DEBUG=0 callers must reach the store by https:// (except on localhost): the addresses it signs are rights.';
      faults.push({ name: 'S3_PUBLIC_ENDPOINT', problem });
    }
    if (on('FETCH_LOOPBACK')) {
      const problem =
        'with DEBUG=0 a web page must not lead to this machine; remove it. It is for trying things out.';
      faults.push({ name: 'FETCH_LOOPBACK', problem });
    }
    if (on('DEMO_LOGIN') && !on('DEMO_LOGIN_IN_PRODUCTION')) {
      const problem =
        'with DEBUG=0 anyone could sign in by an e-mail address; remove it, or set DEMO_LOGIN_IN_PRODUCTION=1 too.';
      faults.push({ name: 'DEMO_LOGIN', problem });
    }
    if (on('DEMO_LOGIN_IN_PRODUCTION') && !on('DEMO_LOGIN')) {
      const problem = 'does nothing without DEMO_LOGIN=1; remove it, or set both.';
      faults.push({ name: 'DEMO_LOGIN_IN_PRODUCTION', problem });
    }
  }

  if (given.OPENAI_VISION_MODEL && !given.OPENAI_API_KEY && !given.OPENAI_BASE_URL)
    faults.push({
      name: 'OPENAI_VISION_MODEL',
      problem: 'does nothing without OPENAI_API_KEY or OPENAI_BASE_URL; set one, or remove it.',
    });
  if (given.ROLE === 'api' || given.ROLE === 'worker') {
    need('DATABASE_URL', 'is needed when ROLE is not all; the embedded database belongs to one process.');
  }
  needTogether(
    ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'],
    ['S3_PUBLIC_ENDPOINT', 'S3_REGION'],
  );
  if (given.S3_ENDPOINT && Number(given.MAX_UPLOAD_MB) > s3MostMegabytes) {
    const problem = `an S3 store takes at most ${s3MostMegabytes} MB in one piece; set that, or less.`;
    faults.push({ name: 'MAX_UPLOAD_MB', problem });
  }
  needTogether(['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'], []);
  if (given.OIDC_ISSUER && readsAsUrl(given.OIDC_ISSUER) && !isSecure(given.OIDC_ISSUER)) {
    faults.push({ name: 'OIDC_ISSUER', problem: 'must begin with https:// (except on localhost).' });
  }
  return faults;

  function needTogether(all: VariableName[], also: VariableName[]) {
    const set = [...all, ...also].filter((name) => given[name] !== undefined);
    if (set.length === 0) return;
    for (const name of all) need(name, `is needed with ${set.join(', ')}; set it, or remove those.`);
  }
}

function readsAsUrl(text: string): boolean {
  return /^https?:/i.test(text) && URL.canParse(text);
}

function toConfig(values: Values, given: Given): Config {
  const development = values.DEBUG;
  const hasModel = values.OPENAI_API_KEY !== undefined || values.OPENAI_BASE_URL !== undefined;
  const model = {
    baseUrl: values.OPENAI_BASE_URL,
    apiKey: values.OPENAI_API_KEY,
    model: values.OPENAI_MODEL,
    embeddingModel: values.OPENAI_EMBEDDING_MODEL,
    transcribeModel: values.OPENAI_TRANSCRIBE_MODEL,
    visionModel: values.OPENAI_VISION_MODEL,
  };
  return deepFreeze({
    mode: development ? 'development' : 'production',
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    s3: s3(values),
    secretKey: values.SECRET_KEY,
    publicUrl: values.PUBLIC_URL,
    corsOrigins: values.CORS_ORIGINS ?? (development ? developmentOrigins : []),
    trustProxy: values.TRUST_PROXY,
    role: values.ROLE,
    // A terminal in development is for people; what happened is asked for by LOG_LEVEL=info.
    logLevel: values.LOG_LEVEL ?? (development ? 'warn' : 'info'),
    metricsPort: metricsPort(values),
    rateLimits: values.RATE_LIMITS,
    maxUploadBytes: values.MAX_UPLOAD_MB * 1024 * 1024,
    fetchLoopback: values.FETCH_LOOPBACK,
    // In production the rules above let it through only when both switches are on.
    demoLogin: values.DEMO_LOGIN ?? development,
    model: hasModel ? model : undefined,
    oidc: oidc(values),
    tools: {
      testDatabaseUrl: values.TEST_DATABASE_URL,
      evalDir: values.EVAL_DIR,
      rayniUrl: values.RAYNI_URL,
      rayniToken: values.RAYNI_TOKEN,
    },
    given,
  });
}

/** Nobody collects figures of a server that somebody tries out. */
function metricsPort({ METRICS_PORT: given, DEBUG: development }: Values): number | undefined {
  if (given === 'off') return undefined;
  return given ?? (development ? undefined : 9464);
}

function s3(values: Values): Config['s3'] {
  const {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
  } = values;
  if (!endpoint || !bucket || !accessKey || !secretKey) return undefined;
  const publicEndpoint = values.S3_PUBLIC_ENDPOINT ?? endpoint;
  return { endpoint, publicEndpoint, region: values.S3_REGION, bucket, accessKey, secretKey };
}

function oidc(values: Values): Config['oidc'] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = values;
  return issuer && clientId && clientSecret ? { issuer, clientId, clientSecret } : undefined;
}

function masked(name: VariableName, text: string): string {
  if (secrets.has(name)) return `set (${text.length} characters)`;
  const url = name.endsWith('DATABASE_URL') ? URL.parse(text) : undefined;
  if (!url) return text;
  // Passwords may stand before the host and in the query.
  if (url.password) url.password = '********';
  for (const key of url.searchParams.keys()) if (/pass/i.test(key)) url.searchParams.set(key, '********');
  return url.href;
}

function defaultOf(name: VariableName, config: Config): string {
  const derived: Partial<Record<VariableName, string>> = {
    DATA_DIR: config.dataDir,
    DATABASE_URL: 'not set: embedded, below DATA_DIR',
    LOG_LEVEL: config.logLevel,
    METRICS_PORT: String(config.metricsPort ?? 'off'),
    RATE_LIMITS: Object.entries(config.rateLimits)
      .map(([name, rate]) => `${name}=${rate}`)
      .join(','),
    DEMO_LOGIN: config.demoLogin ? '1' : '0',
    PUBLIC_URL: `http://localhost:${config.port}`,
    CORS_ORIGINS: config.corsOrigins.join(', ') || 'none: same origin only',
  };
  const value = derived[name] ?? defaults[name];
  if (typeof value === 'boolean') return value ? '1' : '0';
  return (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value) : 'not set';
}

const defaults = environment.parse({});

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
