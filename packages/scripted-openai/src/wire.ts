import { cutText } from './cut.ts';
import { hashedEmbedding } from './hashed-embedding.ts';
import { sseEvent } from './reply.ts';
import type { FinishReason, WrittenOptions } from './reply.ts';
import type { ChatRequest, EmbeddingRequest } from './request.ts';

/** The events of a streamed answer in the documented order: role, content, finish, usage when asked for, `[DONE]`. */
export function streamedChunks(request: ChatRequest, text: string, options: WrittenOptions): string[] {
  const finish = options.finish ?? 'stop';
  const choice = (delta: object, reason: FinishReason | null) => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  });
  const parts = [
    choice({ role: 'assistant', content: '', refusal: null }, null),
    ...cutText(text, options.chunk ?? 'token').map((content) => choice({ content }, null)),
    choice({}, finish),
    ...(request.includeUsage ? [{ choices: [], usage: usage(request, text) }] : []),
  ];
  const head = { id: 'chatcmpl-scripted', object: 'chat.completion.chunk', created: 0, model: request.model };
  return [...parts.map((part) => sseEvent(JSON.stringify({ ...head, ...part }))), sseEvent('[DONE]')];
}

/** The same answer in one piece. */
export function wholeCompletion(request: ChatRequest, text: string, finish: FinishReason): object {
  return {
    id: 'chatcmpl-scripted',
    object: 'chat.completion',
    created: 0,
    model: request.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    usage: usage(request, text),
  };
}

/** Hashed vectors of the inputs in the documented list shape. */
export function embeddingList(request: EmbeddingRequest): object {
  const data = request.input.map((text, index) => {
    const vector = hashedEmbedding(text);
    const embedding =
      request.format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
    return { object: 'embedding', index, embedding };
  });
  const tokens = request.input.reduce((sum, text) => sum + countWords(text), 0);
  return {
    object: 'list',
    data,
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

export function modelList(models: string[]): object {
  const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'scripted' }));
  return { object: 'list', data };
}

function usage(request: ChatRequest, text: string): object {
  const asked = request.messages.reduce((sum, { content }) => sum + countWords(content), 0);
  const said = countWords(text);
  return { prompt_tokens: asked, completion_tokens: said, total_tokens: asked + said };
}

// Words stand in for tokens: nobody bills by this server.
function countWords(text: string): number {
  return text.split(/\s+/u).filter(Boolean).length;
}
