export type ServerSent = { id: string | undefined; event: string; data: string };

/** The server-sent events of a response as they come; comments are left out. Leaving the loop closes the connection. */
export async function* serverSent(response: Response): AsyncGenerator<ServerSent, void> {
  if (!response.body) throw new Error('no body to read events from');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event: ServerSent = { id: undefined, event: 'message', data: '' };
      for (const line of block.split('\n')) {
        const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
        if (name === 'id' || name === 'event' || name === 'data') event[name] = value ?? '';
      }
      if (event.data !== '' || event.event !== 'message') yield event;
    }
  }
}
