import { connect, type Socket } from 'node:net';

/** Readers who each ask once and read to the end. */
export type Job = {
  url: string;
  readers: number;
  /** Their questions come evenly within so many milliseconds. */
  spreadMs: number;
  question: string;
  instrumentId: string;
  /** What each of them must have read at the end, and how many citations; 0 where none are told. */
  text: string;
  citations: number;
};

export type Load = {
  /** Milliseconds of each reader from the question to the first token, and to the end. */
  firsts: number[];
  totals: number[];
  /** Between two arrivals of tokens. */
  gaps: number[];
  /** Token events of all readers. */
  events: number;
  /** What readers missed, in words. */
  faults: string[];
};

type Arrival = { at: number; bytes: Buffer };
type Reading = { began: number; ended: number; arrivals: Arrival[]; fault?: string };

// The readers of the streams' measurement, in a process of their own and on bare sockets: what they got is taken apart when all have ended.

let asked = 0;

process.on('message', (job: Job) => {
  void load(job).then((result) => process.send!(result));
});
process.once('disconnect', () => process.exit(0));

async function load(job: Job): Promise<Load> {
  const readings = await Promise.all(
    Array.from({ length: job.readers }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i * job.spreadMs) / job.readers));
      return read(request(job), new URL(job.url));
    }),
  );
  const result: Load = { firsts: [], totals: [], gaps: [], events: 0, faults: [] };
  for (const reading of readings) {
    const { text, events, citations, done } = taken(reading);
    const fault =
      reading.fault ??
      (!done ? 'no end' : text !== job.text ? 'another text' : citations < job.citations ? 'no Proofs' : '');
    if (fault)
      result.faults.push(
        `${fault}: ${Buffer.concat(reading.arrivals.map(({ bytes }) => bytes))
          .toString()
          .slice(0, 2_000)}`,
      );
    const tokens = reading.arrivals.filter(({ bytes }) => bytes.includes('event: token'));
    if (tokens[0]) result.firsts.push(tokens[0].at - reading.began);
    for (const [i, { at }] of tokens.entries()) if (i > 0) result.gaps.push(at - tokens[i - 1]!.at);
    result.totals.push(reading.ended - reading.began);
    result.events += events;
  }
  return result;
}

/** Each from another guest, as a proxy names them. */
function request({ url, question, instrumentId }: Job): string {
  asked += 1;
  const query = new URLSearchParams({ q: `${question} Enquiry ${asked}.`, instrument_id: instrumentId });
  const address = `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`;
  return [
    `GET /stream/chat?${query.toString()} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `X-Forwarded-For: ${address}`,
    'User-Agent: bench',
    'Accept: text/event-stream',
    'Connection: close',
    '\r\n',
  ].join('\r\n');
}

function read(head: string, { hostname, port }: URL): Promise<Reading> {
  return new Promise((resolve) => {
    const arrivals: Arrival[] = [];
    const began = performance.now();
    const end = (fault?: string) =>
      resolve({ began, ended: performance.now(), arrivals, ...(fault === undefined ? {} : { fault }) });
    const socket: Socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
    socket.setNoDelay(true);
    socket.on('connect', () => socket.write(head));
    socket.on('data', (bytes) => arrivals.push({ at: performance.now(), bytes }));
    socket.on('error', (error) => end(error.message));
    socket.on('end', () => end());
  });
}

/** The events in an answer that came in chunks. */
function taken({ arrivals }: Reading) {
  const all = Buffer.concat(arrivals.map(({ bytes }) => bytes));
  const body: Buffer[] = [];
  let at = all.indexOf('\r\n\r\n') + 4;
  while (at > 3 && at < all.length) {
    const line = all.indexOf('\r\n', at);
    const size = Number.parseInt(all.toString('latin1', at, line), 16);
    if (!(size > 0)) break;
    body.push(all.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  let text = '';
  let events = 0;
  let citations = 0;
  let done = false;
  for (const frame of Buffer.concat(body).toString('utf8').split('\n\n')) {
    const name = /^event: (.+)$/m.exec(frame)?.[1];
    const data = /^data: (.+)$/m.exec(frame)?.[1];
    if (name === undefined || data === undefined) continue;
    const told = JSON.parse(data) as { t?: string; citations?: unknown[] };
    if (name === 'token') {
      text += told.t ?? '';
      events += 1;
    }
    if (name === 'done') {
      done = true;
      citations = told.citations?.length ?? 0;
    }
  }
  return { text, events, citations, done };
}
