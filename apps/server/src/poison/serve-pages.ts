import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Hostile } from './hostile.ts';

export type Pages = AsyncDisposable & {
  /** From now on the file is there to be fetched. */
  addressOf(file: Hostile): Promise<string>;
};

/** A web server on this machine, for files that are pages; a server fetches from there with FETCH_LOOPBACK. */
export async function servePages(): Promise<Pages> {
  const bytes = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const found = bytes.get(request.url ?? '');
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' }).end(found);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async addressOf(file) {
      const path = `/${file.filename}`;
      bytes.set(path, await file.bytes());
      return `http://127.0.0.1:${port}${path}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
