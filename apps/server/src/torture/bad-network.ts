import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Random } from './random.ts';

const kinds = [
  'good',
  'good',
  'good',
  'good',
  'slow',
  'cut',
  'blackHole',
  'clientGone',
  'serverGone',
] as const;

/** How long nothing comes through a connection that has gone dark before it is reset. */
const darkMs = { from: 500, to: 3_000 };

export type BadNetwork = {
  url: string;
  port: number;
  faults: () => number;
  close(): Promise<void>;
};

/**
 * A TCP proxy in front of several servers, each connection to one of `ports()` at random. Some connections are slow, are cut, go dark in
 * both directions, or stay half open with one side gone, each after some bytes of the answer.
 */
export async function startBadNetwork(ports: () => number[], random: Random): Promise<BadNetwork> {
  const open = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let faults = 0;
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const server = createServer({ allowHalfOpen: false }, (client) => {
    const port = random.of(ports());
    if (port === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    const kind = random.of(kinds);
    let left = random.between(0, 20_000);
    let dark = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true).on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('close', () => dark || upstream.destroy());
    upstream.on('close', () => dark || client.destroy());
    client.on('data', (bytes) => dark || upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (dark) return;
      left -= bytes.length;
      if (kind === 'good' || left > 0) return pass(bytes, 0);
      if (kind === 'slow') return pass(bytes, random.between(0, 150));
      faults += 1;
      if (kind === 'cut') {
        // Half of an event, perhaps.
        client.write(bytes.subarray(0, bytes.length / 2), end);
        return;
      }
      dark = true;
      if (kind === 'clientGone') client.destroy();
      if (kind === 'serverGone') upstream.destroy();
      later(random.between(darkMs.from, darkMs.to), end);
    });
    function pass(bytes: Buffer, ms: number) {
      upstream.pause();
      later(ms, () => {
        if (client.write(bytes)) upstream.resume();
        else client.once('drain', () => upstream.resume());
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    faults: () => faults,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
