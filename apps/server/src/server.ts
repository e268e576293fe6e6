import { createHmac } from 'node:crypto';
import path from 'node:path';
import {
  type App,
  embedMissing,
  jobHandlers,
  migrate,
  openLive,
  type Rayni,
  readersAtOnce,
  toDb,
  watchAbandoned,
} from '@rayni/api';
import { type Database, openDatabase } from '@rayni/database';
import type { Logger } from 'pino';
import { type FolderStore, openFolderStore } from './blobs/folder-store.ts';
import type { S3Options } from './blobs/s3-store.ts';
import { buildHost } from './host.ts';
import { createLimits, type Rates } from './http/limits.ts';
import { createMetrics, serveMetrics } from './http/metrics.ts';
import { callbackPath } from './http/oidc.ts';
import { openJobs } from './jobs/boss.ts';
import type { ProviderOptions } from './oidc/provider.ts';
import { onlyOne } from './only-one.ts';
import { buildWorkerHost } from './worker-host.ts';

/** What a server is made of: the configuration with its adapters already built. */
export type ServerOptions = {
  /** `api`: callers and answers; `worker`: background work; without one, both. */
  role?: 'all' | 'api' | 'worker' | undefined;
  host: string;
  /** 0 takes a free one. */
  port: number;
  dataDir: string;
  /** A PostgreSQL; the embedded database below `dataDir` without one. */
  databaseUrl?: string | undefined;
  /** Opened by the caller, who closes it too. */
  database?: Database | undefined;
  /** An S3 store; a folder below `dataDir` without one. */
  s3?: S3Options | undefined;
  secretKey: string;
  /** How browsers reach this server; `http://localhost:<port>` without one. */
  publicUrl?: string | undefined;
  corsOrigins: readonly string[];
  trustProxy: readonly string[];
  secureCookies: boolean;
  demoLogin: boolean;
  /** A provider of OpenID Connect; no sign-in by one without it. */
  oidc?: ProviderOptions | undefined;
  maxUploadBytes: number;
  /** How much one caller may do in a minute and at once; without it 3 answers at once, and nothing else is counted. */
  rateLimits?: (Rates & { readonly answers: number }) | undefined;
  /** Of the figures, on this machine alone; 0 takes a free one. None are collected without it. */
  metricsPort?: number | undefined;
  logger: Logger;
  version: string;
  model: App['model'];
  embedder: App['embedder'];
  transcriber?: App['transcriber'];
  vision?: App['vision'];
  /** No web pages are fetched without it. */
  web?: App['web'];
  ffmpeg?: App['ffmpeg'];
  clock?: App['clock'];
  /** Loads what belongs to the server before one that serves callers calls itself ready; in one process at a time. */
  prepare?: ((rayni: Rayni) => Promise<void>) | undefined;
};

export type Server = AsyncDisposable & {
  /** Where it listens, `http://127.0.0.1:<port>` as a rule. */
  url: string;
  /** Where its figures are, if anywhere. */
  metricsUrl: string | undefined;
  rayni: Rayni;
  database: Database;
  close(): Promise<void>;
};

/** Opens everything, listens, prepares, and only then is ready. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { logger, role = 'all' } = options;
  const serves = role !== 'worker';
  const works = role !== 'api';
  const database =
    options.database ??
    (await openDatabase({
      ...(options.databaseUrl === undefined
        ? { dir: path.join(options.dataDir, 'db') }
        : { url: options.databaseUrl }),
      log: (fields, message) => logger.warn(fields, message),
    }));
  const closing: (() => Promise<void> | void)[] = [];
  if (!options.database) closing.push(() => database.close());
  let closed: Promise<void> | undefined;
  // Whoever closes a second time waits for the first; a step that fails leaves none of the others out.
  const close = () => (closed ??= closeAll());
  async function closeAll() {
    const faults: unknown[] = [];
    for (const step of closing.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, 'Not everything could be closed in order');
  }

  try {
    const db = toDb(database);
    // Only where they are asked for: some of them cost a little all the time.
    const metrics = options.metricsPort === undefined ? undefined : createMetrics();
    let metricsUrl: string | undefined;
    if (metrics && options.metricsPort !== undefined) {
      const served = await serveMetrics(metrics, options.metricsPort, logger);
      closing.push(() => served.close());
      metricsUrl = served.url;
    }
    // pg-boss makes its schema without a lock: of two that do it at once on an empty database one would fail.
    const queue = await onlyOne(database, 'schema', async () => {
      await migrate(db.query);
      return openJobs(database, logger, { keeps: works });
    });
    closing.push(() => queue.stop());

    let url = '';
    const publicUrl = () => options.publicUrl ?? url;
    const clock = options.clock ?? { now: () => new Date() };
    const now = () => clock.now();
    let folder: FolderStore | undefined;
    let blobs: App['blobs'];
    if (options.s3) {
      // Libraries of what is not in use take memory too.
      const { openS3Store } = await import('./blobs/s3-store.ts');
      blobs = await openS3Store({ ...options.s3, log: logger, now });
    } else {
      const root = path.join(options.dataDir, 'files');
      blobs = folder = openFolderStore({ root, secret: options.secretKey, publicUrl, now });
    }
    const app: App = {
      db,
      model: options.model && metrics ? metrics.meteredModel(options.model) : options.model,
      embedder: options.embedder,
      transcriber: options.transcriber,
      vision: options.vision,
      web: options.web,
      ffmpeg: options.ffmpeg,
      blobs,
      jobs: queue.jobs,
      clock,
      log: logger,
      meter: metrics?.meter,
    };
    const rayni: Rayni = {
      app,
      live: openLive(app),
      settings: {
        maxUploadBytes: options.maxUploadBytes,
        demoLogin: options.demoLogin,
        answersAtOnce: options.rateLimits?.answers ?? 3,
        limits: options.rateLimits && createLimits(options.rateLimits),
        publicUrl,
        sealKey: createHmac('sha256', options.secretKey).update('rayni sealed secrets').digest(),
      },
    };
    closing.push(() => rayni.live.close());
    let stopWatching = async () => {};
    if (works) {
      const handlers = jobHandlers(app);
      await queue.work(metrics?.meteredJobs(handlers) ?? handlers, readersAtOnce);
      await db.transaction((trx) => queue.jobs.enqueue(trx, 'sweep', { because: 'start' }));
    }
    if (serves) {
      await Promise.all([rayni.live.rights.listen(), rayni.live.followers.listen()]);
      // Nobody else to tell or to hear of.
      if (database.kind === 'postgres') await rayni.live.listen();
      stopWatching = await watchAbandoned(rayni, database.kind === 'embedded');
      closing.push(stopWatching);
    }
    let ready = false;
    const host = serves
      ? await buildHost({
          ...options,
          rayni,
          metrics,
          store: folder,
          publicUrl,
          ready: () => ready,
          provider: options.oidc && (await providerOf(options.oidc, () => publicUrl() + callbackPath)),
          guestSalt: createHmac('sha256', options.secretKey).update('rayni guests').digest('hex'),
        })
      : await buildWorkerHost({ app, logger, ready: () => ready });
    closing.push(() => host.close());
    // `::` listens everywhere, but is nowhere to be reached.
    url = (await host.listen({ host: options.host, port: options.port })).replace(/\[::1?\]/, 'localhost');
    if (!options.publicUrl) url = url.replace('127.0.0.1', 'localhost');
    const { prepare } = options;
    if (serves && prepare) await onlyOne(database, 'prepare', () => prepare(rayni));
    ready = true;
    if (works && app.embedder) {
      const stopping = new AbortController();
      const embedded = embedMissing(app, app.embedder, stopping.signal);
      closing.push(async () => {
        stopping.abort();
        await embedded;
      });
    }
    closing.push(async () => {
      ready = false;
      // Side by side, since each of them may take its seconds.
      await Promise.all([queue.rest(), host.close(), stopWatching().then(() => rayni.live.handOver())]);
    });
    return { url, metricsUrl, rayni, database, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function providerOf(options: ProviderOptions, callback: () => string) {
  const { openProvider } = await import('./oidc/provider.ts');
  return openProvider(options, callback);
}
