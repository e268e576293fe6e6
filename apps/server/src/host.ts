import { randomUUID } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import {
  AppError,
  appRouter,
  callerOf,
  type Context,
  createCaller,
  discardAttachments,
  errorOf,
  guestViewer,
  type Rayni,
  receiveAttachment,
  takeRate,
  type Viewer,
  viewerOfSession,
  viewerOfToken,
} from '@rayni/api';
import type { TokenScope } from '@rayni/contract';
import { legacyRoutes } from '@rayni/legacy';
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify';
import fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { FolderStore } from './blobs/folder-store.ts';
import { bearerOf } from './http/bearer.ts';
import { callerAddress } from './http/caller-address.ts';
import { drainOnClose } from './http/drain.ts';
import { dropStalled } from './http/stalled.ts';
import { sendError } from './http/errors.ts';
import { fileRoutes } from './http/files.ts';
import { invitationRoutes } from './http/invitations.ts';
import { operationsRoutes } from './http/operations.ts';
import { loginStarter, oidcRoutes } from './http/oidc.ts';
import type { Metrics } from './http/metrics.ts';
import { foreignRequest, isForeignBody } from './http/origin-guard.ts';
import { isStream } from './http/routes.ts';
import { cutSlowBodies, requestLimits } from './http/request-limits.ts';
import type { Provider } from './oidc/provider.ts';

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer;
    /** What the API token that was sent is for. */
    token: TokenScope | undefined;
  }
}

export type HostOptions = {
  rayni: Rayni;
  /** Serves its signed addresses here; undefined when documents lie in a store with doors of its own. */
  store: FolderStore | undefined;
  logger: FastifyBaseLogger;
  publicUrl: () => string;
  corsOrigins: readonly string[];
  trustProxy: readonly string[];
  /** Cookies are `Secure` and carry the `__Host-` prefix. */
  secureCookies: boolean;
  /** Where people sign in by OpenID Connect, if anywhere. */
  provider?: Provider | undefined;
  /** Makes guests' caller keys unguessable; changes nothing about rights. */
  guestSalt: string;
  version: string;
  /** Counts requests and streams. */
  metrics?: Pick<Metrics, 'watch'> | undefined;
  /** False while starting, migrating or draining. */
  ready: () => boolean;
};

// Nothing here asks for any of them; helmet leaves this header out.
const permissionsPolicy = 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()';

/** The host: three sibling scopes (tRPC, legacy, files and operations) behind one hook that knows who asks and from where. Does not listen. */
export async function buildHost(options: HostOptions) {
  const { rayni } = options;
  const { clock } = rayni.app;
  const cookieName = options.secureCookies ? '__Host-rayni_session' : 'rayni_session';

  const host = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    ...requestLimits,
    // The rest ends as `drainOnClose` says.
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 5_000, ignoreTrailingSlash: true },
    // A path that cannot be decoded meets no route and no hook.
    frameworkErrors(_error, request, reply) {
      reply.hijack();
      reply.raw
        .writeHead(400, {
          'content-type': 'application/json; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'x-request-id': request.id,
        })
        .end(JSON.stringify({ detail: 'The address is not well-formed.', code: 'BAD_REQUEST' }));
    },
  });
  host.decorateRequest('viewer');
  host.decorateRequest('token');
  host.setErrorHandler(sendError);
  drainOnClose(host);
  dropStalled(host);
  cutSlowBodies(host);
  options.metrics?.watch(host);
  host.setNotFoundHandler((_request, reply) => {
    void reply
      .code(404)
      .header('cache-control', 'no-store')
      .send({ detail: 'Not found.', code: 'NOT_FOUND' });
  });

  await host.register(fastifyCookie);
  await host.register(fastifyHelmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      useDefaults: false,
    },
    crossOriginResourcePolicy: false,
    strictTransportSecurity: options.secureCookies,
  });
  await host.register(fastifyCors, {
    // For others nothing at all: from a list the plugin would still send them all but the origin.
    origin: (origin, done) => done(null, options.corsOrigins.find((one) => one === origin) ?? false),
    credentials: true,
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['X-Request-Id', 'X-Total-Count', 'Link', 'Retry-After'],
  });

  host.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'permissions-policy': permissionsPolicy });
    // tRPC's adapter fails on it.
    if (request.method === 'TRACE') throw new AppError('METHOD_NOT_ALLOWED', 'TRACE is not served here.');
    // The pattern that was matched: what was sent may be spelled with escapes.
    const route = request.routeOptions.url;
    // A signed address carries its own right and no cookie; an operations path asks nobody.
    if (route === '/files/*' || route === '/healthz' || route === '/readyz') return;
    const bearer = bearerOf(request.headers.authorization);
    const own = options.publicUrl();
    // No page sends a bearer by itself, so who may use it does not depend on where from.
    const foreign =
      bearer === undefined && foreignRequest(request, route, { own, others: options.corsOrigins });
    if (foreign) {
      reply.header('cache-control', 'no-store');
      throw new AppError('FORBIDDEN_ORIGIN', foreign);
    }
    if (route?.startsWith('/trpc') && isForeignBody(request)) {
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send application/json.');
    }
    if (bearer === undefined) request.viewer = await viewerOf(request);
    else await takeBearer(request, reply, bearer);
    // Pages that sign in are no procedures, and count as signing in all the same.
    if (route?.startsWith('/auth/')) await takeRate(limited(request), 'login');
    if (isStream(request)) enterStream(request, reply);
  });

  const limited = ({ viewer, ip }: FastifyRequest) => ({
    settings: rayni.settings,
    viewer,
    address: callerAddress(ip),
  });

  /** Here and not where events are read: the older door asks and reads in one request, and nothing may be stored of what is refused. */
  function enterStream({ viewer }: FastifyRequest, { raw }: FastifyReply) {
    const { limits } = rayni.settings;
    if (!limits) return;
    const leave = limits.enterStream(callerOf(viewer));
    if (!leave) throw new AppError('RATE_LIMITED', 'Too many open streams. Close one, or wait for its end.');
    if (raw.closed) leave();
    else raw.once('close', leave);
  }

  /** Beside a cookie the token decides; one that is not valid is never a guest's. */
  async function takeBearer(request: FastifyRequest, reply: FastifyReply, bearer: string) {
    const found = await viewerOfToken(rayni.app, bearer);
    if (!found) {
      reply.header('cache-control', 'no-store').header('www-authenticate', 'Bearer error="invalid_token"');
      throw new AppError('UNAUTHENTICATED', 'This API token is unknown, expired or revoked.');
    }
    request.viewer = found.viewer;
    request.token = found.scope;
  }

  async function viewerOf(request: FastifyRequest): Promise<Viewer> {
    const secret = request.cookies[cookieName];
    const member = secret ? await viewerOfSession(rayni.app, secret) : undefined;
    return (
      member ??
      guestViewer(
        callerAddress(request.ip),
        request.headers['user-agent'] ?? '',
        options.guestSalt,
        clock.now(),
      )
    );
  }

  function contextOf(request: FastifyRequest, reply: FastifyReply): Context {
    const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: options.secureCookies } as const;
    return {
      ...rayni,
      viewer: request.viewer,
      requestId: request.id,
      address: callerAddress(request.ip),
      token: request.token,
      userAgent: request.headers['user-agent'],
      session: {
        secret: request.token ? undefined : request.cookies[cookieName],
        set: (secret, expires) => void reply.setCookie(cookieName, secret, { ...cookie, expires }),
        clear: () => void reply.clearCookie(cookieName, cookie),
      },
    };
  }

  await host.register(async (scope) => {
    await scope.register(fastifyTRPCPlugin, {
      prefix: '/trpc',
      trpcOptions: {
        router: appRouter,
        createContext: ({ req, res }) => contextOf(req, res),
        maxBatchSize: 10,
        // Beside its own `Vary`, which replaces that of the CORS plugin.
        responseMeta({ errors }) {
          const waits = errors.map((error) => errorOf(error, undefined).info.retryAfter ?? 0);
          const headers = new Headers({ 'cache-control': 'no-store', vary: 'Origin' });
          const wait = Math.max(0, ...waits);
          if (wait > 0) headers.set('retry-after', String(wait));
          return { headers };
        },
        onError({ error, path, req }) {
          if (error.code === 'INTERNAL_SERVER_ERROR') {
            req.log.error({ err: error.cause ?? error, path, requestId: req.id }, 'A procedure failed');
          }
        },
      },
    } satisfies FastifyTRPCPluginOptions<typeof appRouter>);
  });

  await host.register(
    legacyRoutes({
      callerOf: (request, reply, signal) => createCaller(contextOf(request, reply), { signal }),
      errorOf,
      requestIdOf: (request) => request.id,
      version: options.version,
      publicUrl: options.publicUrl,
      files: {
        receive: (request, uploadId, bytes) => receiveAttachment(rayni, request.viewer, uploadId, bytes),
        discard: (request, uploadIds) => discardAttachments(rayni, request.viewer, uploadIds),
      },
    }),
  );

  await host.register(async (scope) => {
    if (options.store) await scope.register(fileRoutes, { store: options.store });
    const { provider, secureCookies } = options;
    const sessionOf = (request: FastifyRequest, reply: FastifyReply) => contextOf(request, reply).session;
    const begin = provider && loginStarter({ rayni, provider, secureCookies });
    await scope.register(invitationRoutes, { rayni, sessionOf, begin });
    if (provider && begin) {
      await scope.register(oidcRoutes, { rayni, provider, secureCookies, sessionOf, begin });
    }
    // Whoever opens the address that was printed wants to see something.
    scope.get('/', (_request, reply) =>
      reply.header('cache-control', 'no-store').redirect('/api/docs/', 302),
    );
    await scope.register(operationsRoutes, { app: rayni.app, ready: options.ready });
  });
  return host;
}
