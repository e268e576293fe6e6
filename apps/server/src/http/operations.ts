import type { App } from '@rayni/api';
import type { FastifyInstance } from 'fastify';

export type OperationsOptions = {
  app: Pick<App, 'db' | 'log'>;
  /** False while starting, migrating or draining. */
  ready: () => boolean;
};

/** What supervisors and proxies ask: `/healthz` (the process answers; no I/O) and `/readyz` (send it work: 200, or 503 and why not). */
export async function operationsRoutes(scope: FastifyInstance, { app, ready }: OperationsOptions) {
  scope.get('/healthz', () => ({ status: 'ok' }));
  scope.get('/readyz', async (_request, reply) => {
    if (!ready()) return reply.code(503).send({ status: 'starting or draining' });
    try {
      await app.db.query.selectNoFrom((eb) => eb.val(1).as('one')).execute();
      return { status: 'ready' };
    } catch (error) {
      app.log.warn({ err: error }, 'Not ready: the database does not answer');
      return reply.code(503).send({ status: 'the database does not answer' });
    }
  });
}
