import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, type Handlers, MadeWay, type Meter, type Model, ModelFault, type Stint } from '@rayni/api';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isStream, routeOf } from './routes.ts';

/** The figures of one server process. Every label is from a closed list: no ids, names, addresses or texts. */
export type Metrics = ReturnType<typeof createMetrics>;

const secondsUpTo5Minutes = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** All figures, at zero; default figures of the process and its event loop among them. */
export function createMetrics() {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });

  const requests = new Counter({
    name: 'rayni_http_requests_total',
    help: 'HTTP requests that are over, by the pattern of their path; status 0: the client left before it was answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'rayni_http_request_seconds',
    help: 'Seconds from the head of a request to the end of its answer; for a stream, how long it was open',
    labelNames: ['route'],
    buckets: secondsUpTo5Minutes,
    registers,
  });
  const streams = new Gauge({
    name: 'rayni_open_streams',
    help: 'Open streams of answers, both doors',
    registers,
  });
  const answers = new Counter({
    name: 'rayni_answers_total',
    help: 'Answers that ended in this process, by how they ended',
    labelNames: ['reason'],
    registers,
  });
  const firstText = new Histogram({
    name: 'rayni_first_text_seconds',
    help: 'Seconds from taking up an answer to its first text in the log, where readers find it',
    buckets: secondsUpTo5Minutes,
    registers,
  });
  const deltas = new Counter({
    name: 'rayni_model_deltas_total',
    help: 'Pieces of text from the language model, of which most models send one for each token',
    registers,
  });
  const faults = new Counter({
    name: 'rayni_model_faults_total',
    help: 'Requests to the language model that gave no whole answer, by kind of fault',
    labelNames: ['kind'],
    registers,
  });
  const jobs = new Counter({
    name: 'rayni_jobs_total',
    help: 'Tries of background work; stopped: broken off with the process, lost: every try failed',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const pages = new Counter({
    name: 'rayni_ingested_pages_total',
    help: 'Pages (of a PDF; a note is one) of documents that were read and published',
    labelNames: ['type'],
    registers,
  });

  const meter: Meter = {
    answered: (reason) => answers.inc({ reason }),
    firstText: (ms) => firstText.observe(ms / 1_000),
    ingested: (type, units) => pages.inc({ type }, units),
  };

  function meteredModel(model: Model): Model {
    return {
      name: model.name,
      async *stream(messages, signal) {
        try {
          for await (const part of model.stream(messages, signal)) {
            if (part.type === 'delta') deltas.inc();
            yield part;
          }
        } catch (error) {
          if (error instanceof ModelFault) faults.inc({ kind: error.kind });
          throw error;
        }
      },
    };
  }

  /** One kind of work with its outcomes counted. */
  function counted<Data>(
    kind: keyof Handlers,
    work: {
      run(data: Data, signal: AbortSignal, stint?: Stint): Promise<void>;
      lost(data: Data): Promise<void>;
    },
  ) {
    return {
      async run(data: Data, signal: AbortSignal, stint?: Stint) {
        try {
          await work.run(data, signal, stint);
        } catch (error) {
          const stopped = signal.aborted || error instanceof MadeWay;
          jobs.inc({ kind, outcome: stopped ? 'stopped' : 'failed' });
          throw error;
        }
        jobs.inc({ kind, outcome: 'done' });
      },
      lost(data: Data) {
        jobs.inc({ kind, outcome: 'lost' });
        return work.lost(data);
      },
    };
  }

  return {
    meter,
    meteredModel,
    meteredJobs: (handlers: Handlers): Handlers => ({
      ingest: counted('ingest', handlers.ingest),
      fetch: counted('fetch', handlers.fetch),
      forget: counted('forget', handlers.forget),
      sync: counted('sync', handlers.sync),
      sweep: counted('sweep', handlers.sweep),
    }),
    /** Counts what this host answers; streams that were cut too, which Fastify's own hook at the end does not see. */
    watch(host: FastifyInstance) {
      host.addHook('onRequest', async (request, { raw }) => {
        const route = routeOf(request);
        const end = durations.startTimer({ route });
        const stream = isStream(request);
        if (stream) streams.inc();
        raw.once('close', () => {
          end();
          if (stream) streams.dec();
          requests.inc({ method: request.method, route, status: raw.headersSent ? raw.statusCode : 0 });
        });
      });
    },
    page: () => register.metrics(),
    contentType: register.contentType,
  };
}

/** Shows the figures on `http://127.0.0.1:<port>/metrics` and nothing else; 0 takes a free port. */
export async function serveMetrics(
  { page, contentType }: Pick<Metrics, 'page' | 'contentType'>,
  port: number,
  log: App['log'],
) {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    page().then(
      (text) =>
        response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text),
      (error: unknown) => {
        log.error({ err: error }, 'The figures could not be collected');
        response.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
