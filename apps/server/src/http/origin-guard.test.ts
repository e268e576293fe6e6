import { describe, expect, it } from 'vitest';
import { foreignRequest } from './origin-guard.ts';

const allowed = { own: 'https://lab.example', others: ['http://localhost:3000'] };
const from = (headers: Record<string, string>, method = 'POST', route = '/trpc/:path') =>
  foreignRequest({ method, headers }, route, allowed) === undefined;

describe('a request that acts', () => {
  it.each([
    ['from a script, with neither header', {}, true],
    ['from our own page', { 'sec-fetch-site': 'same-origin', origin: 'https://lab.example' }, true],
    [
      'from our own page under another name of this host',
      { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1' },
      true,
    ],
    ['from an allowed front end', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }, true],
    ['from an allowed front end in an old browser', { origin: 'http://localhost:3000' }, true],
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
    ['from another site in an old browser', { origin: 'https://evil.example' }, false],
    ['from a sibling site', { 'sec-fetch-site': 'same-site', origin: 'https://evil.lab.example' }, false],
    ['from a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }, false],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }, false],
  ])('%s', (_name, headers, passes) => {
    expect(from(headers)).toBe(passes);
  });
});

describe('a request that only reads', () => {
  it('passes from anywhere: what it returns is kept from foreign pages by CORS', () => {
    expect(
      from({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'GET', '/api/instruments/'),
    ).toBe(true);
  });
});

describe('GET /stream/chat, which asks', () => {
  const ask = (headers: Record<string, string>) => from(headers, 'GET', '/stream/chat');
  it.each([
    ['a script', {}, true],
    ['an EventSource of ours', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, true],
    ['an image on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, false],
    ['a link that is opened', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, false],
    ['a prefetch of an old browser', { 'x-moz': 'prefetch' }, false],
    ['a prefetch', { 'sec-fetch-site': 'same-origin', 'sec-purpose': 'prefetch' }, false],
  ])('%s', (_name, headers, passes) => {
    expect(ask(headers)).toBe(passes);
  });
});
