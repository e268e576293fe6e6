import type { Caller } from '@rayni/api';
import { text } from 'node:stream/consumers';
import { type ErrorCode, unread } from '@rayni/contract';
import Fastify from 'fastify';
import { legacyRoutes } from './legacy-routes.ts';
import type { StreamTimes } from './stream.ts';

/** What a scripted procedure throws to refuse. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly fields: Record<string, string[]> | undefined;
  constructor(code: ErrorCode, message: string, fields?: Record<string, string[]>) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

/** Procedures scripted by a test, by name. */
export type Script = Record<string, (input: never) => unknown>;

/** A host with the dialect over scripted procedures; `calls` holds what each was given. One that is not scripted throws. */
export function testHost(script: Script = {}, times?: StreamTimes) {
  const calls: { procedure: string; input: unknown }[] = [];
  /** What came of files, and what was given up of them. */
  const received: { uploadId: string; text: string }[] = [];
  const discarded: string[] = [];
  const callerOf = (signal: AbortSignal) =>
    new Proxy(
      {},
      {
        get: (_all, slice: string) =>
          new Proxy(
            {},
            {
              get: (_slice, name: string) => async (input: never) => {
                // Nobody here may not call: what could not be read is what is wrong.
                if (input === unread) throw new Refusal('BAD_REQUEST', 'Not valid.');
                const procedure = `${slice}.${name}`;
                calls.push({ procedure, input });
                const scripted = script[procedure];
                if (!scripted) throw new Error(`${procedure} is not scripted`);
                return scripted.call({ signal }, input);
              },
            },
          ),
      },
    ) as Caller;

  const host = Fastify({ routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5_000 } });
  host.addHook('onRequest', async (_request, reply) => {
    reply.header('x-test-hook', 'kept');
  });
  void host.register(
    legacyRoutes({
      callerOf: (_request, _reply, signal) => callerOf(signal),
      requestIdOf: () => 'request-1',
      errorOf: (thrown, requestId) =>
        thrown instanceof Refusal
          ? { message: thrown.message, info: { code: thrown.code, fields: thrown.fields, requestId } }
          : { message: 'Masked.', info: { code: 'INTERNAL', requestId } },
      version: '1.2.3',
      publicUrl: () => 'http://rayni.test',
      files: {
        receive: async (_request, uploadId, bytes) =>
          void received.push({ uploadId, text: await text(bytes) }),
        discard: async (_request, uploadIds) => void discarded.push(...uploadIds),
      },
      ...(times ? { times } : {}),
    }),
  );
  return { host, calls, received, discarded };
}
