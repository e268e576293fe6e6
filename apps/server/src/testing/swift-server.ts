import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { S3Options } from '../blobs/s3-store.ts';

export type SwiftServer = AsyncDisposable & {
  /** How to reach it, with a bucket that is not there yet. */
  s3: S3Options;
  close(): Promise<void>;
};

// Debian's packages install for the system's own Python.
const python = '/usr/bin/python3';
const needed = [
  python,
  ...['proxy', 'account', 'container', 'object'].map((name) => `/usr/bin/swift-${name}-server`),
];

/** Whether a real S3 server can be started here; where not, one loud line says what was not tested. */
export function hasSwift(): boolean {
  const there = needed.every((file) => existsSync(file));
  if (!there && !warned) {
    console.warn(
      'NOT TESTED on S3: install swift-proxy, swift-account, swift-container and swift-object (Debian).',
    );
    warned = true;
  }
  return there;
}

let warned = false;

/** OpenStack Swift with its S3 API on a free port of this machine, its data in a folder that goes with it. Takes about a second. */
export async function startSwift(): Promise<SwiftServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rayni-swift-'));
  const script = fileURLToPath(new URL('./swift-server.py', import.meta.url));
  // Its input is held open: it ends with this process, however that ends.
  const server = spawn(python, [script, folder], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const ended = once(server, 'close');
  const close = async () => {
    server.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const port = await firstLine(server).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    s3: {
      endpoint,
      publicEndpoint: endpoint,
      region: 'us-east-1',
      bucket: 'rayni-test',
      accessKey: 'test:tester',
      secretKey: 'testing',
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function firstLine(server: ChildProcess): Promise<string> {
  let complaint = '';
  server.stderr?.setEncoding('utf8').on('data', (some: string) => (complaint += some));
  const line = await new Promise<string | undefined>((resolve) => {
    let text = '';
    server.stdout?.setEncoding('utf8').on('data', (some: string) => {
      text += some;
      if (text.includes('\n')) resolve(text.trim());
    });
    server.once('exit', () => resolve(undefined));
  });
  if (line === undefined) throw new Error(`Swift did not start: ${complaint.slice(-2_000)}`);
  return line;
}
