import { randomBytes } from 'node:crypto';
import { createLogger } from '../logger.ts';
import { type Server, type ServerOptions, startServer } from '../server.ts';

/** The server as it is in development, embedded database and all, on a free port and silent. */
export function benchServer(dataDir: string, more: Partial<ServerOptions> = {}): Promise<Server> {
  return startServer({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    secretKey: randomBytes(32).toString('hex'),
    corsOrigins: [],
    trustProxy: [],
    secureCookies: false,
    demoLogin: true,
    maxUploadBytes: 2 ** 31,
    logger: createLogger('warn'),
    version: 'bench',
    model: undefined,
    embedder: undefined,
    ...more,
  });
}
