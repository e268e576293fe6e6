import type { FastifyInstance } from 'fastify';
import { Refused } from './errors.ts';

/** Bodies of this dialect: JSON objects and forms, an empty one is an empty object; anything else is a 415. */
export function acceptBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, objectOf(String(body)));
    } catch (error) {
      done(error instanceof Refused ? error : new Refused('BAD_REQUEST', 'The body is not valid JSON.'));
    }
  });
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, formOf(String(body))),
  );
}

function objectOf(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused('BAD_REQUEST', 'The body has to be a JSON object.');
  }
  return { ...value };
}

/** A name that comes more than once becomes a list, as in a query. */
function formOf(text: string): Record<string, unknown> {
  const form = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}
