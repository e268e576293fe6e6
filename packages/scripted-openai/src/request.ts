/** A picture of a chat request, as it was sent in a data URL. */
export type ChatImage = { mediaType: string; bytes: Uint8Array };

/** A chat request as far as scripts look at it; text parts are joined to one text, `images` are there when it has any. */
export type ChatRequest = {
  model: string;
  messages: { role: string; content: string }[];
  images?: ChatImage[];
  stream: boolean;
  includeUsage: boolean;
};

export type EmbeddingRequest = { model: string; input: string[]; format: 'float' | 'base64' };

/** A request for a transcription as far as scripts look at it. */
export type TranscriptionRequest = {
  model: string;
  file: { name: string; bytes: Uint8Array };
  format: string;
  granularities: string[];
};

/** The transcription request in a multipart body, or undefined when the body is not one. */
export async function readTranscriptionRequest(
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<TranscriptionRequest | undefined> {
  const form = await new Response(body, { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  const [model, file, format] = [form?.get('model'), form?.get('file'), form?.get('response_format')];
  if (typeof model !== 'string' || !(file instanceof File) || file.size === 0) return undefined;
  return {
    model,
    file: { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) },
    format: typeof format === 'string' ? format : 'json',
    granularities: form!.getAll('timestamp_granularities[]').map(String),
  };
}

/** The chat request in a body, or undefined when the body is not one. */
export function readChatRequest(body: unknown): ChatRequest | undefined {
  if (!isObject(body) || typeof body.model !== 'string' || !Array.isArray(body.messages)) return undefined;
  const messages = body.messages.map(readMessage);
  if (messages.length === 0 || !messages.every((message) => message !== undefined)) return undefined;
  const includeUsage = isObject(body.stream_options) && body.stream_options.include_usage === true;
  const images = body.messages.flatMap(readImages);
  // Real servers refuse what they cannot fetch or decode, too.
  if (!images.every((image) => image !== undefined)) return undefined;
  const stream = body.stream === true;
  return { model: body.model, messages, ...(images.length > 0 && { images }), stream, includeUsage };
}

/** The pictures of a message; undefined for one that is not in a base64 data URL. */
function readImages(message: unknown): (ChatImage | undefined)[] {
  const content = isObject(message) && Array.isArray(message.content) ? message.content : [];
  return content
    .filter((part) => isObject(part) && part.type === 'image_url')
    .map(({ image_url: image }: Record<string, unknown>) => {
      const url = isObject(image) && typeof image.url === 'string' ? image.url : '';
      const [, mediaType, data] = /^data:(image\/[a-z]+);base64,([A-Za-z\d+/=]+)$/.exec(url) ?? [];
      return mediaType && data ? { mediaType, bytes: Buffer.from(data, 'base64') } : undefined;
    });
}

/** The embedding request in a body, or undefined when the body is not one this server speaks (token arrays, for instance). */
export function readEmbeddingRequest(body: unknown): EmbeddingRequest | undefined {
  if (!isObject(body) || typeof body.model !== 'string') return undefined;
  const input = typeof body.input === 'string' ? [body.input] : body.input;
  if (!Array.isArray(input) || input.length === 0 || input.length > 2048) return undefined;
  if (!input.every((text) => typeof text === 'string' && text !== '')) return undefined;
  return { model: body.model, input, format: body.encoding_format === 'base64' ? 'base64' : 'float' };
}

function readMessage(message: unknown): { role: string; content: string } | undefined {
  if (!isObject(message) || typeof message.role !== 'string') return undefined;
  const { role, content } = message;
  if (typeof content === 'string') return { role, content };
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : ''));
  return { role, content: texts.join('') };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
