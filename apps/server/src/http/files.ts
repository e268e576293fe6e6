import fastifyStatic from '@fastify/static';
import type { FastifyError, FastifyInstance } from 'fastify';
import { AppError } from '@rayni/api';
import { dispositionOf } from '../blobs/disposition.ts';
import type { FolderStore } from '../blobs/folder-store.ts';
import { sendError } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes of the file that is being sent. */
    storedSize: number;
  }
}

type FileRequest = { Params: { '*': string }; Querystring: Record<string, unknown> };

/** The folder store's own doors: `PUT` and `GET` on signed addresses, nothing else. */
export async function fileRoutes(host: FastifyInstance, { store }: { store: FolderStore }) {
  await host.register(fastifyStatic, { root: store.root, serve: false });
  // Bytes go to disk as they come: no parser, no body limit but the grant's.
  host.removeAllContentTypeParsers();
  host.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  host.decorateRequest('storedSize', 0);
  host.setErrorHandler((error: FastifyError, request, reply) => {
    // What a client of ranges needs to ask again; the plugin leaves it out.
    if (error.statusCode === 416) reply.header('content-range', `bytes */${request.storedSize}`);
    return sendError(error, request, reply);
  });

  host.route<FileRequest>({
    method: ['GET', 'HEAD'],
    url: '/files/*',
    exposeHeadRoute: false,
    async handler(request, reply) {
      const grant = store.verify(request.method, request.params['*'], request.query);
      if (!grant) throw expired();
      const stored = await store.stat(grant.key);
      if (!stored) throw new AppError('NOT_FOUND', 'Not found.');
      reply.headers({
        'content-type': grant.contentType ?? 'application/octet-stream',
        'content-disposition': dispositionOf(grant.contentType, grant.filename),
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
        // A stored document never runs as a page of ours.
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      });
      request.storedSize = stored.size;
      return reply.sendFile(grant.key, { contentType: false, cacheControl: false });
    },
  });

  host.route<FileRequest>({
    method: 'PUT',
    url: '/files/*',
    async handler(request, reply) {
      const grant = store.verify('PUT', request.params['*'], request.query);
      if (!grant) throw expired();
      const declared = Number(request.headers['content-length']);
      if (grant.maxBytes !== undefined && declared > grant.maxBytes) throw tooLarge();
      const received = await store.receive(grant.key, request.raw, grant.maxBytes).catch((error: unknown) => {
        throw isGone(error) ? new AppError('BAD_REQUEST', 'The upload was broken off.') : error;
      });
      if (!received) {
        // What is still coming is not read: the connection ends with the answer.
        reply.header('connection', 'close');
        throw tooLarge();
      }
      return reply.code(200).send();
    },
  });
}

/** The sender went away in the middle: nobody's fault here. */
const isGone = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
const expired = () =>
  new AppError('FORBIDDEN', 'This address is not valid or has expired. Ask for a new one.');
const tooLarge = () => new AppError('PAYLOAD_TOO_LARGE', 'The file is larger than was agreed.');
