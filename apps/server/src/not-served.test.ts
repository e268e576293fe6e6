import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { notServed } from './not-served.ts';

it('names every variable whose work is not done yet, and nothing in a usual configuration', () => {
  expect(notServed(parseConfig({}))).toEqual([]);
  const wanted = notServed(
    parseConfig({
      ROLE: 'worker',
      DATABASE_URL: 'postgres://localhost/rayni',
      S3_ENDPOINT: 'http://localhost:9000',
      S3_BUCKET: 'b',
      S3_ACCESS_KEY: 'a',
      S3_SECRET_KEY: 's',
      OIDC_ISSUER: 'https://login.example.org',
      OIDC_CLIENT_ID: 'c',
      OIDC_CLIENT_SECRET: 's',
    }),
  );
  expect(wanted.map((line) => line.split(':')[0])).toEqual(['OIDC_ISSUER']);
});
