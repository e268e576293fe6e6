import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig, type VariableName } from './config.ts';

type Variables = Partial<Record<VariableName, string>>;

const DEBUG = '0';
const SECRET_KEY = 'k'.repeat(32);
const PUBLIC_URL = 'https://rayni.example.org';
const production: Variables = { DEBUG, SECRET_KEY, PUBLIC_URL };

const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
const [, publishedKey = ''] = /S3_SECRET_KEY: \$\{S3_SECRET_KEY:-([^}]+)\}/.exec(compose) ?? [];
const s3: Variables = {
  S3_ENDPOINT: 'http://objects:8333',
  S3_PUBLIC_ENDPOINT: 'https://files.example.org',
  S3_BUCKET: 'rayni',
  S3_ACCESS_KEY: 'rayni',
  S3_SECRET_KEY: 'hush-hush',
};

/** The names with a fault, sorted; none where the process would start. */
function faultsOf(variables: Variables): string[] {
  try {
    parseConfig(variables);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ name }) => name).sort();
  }
}

describe('production refuses to start', () => {
  const unsafe: [string, Variables, VariableName[]][] = [
    ['without a key and an address', { DEBUG }, ['PUBLIC_URL', 'SECRET_KEY']],
    ['without a key', { DEBUG, PUBLIC_URL }, ['SECRET_KEY']],
    ['with an empty key', { ...production, SECRET_KEY: '' }, ['SECRET_KEY']],
    ['with a blank key', { ...production, SECRET_KEY: ' '.repeat(40) }, ['SECRET_KEY']],
    ['with a key of 31 characters', { ...production, SECRET_KEY: 'k'.repeat(31) }, ['SECRET_KEY']],
    [
      'with a key that is long by its blanks',
      { ...production, SECRET_KEY: `${'k'.repeat(31)}  ` },
      ['SECRET_KEY'],
    ],
    ['without an address', { DEBUG, SECRET_KEY }, ['PUBLIC_URL']],
    [
      'with an address without TLS',
      { ...production, PUBLIC_URL: 'http://rayni.example.org' },
      ['PUBLIC_URL'],
    ],
    ['with an address without a scheme', { ...production, PUBLIC_URL: 'rayni.example.org' }, ['PUBLIC_URL']],
    [
      'with an address that names a user',
      { ...production, PUBLIC_URL: 'https://a:b@rayni.example.org' },
      ['PUBLIC_URL'],
    ],
    ['with demo login on, on purpose or not', { ...production, DEMO_LOGIN: '1' }, ['DEMO_LOGIN']],
    [
      'with demo login allowed, but not on',
      { ...production, DEMO_LOGIN_IN_PRODUCTION: '1' },
      ['DEMO_LOGIN_IN_PRODUCTION'],
    ],
    [
      'with demo login allowed and off',
      { ...production, DEMO_LOGIN: '0', DEMO_LOGIN_IN_PRODUCTION: '1' },
      ['DEMO_LOGIN_IN_PRODUCTION'],
    ],
    ['with demo login neither on nor off', { ...production, DEMO_LOGIN: 'yes' }, ['DEMO_LOGIN']],
    ['with every origin allowed', { ...production, CORS_ORIGINS: '*' }, ['CORS_ORIGINS']],
    [
      'with every origin allowed among others',
      { ...production, CORS_ORIGINS: 'https://a.example, *' },
      ['CORS_ORIGINS'],
    ],
    [
      'with every origin of a domain allowed',
      { ...production, CORS_ORIGINS: 'https://*.example' },
      ['CORS_ORIGINS'],
    ],
    ['with the origin of sandboxed pages allowed', { ...production, CORS_ORIGINS: 'null' }, ['CORS_ORIGINS']],
    ['with the origin of files allowed', { ...production, CORS_ORIGINS: 'file://' }, ['CORS_ORIGINS']],
    ['with every proxy trusted', { ...production, TRUST_PROXY: 'true' }, ['TRUST_PROXY']],
    ['with every proxy trusted, by a number of hops', { ...production, TRUST_PROXY: '1' }, ['TRUST_PROXY']],
    ['with every proxy trusted, by a star', { ...production, TRUST_PROXY: '*' }, ['TRUST_PROXY']],
    ['with every IPv4 address trusted', { ...production, TRUST_PROXY: '0.0.0.0/0' }, ['TRUST_PROXY']],
    ['with every IPv6 address trusted', { ...production, TRUST_PROXY: '10.0.0.1 ::/0' }, ['TRUST_PROXY']],
    ['with a proxy by its name', { ...production, TRUST_PROXY: 'nginx' }, ['TRUST_PROXY']],
    [
      'with a sign-in service without TLS',
      { ...production, OIDC_ISSUER: 'http://id.example', OIDC_CLIENT_ID: 'a', OIDC_CLIENT_SECRET: 's' },
      ['OIDC_ISSUER'],
    ],
    [
      'with half a sign-in service',
      { ...production, OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'a' },
      ['OIDC_CLIENT_SECRET'],
    ],
    [
      'with the key of an S3 store that docker-compose.yml shows to everybody',
      { ...production, ...s3, S3_SECRET_KEY: publishedKey },
      ['S3_SECRET_KEY'],
    ],
    [
      'with signed addresses of documents that go without TLS',
      { ...production, ...s3, S3_PUBLIC_ENDPOINT: 'http://files.example.org' },
      ['S3_PUBLIC_ENDPOINT'],
    ],
    [
      'with the only address of its S3 store without TLS',
      { ...production, ...s3, S3_PUBLIC_ENDPOINT: '' },
      ['S3_PUBLIC_ENDPOINT'],
    ],
    ['with a part of it on the embedded database', { ...production, ROLE: 'api' }, ['DATABASE_URL']],
  ];
  test('with nothing wrong it does start', () => {
    expect(faultsOf(production)).toEqual([]);
    expect(faultsOf({ ...production, ...s3 })).toEqual([]);
  });

  test.each(unsafe)('%s', (_name, variables, faults) => expect(faultsOf(variables)).toEqual(faults));

  test.each(['0', 'false', 'FALSE', ' 0 '])('with DEBUG %j as well', (off) =>
    expect(faultsOf({ DEBUG: off, SECRET_KEY: 'short', PUBLIC_URL: 'http://rayni.example.org' })).toEqual([
      'PUBLIC_URL',
      'SECRET_KEY',
    ]),
  );

  test.each(['off', 'no', 'production', '2'])('with DEBUG %j, whatever it means', (DEBUG) =>
    expect(faultsOf({ ...production, DEBUG })).toEqual(['DEBUG']),
  );
});
