import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  answerSnapshot,
  askInput,
  type ChatEvent,
  type ErrorInfo,
  eventsInput,
  instrument,
  loginInput,
  me,
  type Me,
  signedUpload,
  started,
  type Started,
  type TurnEnd,
  uploadCompleted,
  uploadCompleteInput,
  uploadInitiateInput,
} from '@rayni/contract';
import { initTRPC, tracked, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import superjson from 'superjson';

type Exchange = { req: IncomingMessage; res: ServerResponse };
/** What a test does to one request before the server sees it; `true` means it was answered (or cut) there. */
export type Fault = (exchange: Exchange, path: string) => boolean | Promise<boolean>;

type Turn = Started & { question: string; events: ChatEvent[]; wake: PromiseWithResolvers<void> };

/** A server of the product's shape over a real HTTP listener and a real tRPC router, with answers that the test writes and faults it sets. */
export async function startFakeServer() {
  const t = initTRPC.context<Exchange>().create({
    transformer: superjson,
    sse: { ping: { enabled: true, intervalMs: 1_000 }, client: { reconnectAfterInactivityMs: 3_000 } },
    errorFormatter({ shape, error }) {
      const info = error.cause instanceof Refusal ? error.cause.info : { code: 'INTERNAL' as const };
      return { ...shape, data: { code: shape.data.code, httpStatus: shape.data.httpStatus, rayni: info } };
    },
  });

  const turns = new Map<string, Turn>();
  const keys = new Map<string, Turn>();
  const uploads = new Map<string, Buffer>();
  const sessions = new Map<string, string>();
  const log = {
    submits: 0,
    connects: [] as string[],
    open: 0,
    requests: [] as string[],
    cancelled: [] as string[],
  };
  const state = {
    fault: undefined as Fault | undefined,
    /** Called with each event about to be sent; may change what the reader gets. */
    tamper: undefined as
      | ((seq: number, turn: Turn, res: ServerResponse) => Iterable<number> | Promise<Iterable<number>>)
      | undefined,
    url: '',
  };
  const script = { onQuestion: (_turn: Turn) => {} };

  const append = (turn: Turn, ...events: ChatEvent[]) => {
    turn.events.push(...events);
    turn.wake.resolve();
    turn.wake = Promise.withResolvers();
  };

  const refuse = (code: TRPCError['code'], info: ErrorInfo, message: string) =>
    new TRPCError({ code, message, cause: new Refusal(info) });

  const who = (req: IncomingMessage): string | undefined =>
    sessions.get(/rayni_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1] ?? '');
  const meOf = (email: string | undefined): Me => ({
    userId: email ? '0195d8f0-0000-7000-8000-000000000001' : null,
    email: email ?? 'guest@rayni.com',
    name: email ?? 'Guest User',
    isAdmin: email !== undefined,
    role: null,
    allowed: [],
  });

  const router = t.router({
    auth: t.router({
      me: t.procedure.output(me).query(({ ctx }) => meOf(who(ctx.req))),
      login: t.procedure
        .input(loginInput)
        .output(me)
        .mutation(({ ctx, input }) => {
          if (!input.email.includes('@'))
            throw refuse(
              'BAD_REQUEST',
              { code: 'BAD_REQUEST', fields: { email: ['User not found'] }, requestId: 'r-1' },
              'User not found',
            );
          const secret = randomUUID();
          sessions.set(secret, input.email);
          ctx.res.setHeader('set-cookie', [
            `rayni_session=${secret}; Path=/; HttpOnly; SameSite=Lax; Expires=${new Date(Date.now() + 60_000).toUTCString()}`,
          ]);
          return meOf(input.email);
        }),
      logout: t.procedure.mutation(({ ctx }) => {
        ctx.res.setHeader('set-cookie', 'rayni_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT');
        return { ok: true as const };
      }),
    }),
    chat: t.router({
      start: t.procedure
        .input(askInput)
        .output(started)
        .mutation(({ input }) => {
          log.submits += 1;
          const known = input.clientKey ? keys.get(input.clientKey) : undefined;
          if (known && known.question !== input.question)
            throw refuse('CONFLICT', { code: 'CONFLICT' }, 'This key was used for another question.');
          if (known) return known;
          const turn: Turn = {
            sessionId: input.sessionId ?? randomUUID(),
            userTurnId: randomUUID(),
            turnId: randomUUID(),
            question: input.question,
            events: [],
            wake: Promise.withResolvers(),
          };
          turns.set(turn.turnId, turn);
          if (input.clientKey) keys.set(input.clientKey, turn);
          append(turn, { type: 'turn-start', userTurnId: turn.userTurnId, turnId: turn.turnId });
          script.onQuestion(turn);
          return turn;
        }),
      events: t.procedure.input(eventsInput).subscription(async function* ({ ctx, input, signal }) {
        log.connects.push(input.lastEventId ?? '');
        const turn = turns.get(input.turnId);
        if (!turn) throw refuse('NOT_FOUND', { code: 'NOT_FOUND' }, 'Not found.');
        const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
        log.open += 1;
        try {
          let seq = Number(input.lastEventId ?? 0) + 1;
          for (;;) {
            if (signal?.aborted) return;
            const event = turn.events[seq - 1];
            if (!event) {
              await Promise.race([turn.wake.promise, aborted]);
              continue;
            }
            for (const sent of (await state.tamper?.(seq, turn, ctx.res)) ?? [seq])
              yield tracked(String(sent), turn.events[sent - 1]!);
            if (event.type === 'turn-end') return;
            seq += 1;
          }
        } finally {
          log.open -= 1;
        }
      }),
      snapshot: t.procedure
        .input(eventsInput.pick({ turnId: true }))
        .output(answerSnapshot)
        .query(({ input }) => {
          const turn = turns.get(input.turnId);
          if (!turn) throw refuse('NOT_FOUND', { code: 'NOT_FOUND' }, 'Not found.');
          const { turnId, userTurnId, question, events } = turn;
          const over = events.at(-1)?.type === 'turn-end';
          return {
            turnId,
            userTurnId,
            question,
            status: over ? ('done' as const) : ('running' as const),
            text: events.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''),
            citations: [],
            lastSeq: over ? events.length - 1 : events.length,
          };
        }),
      cancel: t.procedure.input(eventsInput.pick({ turnId: true })).mutation(({ input }) => {
        log.cancelled.push(input.turnId);
        return { ok: true as const };
      }),
    }),
    instruments: t.router({
      list: t.procedure.output(instrument.array()).query(() => [
        {
          id: '0195d8f0-0000-7000-8000-000000000002',
          name: 'Spectrometer',
          vendor: 'Example',
          models: [],
          visibility: 'public' as const,
          description: '',
          updatedAt: new Date(0),
        },
      ]),
    }),
    uploads: t.router({
      initiate: t.procedure
        .input(uploadInitiateInput)
        .output(signedUpload)
        .mutation(({ input }) => {
          const uploadId = randomUUID();
          return {
            uploadId,
            url: `${state.url}/files/${uploadId}?n=${encodeURIComponent(input.filename)}`,
            headers: { 'content-type': 'application/octet-stream' },
            expiresAt: new Date(Date.now() + 60_000),
            maxBytes: 1_000_000,
          };
        }),
      complete: t.procedure
        .input(uploadCompleteInput)
        .output(uploadCompleted)
        .mutation(({ input }) => {
          if (!uploads.has(input.uploadId))
            throw refuse('CONFLICT', { code: 'CONFLICT' }, 'Nothing was uploaded yet.');
          return { sourceId: randomUUID(), versionId: randomUUID(), status: 'uploaded' as const };
        }),
    }),
  });

  const handle = createHTTPHandler({
    router,
    basePath: '/trpc/',
    createContext: ({ req, res }) => ({ req, res }),
  });

  const puts: { headers: IncomingMessage['headers']; name: string | null }[] = [];
  const server = createServer((req, res) => {
    void (async () => {
      const path = req.url!.split('?', 1)[0]!;
      log.requests.push(`${req.method} ${path}`);
      if (await state.fault?.({ req, res }, path)) return;
      if (path.startsWith('/files/') && req.method === 'PUT') {
        puts.push({ headers: req.headers, name: new URL(req.url!, state.url).searchParams.get('n') });
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        uploads.set(path.slice('/files/'.length), Buffer.concat(chunks));
        res.writeHead(200).end();
        return;
      }
      handle(req, res);
    })().catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    ...script,
    get url() {
      return state.url;
    },
    log,
    turns,
    uploads,
    puts,
    append,
    /** Runs at each new question, to write its answer. */
    onQuestion(write: (turn: Turn) => void) {
      script.onQuestion = write;
    },
    setFault(fault: Fault | undefined) {
      state.fault = fault;
    },
    setTamper(tamper: typeof state.tamper) {
      state.tamper = tamper;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>;

class Refusal extends Error {
  readonly info: ErrorInfo;
  constructor(info: ErrorInfo) {
    super(info.code);
    this.info = info;
  }
}

/** The last event of an answer whose text is `text`. */
export const turnEnd = (text: string, rest: Partial<TurnEnd> = {}): TurnEnd => ({
  type: 'turn-end',
  reason: 'answered',
  length: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
  citations: [],
  ...rest,
});

/** `words` as one delta each, then the end. */
export function answerOf(words: string[]): ChatEvent[] {
  return [...words.map((text): ChatEvent => ({ type: 'text-delta', text })), turnEnd(words.join(''))];
}
