import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer, json } from 'node:stream/consumers';
import { play, sendJson } from './play.ts';
import { answers, described, errorBody, fails } from './reply.ts';
import type { Reply } from './reply.ts';
import { readChatRequest, readEmbeddingRequest, readTranscriptionRequest } from './request.ts';
import type { ChatRequest, TranscriptionRequest } from './request.ts';
import { embeddingList, modelList } from './wire.ts';

/** What to answer a chat request that no queued reply is waiting for; undefined makes it an unscripted one. */
export type Script = (request: ChatRequest) => Reply | undefined;

export type RecordedCall = {
  path: string;
  /** The bearer token as sent. */
  key: string | undefined;
  body: unknown;
  chat: ChatRequest | undefined;
  transcription: TranscriptionRequest | undefined;
  /** False when the server had no answer and said so with a 500. */
  scripted: boolean;
  /** `sent`: the reply was played to its (possibly scripted bad) end; `gone`: the client closed the connection first. */
  ended: Promise<'sent' | 'gone'>;
};

export type ScriptedOpenAI = {
  /** Base URL for clients, ending in `/v1`. */
  url: string;
  calls: RecordedCall[];
  /** Queues the reply for the next chat request; queued replies come before the script. */
  next(reply: Reply): void;
  /** Queues the reply for the next embeddings request, which otherwise gets hashed vectors. */
  nextEmbedding(reply: Reply): void;
  /** Queues the reply for the next chat request that shows a picture. */
  nextVision(reply: Reply): void;
  /** Queues the reply for the next transcription request. */
  nextTranscription(reply: Reply): void;
  close(): Promise<void>;
};

export type ScriptedOpenAIOptions = {
  /** 0, the default, takes a free one. */
  port?: number;
  script?: Script;
  /** What to answer a file of speech that no queued reply is waiting for; without it, or when undefined, `recordings/transcription.json`. */
  transcripts?: (request: TranscriptionRequest) => Reply | undefined;
  /** What to say of a picture that no queued reply is waiting for; without it, or when undefined, its size and one region in its middle. */
  sights?: Script;
  /** The models there are; any name is one without this. */
  models?: string[];
  /** The bearer tokens that are let in; everyone is without this. */
  keys?: string[];
};

/** Starts an OpenAI-compatible server on 127.0.0.1 that answers from a script and records every call. */
export async function startScriptedOpenAI(options: ScriptedOpenAIOptions = {}): Promise<ScriptedOpenAI> {
  const calls: RecordedCall[] = [];
  const queued: Reply[] = [];
  const queuedEmbeddings: Reply[] = [];
  const queuedTranscriptions: Reply[] = [];
  const queuedVisions: Reply[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const gone = new AbortController();
    const ended = Promise.withResolvers<'sent' | 'gone'>();
    response.on('close', () => {
      gone.abort();
      ended.resolve(response.writableFinished ? 'sent' : 'gone');
    });
    const contentType = incoming.headers['content-type'] ?? '';
    const transcription = contentType.startsWith('multipart/form-data')
      ? await readTranscriptionRequest(new Uint8Array(await buffer(incoming)), contentType)
      : undefined;
    const body: unknown =
      transcription ?? (incoming.method === 'POST' ? await json(incoming).catch(() => undefined) : undefined);
    const chat = path === '/v1/chat/completions' ? readChatRequest(body) : undefined;
    const key = incoming.headers.authorization?.replace(/^Bearer /i, '');
    const call = { path, key, body, chat, transcription, scripted: true, ended: ended.promise };
    calls.push(call);

    const reply = refusal(options, key, body) ?? choose();
    if (!reply) {
      call.scripted = false;
      return sendJson(response, 500, errorBody(unscripted, 'unscripted'));
    }
    await play(response, reply, chat, gone.signal);
    // A reply that breaks the connection on purpose was played to its end as well.
    ended.resolve('sent');

    function choose(): Reply | undefined {
      switch (`${incoming.method} ${path}`) {
        case 'GET /v1/models':
          return answers(modelList(options.models ?? ['scripted']));
        case 'POST /v1/chat/completions':
          if (chat?.images) return queuedVisions.shift() ?? options.sights?.(chat) ?? seen(chat);
          return chat ? (queued.shift() ?? options.script?.(chat)) : invalid;
        case 'POST /v1/embeddings': {
          const request = readEmbeddingRequest(body);
          if (!request) return invalid;
          return queuedEmbeddings.shift() ?? answers(embeddingList(request));
        }
        case 'POST /v1/audio/transcriptions':
          if (!transcription) return invalid;
          return (
            queuedTranscriptions.shift() ??
            options.transcripts?.(transcription) ??
            answers(JSON.parse(readFileSync(transcriptionRecording, 'utf8')))
          );
        default:
          return { type: 'json', status: 404, headers: {}, body: { detail: 'Not Found' } };
      }
    }
  }

  const server = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://localhost');
    // Only a client that went away makes this fail; its connection is closed already.
    handle(incoming, response, pathname).catch(() => response.destroy());
  });
  server.on('connection', (socket) => socket.setNoDelay(true).on('error', () => socket.destroy()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');

  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    calls,
    next: (reply) => void queued.push(reply),
    nextEmbedding: (reply) => void queuedEmbeddings.push(reply),
    nextVision: (reply) => void queuedVisions.push(reply),
    nextTranscription: (reply) => void queuedTranscriptions.push(reply),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusal(options: ScriptedOpenAIOptions, key: string | undefined, body: unknown): Reply | undefined {
  if (options.keys && !(key && options.keys.includes(key))) {
    // Real providers repeat the key in this sentence, most of it starred out; some servers repeat all of it.
    return fails(401, { message: `Incorrect API key provided: ${key ?? ''}.` });
  }
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  if (options.models && typeof model === 'string' && !options.models.includes(model)) {
    return fails(404, { message: `The model \`${model}\` does not exist.` });
  }
  return undefined;
}

const transcriptionRecording = new URL('../recordings/transcription.json', import.meta.url);

/** Of its own a script sees nothing but what the request says of the picture's size. */
function seen({ messages, images = [] }: ChatRequest): Reply {
  const said = messages.map(({ content }) => content).join('\n');
  const [width = 100, height = 100] = (said.match(/\b\d+(?= pixels)/g) ?? []).map(Number);
  const box: [number, number, number, number] = [width / 4, height / 4, width / 2, height / 2];
  const what = `A picture of ${width} × ${height} pixels, sent as ${images[0]?.mediaType ?? 'nothing'}, described by no real model.`;
  return described(what, [{ label: 'Middle of the picture', box }]);
}

const invalid = fails(400, { message: 'The request body is not one this server understands.' });

const unscripted = 'Unscripted: no reply is queued for this request and no script answers it.';
