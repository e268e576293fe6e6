import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { migrate, type Rayni, toDb } from '@rayni/api';
import { insertAccount, insertGrant, insertInstrument, schemaText } from '@rayni/api/testing';
import { createRayniClient, type RayniClient } from '@rayni/client';
import type { SourceProgress, UploadCompleted, UploadCompleteInput } from '@rayni/contract';
import type { Database } from '@rayni/database';
import { testDatabase } from '@rayni/database/testing';
import { type Script, type ScriptedOpenAI, startScriptedOpenAI } from '@rayni/scripted-openai';
import pino, { type Logger } from 'pino';
import bossManifest from 'pg-boss/package.json' with { type: 'json' };
import { loadDemo } from '../demo/load.ts';
import { createLogger } from '../logger.ts';
import { openJobs } from '../jobs/boss.ts';
import { openaiEmbedder } from '../model/openai-embedder.ts';
import { openaiModel } from '../model/openai-model.ts';
import type { Times } from '../model/openai-client.ts';
import { type ServerOptions, startServer } from '../server.ts';

export type TestServerOptions = Partial<
  Pick<
    ServerOptions,
    | 'corsOrigins'
    | 'demoLogin'
    | 'maxUploadBytes'
    | 'metricsPort'
    | 'oidc'
    | 'publicUrl'
    | 'rateLimits'
    | 's3'
    | 'secureCookies'
    | 'trustProxy'
  >
> & {
  /** As `testDatabase` takes it. */
  engine?: Database['kind'];
  /** A language model behind the real client, played by this script; `true` scripts nothing beforehand. None without it. */
  model?: Script | true;
  /** Times of the model's client, in milliseconds. */
  times?: Partial<Times>;
  /** Vectors from the scripted model server. */
  embeddings?: boolean;
  /** `info` without one. */
  logLevel?: string;
  /** Loads the demo before it is ready. */
  demo?: boolean;
};

export type LogLine = { level: number; msg: string; err?: { message: string } };

/** A caller over HTTP: the published client and a plain fetch of paths, both with the same session. */
export type TestCaller = {
  client: RayniClient;
  trpc: RayniClient['trpc'];
  fetch(
    path: string,
    init?: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ): Promise<Response>;
  /** Name and value of the session's cookie; empty for a guest. */
  cookie: string;
};

export type TestServer = AsyncDisposable & {
  url: string;
  metricsUrl: string | undefined;
  rayni: Rayni;
  database: Database;
  dataDir: string;
  openai: ScriptedOpenAI | undefined;
  logger: Logger;
  /** Everything logged so far; 50 is an error, 40 a warning. */
  logs: LogLine[];
  guest: TestCaller;
  login(email: string): Promise<TestCaller>;
  /** Moves the clock of the product on. */
  advance(ms: number): void;
  account(input?: Parameters<typeof insertAccount>[1]): ReturnType<typeof insertAccount>;
  instrument(input?: Parameters<typeof insertInstrument>[1]): Promise<string>;
  grant(
    viewer: Parameters<typeof insertGrant>[1],
    instrumentId: string,
    role?: Parameters<typeof insertGrant>[3],
  ): Promise<void>;
  /** The three steps of an upload over HTTP, as that caller. */
  upload(
    caller: TestCaller,
    filename: string,
    bytes: Uint8Array | string,
    input: Omit<UploadCompleteInput, 'uploadId'>,
  ): Promise<UploadCompleted>;
  /** Waits until the source is read, or was rejected. */
  read(caller: TestCaller, sourceId: string): Promise<SourceProgress>;
  close(): Promise<void>;
};

/** For `expect.poll`: the machine may be busy with other things. */
export const patient = { timeout: 20_000, interval: 20 };

const key = 'a secret key of a test, 32 characters long';

/** The whole server on a free port, with a directory and a database of its own; from a template that holds the schemas of product and queue. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'rayni-server-'));
  const { lines, logger } = recorder(options.logLevel);
  const openai =
    options.model || options.embeddings
      ? await startScriptedOpenAI(options.model && options.model !== true ? { script: options.model } : {})
      : undefined;
  const config = openai && {
    baseUrl: openai.url,
    apiKey: 'key',
    model: 'scripted',
    embeddingModel: 'scripted',
  };
  const database = await serverDatabase(options.engine);
  let ahead = 0;
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    database,
    secretKey: key,
    corsOrigins: [],
    trustProxy: [],
    secureCookies: false,
    demoLogin: true,
    maxUploadBytes: 5_000_000,
    version: '0.0.0-test',
    model: options.model && config ? openaiModel(config, { retryDelayMs: 10, ...options.times }) : undefined,
    embedder: options.embeddings && config ? openaiEmbedder(config) : undefined,
    clock: { now: () => new Date(Date.now() + ahead) },
    prepare: options.demo ? (rayni) => loadDemo(rayni, () => {}) : undefined,
    ...pick(options),
    logger,
  });
  const { url, rayni } = server;
  const address = new URL(url);
  const local = `http://127.0.0.1:${address.port}`;

  function caller(cookie = ''): TestCaller {
    const headers = cookie ? { cookie } : {};
    const client = createRayniClient({ url: local, headers, retry: { attempts: 1, minMs: 1, maxMs: 50 } });
    return {
      client,
      trpc: client.trpc,
      cookie,
      fetch: (where, init = {}) =>
        fetch(new URL(where, local), { ...init, headers: { ...headers, ...init.headers } }),
    };
  }
  const guest = caller();

  async function close() {
    await server.close();
    await database.close();
    await openai?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }

  return {
    url: local,
    metricsUrl: server.metricsUrl,
    rayni,
    database,
    dataDir,
    openai,
    logger,
    logs: lines,
    guest,
    async login(email) {
      const response = await guest.fetch('/trpc/auth.login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ json: { email } }),
      });
      const [cookie] = response.headers.getSetCookie();
      if (!response.ok || !cookie) throw new Error(`login as ${email}: ${await response.text()}`);
      return caller(cookie.split(';', 1)[0]);
    },
    advance(ms) {
      ahead += ms;
    },
    account: (input) => insertAccount(rayni.app, input),
    instrument: (input) => insertInstrument(rayni.app, input),
    grant: (viewer, instrumentId, role) => insertGrant(rayni.app, viewer, instrumentId, role),
    async upload({ trpc }, filename, bytes, input) {
      const body = Buffer.from(bytes);
      const { instrumentId } = input;
      const signed = await trpc.uploads.initiate.mutate({ filename, size: body.length, instrumentId });
      const put = await fetch(signed.url, { method: 'PUT', headers: signed.headers, body });
      if (!put.ok) throw new Error(`PUT of ${filename}: ${put.status} ${await put.text()}`);
      return trpc.uploads.complete.mutate({ ...input, uploadId: signed.uploadId });
    },
    async read({ trpc }, sourceId) {
      const until = Date.now() + 20_000;
      for (;;) {
        const [progress] = await trpc.sources.progress.query({ ids: [sourceId] });
        if (progress && !['uploaded', 'processing'].includes(progress.status)) return progress;
        if (Date.now() > until) throw new Error(`not read in time: ${JSON.stringify(progress)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A database that holds the schemas of product and queue already, from a template. */
export function serverDatabase(engine?: Database['kind']): Promise<Database> {
  return testDatabase({
    ...(engine ? { engine } : {}),
    key: `server ${schemaText()} pg-boss ${bossManifest.version} ${bossText()}`,
    async migrate(pool, kind) {
      const opened = {
        kind,
        pool,
        insideTransaction: <T>(run: () => Promise<T>) => run(),
        listen: () => Promise.resolve({ close: () => Promise.resolve() }),
      };
      await migrate(toDb(opened).query);
      const { stop } = await openJobs(opened, pino({ level: 'silent' }));
      await stop();
    },
  });
}

/** A logger that keeps its lines for assertions. */
function recorder(level = 'info') {
  const lines: LogLine[] = [];
  const logger = createLogger(level, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, logger };
}

/** The text of how the queue is set up: other settings make another template. */
const bossText = () => readFileSync(new URL('../jobs/boss.ts', import.meta.url), 'utf8');

/** Only what was given: an explicit `undefined` would overwrite a default. */
function pick({
  corsOrigins,
  demoLogin,
  maxUploadBytes,
  metricsPort,
  oidc,
  publicUrl,
  rateLimits,
  s3,
  secureCookies,
  trustProxy,
}: TestServerOptions) {
  const given = {
    corsOrigins,
    demoLogin,
    maxUploadBytes,
    metricsPort,
    oidc,
    publicUrl,
    rateLimits,
    s3,
    secureCookies,
    trustProxy,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
