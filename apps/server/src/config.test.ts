import { fc, test as property } from '@fast-check/vitest';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, describeConfig, parseConfig } from './config.ts';
import type { VariableName } from './config.ts';

type Variables = Partial<Record<VariableName, string>>;

const longKey = 'k'.repeat(32);
const production: Variables = { DEBUG: '0', SECRET_KEY: longKey, PUBLIC_URL: 'https://rayni.example.org' };

/** The names with a fault, sorted; none when the variables are good. */
function faultsOf(variables: Variables): string[] {
  try {
    parseConfig(variables);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ name }) => name).sort();
  }
}

function messageOf(variables: Variables): string {
  try {
    parseConfig(variables);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('without any variable', () => {
  test('is development on this machine with the documented defaults', () => {
    expect(parseConfig({})).toMatchObject({
      mode: 'development',
      host: '127.0.0.1',
      port: 8000,
      dataDir: resolve('.data'),
      databaseUrl: undefined,
      s3: undefined,
      secretKey: undefined,
      publicUrl: undefined,
      corsOrigins: ['http://localhost:3000', 'http://localhost:3001', 'http://localhost:5173'],
      trustProxy: [],
      role: 'all',
      logLevel: 'warn',
      metricsPort: undefined,
      rateLimits: { login: 30, questions: 60, feedback: 20, uploads: 60, answers: 3, streams: 10 },
      maxUploadBytes: 2048 * 1024 * 1024,
      fetchLoopback: false,
      demoLogin: true,
      model: undefined,
      oidc: undefined,
    });
  });

  test('empty and blank text counts as not set, for every variable', () => {
    const names = describeConfig(parseConfig({})).map(({ name }) => name);
    expect(names).toHaveLength(36);
    const blank = Object.fromEntries(names.map((name, i) => [name, ' '.repeat(i % 3)]));
    expect(parseConfig(blank)).toEqual(parseConfig({}));
  });

  test('variables of others are not looked at, NODE_ENV included', () => {
    expect(parseConfig({ NODE_ENV: 'production', HOME: '/root' })).toEqual(parseConfig({}));
  });

  test('the result is frozen all the way down', () => {
    const config = parseConfig({ OPENAI_API_KEY: 'k' });
    for (const part of [config, config.model, config.corsOrigins, config.tools, config.given]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('limits', () => {
  test('are the defaults but for those that are named, and may be switched off one by one', () => {
    const { rateLimits } = parseConfig({ RATE_LIMITS: 'login=5, uploads=off streams=2' });
    expect(rateLimits).toEqual({
      login: 5,
      questions: 60,
      feedback: 20,
      uploads: Number.POSITIVE_INFINITY,
      answers: 3,
      streams: 2,
    });
  });

  test.each(['login=0', 'login', 'login=-1', 'logins=3', 'login=3.5', 'login=off=1', 'constructor=1'])(
    'given as %s are refused',
    (RATE_LIMITS) => expect(faultsOf({ RATE_LIMITS })).toEqual(['RATE_LIMITS']),
  );
});

describe('figures', () => {
  test('are told in production, and in development when a port is given', () => {
    expect(parseConfig(production).metricsPort).toBe(9464);
    expect(parseConfig({ ...production, METRICS_PORT: 'off' }).metricsPort).toBeUndefined();
    expect(parseConfig({ METRICS_PORT: '9999' }).metricsPort).toBe(9999);
    for (const METRICS_PORT of ['0', '65536', 'on'])
      expect(faultsOf({ METRICS_PORT })).toEqual(['METRICS_PORT']);
  });
});

describe('production', () => {
  test('starts with a key and an https address, without demo login and with no origin but its own', () => {
    expect(parseConfig(production)).toMatchObject({ mode: 'production', demoLogin: false, corsOrigins: [] });
  });

  test('fetches no web page of its own machine, whatever is asked for', () => {
    expect(parseConfig({ FETCH_LOOPBACK: '1' }).fetchLoopback).toBe(true);
    expect(faultsOf({ ...production, FETCH_LOOPBACK: '1' })).toEqual(['FETCH_LOOPBACK']);
    expect(faultsOf({ ...production, FETCH_LOOPBACK: '0' })).toEqual([]);
  });

  test('wants 32 characters of key', () => {
    expect(faultsOf({ ...production, SECRET_KEY: 'k'.repeat(31) })).toEqual(['SECRET_KEY']);
    expect(faultsOf({ SECRET_KEY: 'short' })).toEqual([]);
  });

  test.each([
    ['https://rayni.example.org', true],
    ['http://rayni.example.org', false],
    ['http://localhost:8000', true],
    ['http://127.0.0.1:8000', true],
    ['http://[::1]:8000', true],
    ['http://localhost.example.org', false],
    ['http://127.0.0.1.example.org', false],
    ['http://10.0.0.7', false],
  ])('with PUBLIC_URL %s: %s', (PUBLIC_URL, good) => {
    expect(faultsOf({ ...production, PUBLIC_URL })).toEqual(good ? [] : ['PUBLIC_URL']);
    expect(faultsOf({ PUBLIC_URL })).toEqual([]);
  });

  const switches = [undefined, '0', '1'];
  test.each(switches.flatMap((login) => switches.map((inProduction) => [login, inProduction] as const)))(
    'DEMO_LOGIN %s with DEMO_LOGIN_IN_PRODUCTION %s: on together, off together, refused otherwise',
    (login, inProduction) => {
      const variables = {
        ...production,
        ...(login ? { DEMO_LOGIN: login } : {}),
        ...(inProduction ? { DEMO_LOGIN_IN_PRODUCTION: inProduction } : {}),
      };
      if ((login === '1') === (inProduction === '1')) {
        expect(parseConfig(variables).demoLogin).toBe(login === '1');
      } else {
        expect(faultsOf(variables)).toEqual([login === '1' ? 'DEMO_LOGIN' : 'DEMO_LOGIN_IN_PRODUCTION']);
      }
    },
  );

  test('in development demo login is on, and may be switched off', () => {
    expect(parseConfig({ DEBUG: '1' }).demoLogin).toBe(true);
    expect(parseConfig({ DEMO_LOGIN: '0' }).demoLogin).toBe(false);
  });
});

describe('the model', () => {
  test('is there with a key alone, with a base URL alone, and not with names alone', () => {
    expect(parseConfig({ OPENAI_API_KEY: 'sk-1' }).model).toEqual({
      apiKey: 'sk-1',
      baseUrl: undefined,
      model: 'gpt-4o-mini',
      embeddingModel: 'text-embedding-3-small',
      transcribeModel: 'whisper-1',
      visionModel: undefined,
    });
    const local = { OPENAI_BASE_URL: 'http://localhost:11434/v1/', OPENAI_MODEL: 'llama' };
    expect(parseConfig(local).model).toMatchObject({
      apiKey: undefined,
      baseUrl: 'http://localhost:11434/v1',
      model: 'llama',
    });
    expect(parseConfig({ OPENAI_MODEL: 'gpt-4o' }).model).toBeUndefined();
  });

  test('a model that sees is refused where it cannot be reached', () => {
    expect(faultsOf({ OPENAI_VISION_MODEL: 'v' })).toEqual(['OPENAI_VISION_MODEL']);
    expect(parseConfig({ OPENAI_VISION_MODEL: 'v', OPENAI_API_KEY: 'k' }).model?.visionModel).toBe('v');
  });
});

describe('lists', () => {
  test('are separated by commas or spaces', () => {
    expect(parseConfig({ CORS_ORIGINS: 'https://a.org, http://localhost:3000/' }).corsOrigins).toEqual([
      'https://a.org',
      'http://localhost:3000',
    ]);
    const TRUST_PROXY = '10.0.0.1, 10.1.0.0/16 fd00::/8';
    expect(parseConfig({ TRUST_PROXY }).trustProxy).toEqual(['10.0.0.1', '10.1.0.0/16', 'fd00::/8']);
  });

  test.each(['*', 'https://a.org/path', 'a.org', 'https://u:p@a.org', 'null', 'https://a.org,*'])(
    'CORS_ORIGINS %s is refused',
    (CORS_ORIGINS) => expect(faultsOf({ CORS_ORIGINS })).toEqual(['CORS_ORIGINS']),
  );

  test.each([
    'true',
    '1',
    'loopback',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.1/',
    '10.0.0',
    'fd00::/129',
  ])('TRUST_PROXY %s is refused', (TRUST_PROXY) =>
    expect(faultsOf({ TRUST_PROXY })).toEqual(['TRUST_PROXY']),
  );
});

describe('what belongs together', () => {
  const s3: Variables = {
    S3_ENDPOINT: 'https://s3.example.org',
    S3_BUCKET: 'rayni',
    S3_ACCESS_KEY: 'a',
    S3_SECRET_KEY: 's',
  };
  const oidc: Variables = {
    OIDC_ISSUER: 'https://id.example.org/realm',
    OIDC_CLIENT_ID: 'rayni',
    OIDC_CLIENT_SECRET: 's',
  };

  test('an object store', () => {
    expect(parseConfig(s3).s3).toEqual({
      endpoint: 'https://s3.example.org',
      publicEndpoint: 'https://s3.example.org',
      region: 'us-east-1',
      bucket: 'rayni',
      accessKey: 'a',
      secretKey: 's',
    });
    expect(faultsOf({ ...s3, MAX_UPLOAD_MB: '5121' })).toEqual(['MAX_UPLOAD_MB']);
    expect(faultsOf({ ...s3, MAX_UPLOAD_MB: '5120' })).toEqual([]);
    expect(faultsOf({ S3_REGION: 'eu-west-1' })).toEqual([
      'S3_ACCESS_KEY',
      'S3_BUCKET',
      'S3_ENDPOINT',
      'S3_SECRET_KEY',
    ]);
  });

  test('a sign-in service, over https unless it is on this machine', () => {
    expect(parseConfig(oidc).oidc).toEqual({
      issuer: 'https://id.example.org/realm',
      clientId: 'rayni',
      clientSecret: 's',
    });
    expect(parseConfig({ ...oidc, OIDC_ISSUER: 'https://id.example.org/a/' }).oidc?.issuer).toBe(
      'https://id.example.org/a/',
    );
    expect(faultsOf({ ...oidc, OIDC_ISSUER: 'http://id.example.org' })).toEqual(['OIDC_ISSUER']);
    expect(faultsOf({ ...oidc, OIDC_ISSUER: 'http://localhost:8080' })).toEqual([]);
  });

  property.prop([fc.subarray(Object.entries({ ...s3, ...oidc }))])(
    'any part of them names exactly the missing rest',
    (part) => {
      const given = Object.fromEntries(part);
      const missing = [s3, oidc].flatMap((group) => {
        const rest = Object.keys(group).filter((name) => !(name in given));
        return rest.length === Object.keys(group).length ? [] : rest;
      });
      expect(faultsOf(given)).toEqual(missing.sort());
    },
  );

  test('a part of the server alone needs a database that others can reach', () => {
    expect(faultsOf({ ROLE: 'worker' })).toEqual(['DATABASE_URL']);
    expect(parseConfig({ ROLE: 'api', DATABASE_URL: 'postgres://u:p@db/rayni' })).toMatchObject({
      role: 'api',
      databaseUrl: 'postgres://u:p@db/rayni',
    });
  });
});

const bad: Variables = {
  PORT: '80a',
  DATABASE_URL: 'mysql://secret-in-url@db/rayni',
  PUBLIC_URL: 'https://rayni.example.org/path',
  CORS_ORIGINS: '*',
  TRUST_PROXY: 'true',
  ROLE: 'everything',
  LOG_LEVEL: 'loud',
  METRICS_PORT: '65536',
  MAX_UPLOAD_MB: '0',
  FETCH_LOOPBACK: 'perhaps',
  DEMO_LOGIN: 'maybe',
  DEMO_LOGIN_IN_PRODUCTION: '2',
  OPENAI_API_KEY: 'sk-secret\nwith-line',
  OPENAI_BASE_URL: 'http://user:secret-in-url@host/v1',
  S3_ENDPOINT: 's3.example.org',
  S3_PUBLIC_ENDPOINT: 'https://s3.example.org/bucket',
  S3_ACCESS_KEY: 'a b',
  S3_SECRET_KEY: 'secret ü',
  OIDC_ISSUER: 'id.example.org',
  TEST_DATABASE_URL: 'postgres://host-without-database',
  RAYNI_URL: 'ftp://rayni',
  RAYNI_TOKEN: 'secret token',
};

describe('all faults at once', () => {
  property.prop([fc.subarray(Object.entries(bad)), fc.boolean()], { numRuns: 300 })(
    'any set of bad variables is reported completely, in production with what is missing there',
    (chosen, inProduction) => {
      const variables: Variables = { ...Object.fromEntries(chosen), ...(inProduction ? { DEBUG: '0' } : {}) };
      const names = chosen.map(([name]) => name);
      const missing = new Set<string>(names);
      if (inProduction) for (const name of ['SECRET_KEY', 'PUBLIC_URL']) missing.add(name);
      if (names.some((name) => name.startsWith('S3_'))) {
        for (const name of ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY']) missing.add(name);
      }
      if (names.includes('OIDC_ISSUER'))
        for (const name of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET']) missing.add(name);
      expect(faultsOf(variables)).toEqual(Array.from(missing).sort());
    },
  );

  test('each is one line with its name, and no line repeats a value', () => {
    const lines = messageOf({ ...bad, DEBUG: '0' }).split('\n');
    expect(lines.length).toBeGreaterThan(Object.keys(bad).length);
    for (const line of lines)
      expect(line).toMatch(/^[A-Z0-9_]+: [a-z].*[.=0-9]$|^SECRET_KEY: .*openssl rand -base64 32$/);
    expect(lines.join('\n')).not.toMatch(/secret-in-url|sk-secret|secret token|secret ü/);
  });

  test('a switch that is neither on nor off is no production and no development', () => {
    expect(faultsOf({ DEBUG: 'maybe' })).toEqual(['DEBUG']);
  });
});

describe('describeConfig', () => {
  test('shows effective values and where they are from', () => {
    const rows = describeConfig(parseConfig({ PORT: '9000', CORS_ORIGINS: 'https://a.org' }));
    const row = (name: VariableName) => rows.find((each) => each.name === name);
    expect(row('PORT')).toEqual({ name: 'PORT', value: '9000', source: 'environment' });
    expect(row('HOST')).toEqual({ name: 'HOST', value: '127.0.0.1', source: 'default' });
    expect(row('PUBLIC_URL')?.value).toBe('http://localhost:9000');
    expect(row('SECRET_KEY')?.source).toBe('generated');
    expect(row('OPENAI_API_KEY')).toEqual({ name: 'OPENAI_API_KEY', value: 'not set', source: 'default' });
    expect(row('DEMO_LOGIN')?.value).toBe('1');
  });

  test('masks every secret', () => {
    const rows = describeConfig(
      parseConfig({
        SECRET_KEY: 'hush-hush-hush',
        OPENAI_API_KEY: 'hush',
        DATABASE_URL: 'postgres://rayni:hush@db/rayni?sslpassword=hush',
        TEST_DATABASE_URL: 'postgres://rayni:hush@db/test',
        S3_ENDPOINT: 'https://s3.example.org',
        S3_BUCKET: 'rayni',
        S3_ACCESS_KEY: 'hush',
        S3_SECRET_KEY: 'hush',
        OIDC_ISSUER: 'https://id.example.org',
        OIDC_CLIENT_ID: 'rayni',
        OIDC_CLIENT_SECRET: 'hush',
        RAYNI_TOKEN: 'hush',
      }),
    );
    expect(JSON.stringify(rows)).not.toContain('hush');
    expect(rows).toContainEqual({
      name: 'OPENAI_API_KEY',
      value: 'set (4 characters)',
      source: 'environment',
    });
    expect(rows.find(({ name }) => name === 'DATABASE_URL')?.value).toContain(
      'postgres://rayni:********@db/rayni',
    );
  });
});
