import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type SwitchProxy = {
  url: string;
  /** Where new connections go; those that are open stay where they are. */
  to(url: string): void;
  close(): Promise<void>;
};

/** One address in front of several servers, as a load balancer is; what breaks behind it breaks before it. */
export async function startSwitchProxy(first: string): Promise<SwitchProxy> {
  let target = new URL(first);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    to(url) {
      target = new URL(url);
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
