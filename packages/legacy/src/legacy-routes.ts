import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { Caller } from '@rayni/api';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { acceptFiles, type FilePort, withFiles } from './attached-files.ts';
import { acceptBodies } from './bodies.ts';
import { type ErrorOf, problemOf, Refused } from './errors.ts';
import { openApi } from './open-api.ts';
import type { Method, Raw, Row } from './rows.ts';
import { serveStream, type StreamTimes, streamTimes } from './stream.ts';
import { table } from './table.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers with a stream that stays open. */
    stream?: boolean;
  }
}

export type LegacyOptions = {
  /** The product, called as whoever sent this request. `signal` ends with the connection: waiting stops, what was begun goes on. */
  callerOf: (request: FastifyRequest, reply: FastifyReply, signal: AbortSignal) => Caller | Promise<Caller>;
  requestIdOf: (request: FastifyRequest) => string;
  errorOf: ErrorOf;
  version: string;
  /** Where callers reach this server; used in `Link` headers. */
  publicUrl: () => string;
  /** Where the files of multipart bodies go. */
  files: FilePort;
  times?: StreamTimes;
};

/**
 * The REST and SSE dialect as one Fastify plugin, to be registered in a scope of its own on a host with
 * `routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5000 }`.
 */
export function legacyRoutes(options: LegacyOptions): FastifyPluginAsync {
  return async (scope) => {
    acceptBodies(scope);
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', options.requestIdOf(request));
      reply.header('cache-control', 'no-store');
    });
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply));
    const brings = (row: Row) => row.kind === 'json' && row.files !== undefined;
    for (const row of table.filter((each) => !brings(each))) serve(scope, row);
    await scope.register(async (inner) => {
      await acceptFiles(inner);
      for (const row of table.filter(brings)) serve(inner, row);
    });
    for (const [path, methods] of methodsByPath()) serveOtherMethods(scope, path, methods);
    // Known only by its prefix: answered before a body is read.
    const unknown = async () => {
      throw new Refused('NOT_FOUND', 'Not found.');
    };
    scope.all('/api/*', { onRequest: unknown }, unknown);
    await scope.register(documentation, options);
  };

  function serve(scope: FastifyInstance, row: Row) {
    for (const url of row.paths) {
      scope.route({
        method: row.method,
        url,
        // HEAD on the stream would ask a question whose answer nobody reads.
        exposeHeadRoute: row.kind !== 'sse',
        config: { stream: row.kind === 'sse' },
        errorHandler: (error, request, reply) => answerError(error, request, reply, row),
        handler: (request, reply) => handle(row, request, reply),
      });
    }
  }

  async function handle(row: Row, request: FastifyRequest, reply: FastifyReply) {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const api = await options.callerOf(request, reply, gone.signal);
    const raw = rawOf(request, row);
    if (row.kind === 'redirect') return reply.redirect(await row.run(api, raw), 302);
    if (row.kind === 'sse') {
      const times = options.times ?? streamTimes;
      await serveStream(row, api, raw, request, reply, { signal: gone.signal, times });
      return reply;
    }
    const url = new URL(request.url, options.publicUrl());
    const run = (sent: Raw) => row.run(api, withAliases({ ...raw, ...sent }, row), url);
    const { body, headers } =
      row.files && request.isMultipart()
        ? await withFiles({ request, reply, port: options.files }, api, row.files, run)
        : await run({});
    return reply.code(row.status).headers(headers).send(body);
  }

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, row?: Row) {
    const requestId = options.requestIdOf(request);
    const { status, headers, body } = problemOf(error, options.errorOf, requestId, row?.aliases);
    if (status >= 500) request.log.error({ err: error, requestId }, 'A request failed');
    void reply
      .code(status)
      .headers(headers)
      .send(row?.kind === 'json' ? row.errorBody(body) : body);
  }
}

/** Path parameters win: they are what was asked for. An empty filter in a query is no filter. */
function rawOf(request: FastifyRequest, row: Row): Raw {
  const query = Object.entries(fields(request.query)).filter(([, value]) => value !== '');
  return withAliases(
    { ...Object.fromEntries(query), ...fields(request.body), ...fields(request.params) },
    row,
  );
}

function withAliases(raw: Raw, row: Row): Raw {
  for (const [other, field] of Object.entries(row.aliases)) raw[field] ??= raw[other] ?? raw[field];
  return raw;
}

const fields = (sent: unknown): Raw => (typeof sent === 'object' && sent !== null ? { ...sent } : {});

/** Everything on a known path that is not one of its methods: 405, and 204 for OPTIONS, both with `Allow`. */
function serveOtherMethods(
  scope: FastifyInstance,
  url: string,
  methods: { allowed: string[]; others: string[] },
) {
  const allow = methods.allowed.join(', ');
  const refuse = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('allow', allow);
    if (request.method === 'OPTIONS') return reply.code(204).send();
    throw new Refused('METHOD_NOT_ALLOWED', `Method ${request.method} is not allowed here.`);
  };
  scope.route({ method: methods.others, url, exposeHeadRoute: false, onRequest: refuse, handler: refuse });
}

const allMethods: (Method | 'HEAD' | 'OPTIONS')[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

function methodsByPath() {
  const served = new Map<string, Set<string>>();
  for (const row of table) {
    for (const path of row.paths) {
      const methods = served.get(path) ?? new Set(['OPTIONS']);
      methods.add(row.method);
      if (row.method === 'GET' && row.kind !== 'sse') methods.add('HEAD');
      served.set(path, methods);
    }
  }
  return [...served].map(([path, methods]) => {
    const allowed = allMethods.filter((method) => methods.has(method));
    const others = allMethods.filter((method) => method === 'OPTIONS' || !methods.has(method));
    return [path, { allowed, others }] as const;
  });
}

const documentation: FastifyPluginAsync<{ version: string }> = async (scope, { version }) => {
  const document = openApi(table, { version });
  scope.get('/api/schema/', (_request, reply) => reply.header('cache-control', 'no-cache').send(document));
  await scope.register(swagger, { mode: 'static', specification: { document } });
  await scope.register(swaggerUi, {
    routePrefix: '/api/docs',
    // The page is whole without the internet, and without https in development.
    staticCSP: {
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    },
  });
};
