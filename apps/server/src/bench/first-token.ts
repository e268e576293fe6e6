import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startScriptedOpenAI, written } from '@rayni/scripted-openai';
import { demo } from '../../demo/demo.ts';
import { median, type Measure, ms } from './measure.ts';
import { startRayni } from './rayni-process.ts';

const answer = 'The documents describe this step by step [1]. Follow them in their order [2].';

/**
 * From the question of a signed-in reader to the first token through `GET /stream/chat`, against a bare relay of the same scripted model.
 * Each server is a process of its own, the model and the reader are this one; questions alternate, and none is asked twice.
 */
export async function firstTokenBench(asks = 60): Promise<Measure[]> {
  const room = await mkdtemp(join(tmpdir(), 'rayni-bench-'));
  let firstDelayMs = 0;
  const openai = await startScriptedOpenAI({
    script: () => written(answer, { firstDelayMs, intervalMs: 1 }),
  });
  const env = { OPENAI_BASE_URL: openai.url };
  const relay = fork(fileURLToPath(new URL('./bare-relay.ts', import.meta.url)), [], { env });
  try {
    const [relayUrl] = (await once(relay, 'message')) as [string];
    // One reader asks more here than a person may in a minute.
    await using rayni = await startRayni({ ...env, DATA_DIR: room, RATE_LIMITS: 'questions=off' });
    const cookie = await signIn(rayni.url);

    let asked = 0;
    const next = () => {
      const { question, instrumentId } = demo.questions[asked % demo.questions.length]!;
      asked += 1;
      return new URLSearchParams({ q: `${question} This is enquiry ${asked}.`, instrument_id: instrumentId });
    };
    const round = async (count: number) => {
      const times = { ours: [] as number[], floor: [] as number[] };
      for (let i = 0; i < count; i++) {
        times.floor.push(await firstToken(`${relayUrl}/stream/chat?${next().toString()}`));
        times.ours.push(await firstToken(`${rayni.url}/stream/chat?${next().toString()}`, cookie));
      }
      return times;
    };
    await round(demo.questions.length);
    const measures: Measure[] = [];
    for (const [delay, limit] of [
      [50, 2],
      [0, undefined],
    ] as const) {
      firstDelayMs = delay;
      const calls = openai.calls.filter(({ chat }) => chat).length;
      const times = await round(asks);
      // What was refused or quoted without the model would be no first token of the model's.
      if (openai.calls.filter(({ chat }) => chat).length !== calls + 2 * asks)
        throw new Error('Not every question reached the model.');
      const [ours, floor] = [median(times.ours), median(times.floor)];
      const ratio = ours / floor;
      measures.push({
        name: `question to first token, a model of ${delay} ms`,
        ours: ms(ours),
        floor: ms(floor),
        ratio,
        ...(limit === undefined ? {} : { limit: `≤ ${limit.toFixed(2)}`, met: ratio <= limit }),
      });
    }
    return measures;
  } finally {
    relay.disconnect();
    await openai.close();
    await rm(room, { recursive: true, force: true });
  }
}

/** Asks, reads the answer to its end, and tells after how many milliseconds its first token was there. */
async function firstToken(url: string, cookie = ''): Promise<number> {
  const began = performance.now();
  const response = await fetch(url, { headers: { cookie } });
  let text = '';
  let at: number | undefined;
  for await (const some of response.body!.pipeThrough(new TextDecoderStream())) {
    text += some;
    if (at === undefined && text.includes('event: token')) at = performance.now();
  }
  if (at === undefined || !text.includes('event: done'))
    throw new Error(`No whole answer: ${response.status} ${text}`);
  // The next question must not meet what this one leaves to be done.
  await sleep(20);
  return at - began;
}

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: demo.accounts[0]!.email }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0];
  if (!cookie) throw new Error(`Signing in failed: ${response.status}`);
  return cookie;
}
