import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** So many readers of one answer who open it and never read. */
export type Stall = { url: string; question: string; instrumentId: string; readers: number };

// The stalled readers of the streams' measurement, in a process of their own: asks each question once, joins it as often, confirms.

process.on('message', (stalls: Stall[]) => void stall(stalls));
process.once('disconnect', () => process.exit(0));

async function stall(stalls: Stall[]) {
  for (const of of stalls) {
    const asker = await open(of);
    let told = '';
    asker.on(
      'data',
      (bytes: Buffer) => (told = told.length > 4_000 ? told : told + bytes.toString('latin1')),
    );
    let turn: string | undefined;
    while (!turn) {
      await once(asker, 'data');
      turn = /^id: ([^:]+):/m.exec(told)?.[1];
    }
    for (let i = 0; i < of.readers; i++) (await open(of, `${turn}:0`)).pause();
  }
  process.send!('stalled');
}

/** All of them the same guest, who alone may read the answer. */
async function open({ url, question, instrumentId }: Stall, lastEventId?: string): Promise<Socket> {
  const { host, port } = new URL(url);
  const query = new URLSearchParams({ q: question, instrument_id: instrumentId });
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  const resume = lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`;
  socket.write(
    `GET /stream/chat?${query.toString()} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench\r\n${resume}\r\n`,
  );
  return socket;
}
