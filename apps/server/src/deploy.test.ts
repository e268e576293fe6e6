import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeConfig, parseConfig } from './config.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(root + path, 'utf8');
const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name!);

/** Every variable the configuration knows. */
const variables = describeConfig(parseConfig({})).map(({ name }) => name);
const tools = ['TEST_DATABASE_URL', 'EVAL_DIR', 'RAYNI_URL', 'RAYNI_TOKEN'];

describe('.env.example', () => {
  const given = names(read('.env.example'), /^# ?([A-Z][A-Z\d_]+)=/gm);

  it('lists every variable once, and no other', () => {
    expect(given.toSorted()).toEqual(variables.toSorted());
  });

  it('sets nothing', () => {
    expect(names(read('.env.example'), /^([^#\n].*)$/gm)).toEqual([]);
  });

  it('is a configuration as it stands, with every line switched on that needs no secret', () => {
    const lines = [...read('.env.example').matchAll(/^# ([A-Z][A-Z\d_]+)=(.+)$/gm)];
    const all = Object.fromEntries(lines.map(([, name, value]) => [name!, value!]));
    const secrets = { OPENAI_API_KEY: 'secret', S3_SECRET_KEY: 'secret', OIDC_CLIENT_SECRET: 'secret' };
    expect(() => parseConfig({ ...all, ...secrets })).not.toThrow();
  });
});

describe('docker-compose.yml', () => {
  const compose = read('docker-compose.yml');

  it('passes every variable of the server on', () => {
    const passed = new Set(names(compose, /^ {2,6}([A-Z][A-Z\d_]+): /gm));
    // These three the image sets.
    const missing = variables.filter((name) => !passed.has(name) && !tools.includes(name));
    expect(missing).toEqual(['HOST', 'PORT', 'DATA_DIR']);
  });

  it('publishes ports on loopback alone', () => {
    const published = names(compose, /^ +- ["'](.*:\d+)["']$/gm);
    expect(published).toHaveLength(2);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('Dockerfile', () => {
  it('copies the manifest of every workspace before it installs', () => {
    const copied = names(read('Dockerfile'), /^COPY (\S+\/package\.json) /gm);
    const there = ['apps', 'packages'].flatMap((group) =>
      readdirSync(root + group).map((name) => `${group}/${name}/package.json`),
    );
    const manifests = [
      ...there.filter((path) => existsSync(root + path)),
      'packages/client/src/package.json',
    ];
    expect(copied.toSorted()).toEqual(manifests.toSorted());
  });
});
