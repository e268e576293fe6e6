import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { drainOnClose } from './http/drain.ts';
import { operationsRoutes, type OperationsOptions } from './http/operations.ts';

/** The little a worker says over HTTP: whether it lives and works. Does not listen. */
export async function buildWorkerHost({
  logger,
  ...options
}: OperationsOptions & { logger: FastifyBaseLogger }) {
  const host = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
  });
  drainOnClose(host);
  await host.register(operationsRoutes, options);
  return host;
}
