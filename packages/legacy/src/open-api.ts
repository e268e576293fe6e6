import { errorCode } from '@rayni/contract';
import { z } from 'zod';
import type { Row } from './rows.ts';

/** The OpenAPI 3.1 document of these rows: every spelling of every path, what is parsed there and what comes back. */
export function openApi(table: readonly Row[], { version }: { version: string }) {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = { Error: jsonSchema(errorBody, 'output') };
  for (const row of table) {
    for (const path of row.paths) {
      const item = (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {});
      item[row.method.toLowerCase()] = operation(row, path);
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Rayni: the REST and SSE dialect', version },
    servers: [{ url: '/' }],
    paths,
    components: { schemas },
  };
}

const errorBody = z.object({
  detail: z.string(),
  code: errorCode,
  errors: z.record(z.string(), z.array(z.string())).optional(),
  request_id: z.string().optional(),
});

function operation(row: Row, path: string) {
  const { properties = {}, required = [], ...rest } = jsonSchema(row.input, 'input');
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map(([, name]) => name));
  const sent = Object.entries(properties).filter(([name]) => !inPath.has(name));
  const inQuery = row.method === 'GET' ? sent : [];
  const inBody = row.method === 'GET' ? [] : sent;
  const aliases = Object.entries(row.aliases).map(
    ([other, field]) => `\`${other}\` is accepted for \`${field}\`.`,
  );
  // What comes in several kinds has its fields in each of them.
  const kinds = row.method !== 'GET' && 'oneOf' in rest;
  const body = kinds
    ? rest
    : {
        ...rest,
        properties: Object.fromEntries(inBody),
        required: required.filter((name) => !inPath.has(name)),
      };
  return {
    summary: row.summary,
    ...(aliases.length > 0 && { description: aliases.join(' ') }),
    parameters: [
      ...[...inPath].map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...inQuery.map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema })),
      ...(row.kind === 'sse' ? [{ name: 'Last-Event-ID', in: 'header', schema: { type: 'string' } }] : []),
    ],
    ...((kinds || inBody.length > 0) && {
      requestBody: { content: contentOf(row, body, body.properties) },
    }),
    responses: {
      ...success(row),
      default: {
        description: 'An error.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

/** What a body may be: a form with files where the row takes files, else JSON or a plain form. */
function contentOf(row: Row, body: object, fields: unknown): Record<string, object> {
  if (row.kind !== 'json' || !row.files) {
    return {
      'application/json': { schema: body },
      'application/x-www-form-urlencoded': { schema: body },
    };
  }
  const files = { type: 'array', items: { type: 'string', format: 'binary' } };
  const properties = Object.assign({}, fields, { [row.files.field]: files });
  return { 'multipart/form-data': { schema: { type: 'object', ...body, properties } } };
}

function success(row: Row): Record<string, object> {
  if (row.kind === 'redirect') {
    return { 302: { description: row.summary, headers: { Location: { schema: { type: 'string' } } } } };
  }
  if (row.kind === 'sse') {
    return {
      200: {
        description: 'Events `start`, `token`, `done` and `error`; the id of each resumes after it.',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      204: { description: 'The answer was already delivered whole.' },
    };
  }
  if (row.status === 204) return { 204: { description: row.summary } };
  const schema = jsonSchema(row.shape, 'output');
  return { [row.status]: { description: row.summary, content: { 'application/json': { schema } } } };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...bare } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // What an ill-formed id is replaced by is nobody's default.
      if (zodSchema._zod.def.type === 'catch') delete jsonSchema.default;
    },
  });
  return bare;
}
