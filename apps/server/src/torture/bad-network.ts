import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Random } from './random.ts';

/** What becomes of a connection: `clientGone` and `serverGone` leave the other end half open, `blackHole` both. */
export const connectionFaults = ['slow', 'cut', 'blackHole', 'clientGone', 'serverGone'] as const;
export type ConnectionFault = (typeof connectionFaults)[number];
export type ConnectionFaults = Record<ConnectionFault, number>;

type Range = { from: number; to: number };

export type BadNetworkOptions = {
  /** Where connections go, each to one of these at random; none: they are refused. */
  targets: () => readonly ({ port: number; host?: string } | { path: string })[];
  /** How many of 100 connections are not good. */
  bad: number;
  /** So much comes back before it breaks, and so long it lives at least. */
  afterBytes: Range;
  afterMs: Range;
  /** How long nothing comes through a connection that has gone dark before it is reset; mostly nearer to `from`. */
  darkMs: Range;
  random: Random;
  /** Sees what a client sends; the last thing it returned is what the connection is about. */
  about?: (bytes: Buffer) => number | undefined;
  /** One connection broke. */
  broke?: (about: number | undefined) => void;
};

export type BadNetwork = { port: number; url: string; faults: ConnectionFaults; close(): Promise<void> };

/** A TCP proxy some of whose connections are slow, are cut, go dark in both directions, or stay half open with one side gone. */
export async function startBadNetwork(options: BadNetworkOptions): Promise<BadNetwork> {
  const { random } = options;
  const open = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const faults: ConnectionFaults = { slow: 0, cut: 0, blackHole: 0, clientGone: 0, serverGone: 0 };
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const server = createServer((client) => {
    const target = random.of(options.targets());
    if (!target) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    const fault = random.chance(options.bad / 100) ? random.of(connectionFaults) : undefined;
    const breaksAt = performance.now() + random.between(options.afterMs.from, options.afterMs.to);
    let left = random.between(options.afterBytes.from, options.afterBytes.to);
    let slow = false;
    let dark = false;
    let about: number | undefined;
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
    client.on('data', (bytes) => {
      about = options.about?.(bytes) ?? about;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      left -= bytes.length;
      if (!fault || left > 0 || performance.now() < breaksAt) return pass(bytes, 0);
      if (fault === 'slow') {
        if (!slow) faults.slow += 1;
        slow = true;
        return pass(bytes, random.between(0, 150));
      }
      faults[fault] += 1;
      options.broke?.(about);
      if (fault === 'cut') {
        // Half of an event, perhaps.
        client.write(bytes.subarray(0, bytes.length / 2), end);
        return;
      }
      dark = true;
      // Nobody takes anything any more: whoever goes on sending fills the buffers between.
      client.pause();
      upstream.pause();
      if (fault === 'clientGone') client.destroy();
      if (fault === 'serverGone') upstream.destroy();
      const { from, to } = options.darkMs;
      later(from + (to - from) * random.next() ** 3, end);
    });
    function pass(bytes: Buffer, ms: number) {
      if (ms === 0 && client.write(bytes)) return;
      upstream.pause();
      const resume = () => void (dark || upstream.resume());
      if (ms === 0) client.once('drain', resume);
      else later(ms, () => (client.write(bytes) ? resume() : client.once('drain', resume)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    faults,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
