import type { openApi } from './open-api.ts';

type Document = ReturnType<typeof openApi>;
type Schema = {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
};
type Parameter = { name: string; in: string; required?: boolean; schema: Schema };
type Operation = {
  summary: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema & { required?: string[] } }> };
};

/**
 * The same paths as a Postman collection (format v2.1): a folder per first word of the path, one request per spelling. `url` is the only
 * variable that must be set; Postman keeps the cookie that the request for signing in gets.
 */
export function postman(document: Document) {
  const folders = new Map<string, object[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    const folder = path.split('/')[path.startsWith('/api/') ? 2 : 1]!;
    for (const [method, operation] of Object.entries(operations)) {
      folders.set(folder, [
        ...(folders.get(folder) ?? []),
        item(method.toUpperCase(), path, operation as Operation),
      ]);
    }
  }
  return {
    info: {
      name: document.info.title,
      description:
        'Made from the table of paths by `npm run postman`. Sign in with POST /api/auth/login first.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: [
      { key: 'url', value: 'http://localhost:8000' },
      { key: 'token', value: '' },
    ],
    item: [...folders].map(([name, items]) => ({ name, item: items })),
  };
}

function item(method: string, path: string, { summary, parameters, requestBody }: Operation) {
  const query = parameters
    .filter((each) => each.in === 'query')
    .map(({ name, required, schema }) => ({
      key: name,
      value: String(example(name, schema)),
      ...(required ? {} : { disabled: true }),
    }));
  const inPath = parameters.filter((each) => each.in === 'path');
  const segments = path
    .slice(1)
    .split('/')
    .map((segment) => segment.replace(/^\{(\w+)\}$/, ':$1'));
  return {
    name: `${method} ${path}`,
    request: {
      method,
      description: summary,
      header: [],
      url: {
        raw: `{{url}}/${segments.join('/')}`,
        host: ['{{url}}'],
        path: segments,
        ...(query.length > 0 && { query }),
        ...(inPath.length > 0 && { variable: inPath.map(({ name }) => ({ key: name, value: '' })) }),
      },
      ...(requestBody && { body: body(requestBody.content) }),
    },
  };
}

function body(content: NonNullable<Operation['requestBody']>['content']) {
  const form = content['multipart/form-data'];
  if (form) {
    return {
      mode: 'formdata',
      formdata: Object.entries(form.schema.properties ?? {}).map(([key, schema]) =>
        schema.type === 'array' ? { key, type: 'file', src: [] } : { key, type: 'text', value: '' },
      ),
    };
  }
  const schema = content['application/json']?.schema ?? {};
  return {
    mode: 'raw',
    raw: JSON.stringify(example('', schema), undefined, 2),
    options: { raw: { language: 'json' } },
  };
}

/** Something of that shape: the default, the first of a closed list, else the kind of value in pointed brackets. */
function example(name: string, schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [variant] = schema.oneOf ?? schema.anyOf ?? [];
  if (variant) return example(name, variant);
  if (schema.properties) {
    return Object.fromEntries(Object.entries(schema.properties).map(([key, of]) => [key, example(key, of)]));
  }
  switch (schema.type) {
    case 'array':
      return [];
    case 'object':
      return {};
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 1;
    case undefined:
    default:
      return `<${name}>`;
  }
}
