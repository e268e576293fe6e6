import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { demo } from '../../demo/demo.ts';
import { cpuOf, residentOf, watchResident } from './process-cost.ts';
import type { Job, Load } from './streams-load.ts';
import type { Paces } from './streams-model.ts';
import type { Stall } from './streams-stalled.ts';

/** A server that is measured; `citations` is how many Proofs its answers bring. */
export type Side = { url: string; pid: number; citations: number };

/** What readers got, and what it cost: processor time of the server, the readers and the model (milliseconds), resident memory of the server (bytes). */
export type Run = Load & {
  cpu: number;
  readersCpu: number;
  modelCpu: number;
  tookMs: number;
  idle: number;
  peak: number;
};

export const { question, instrumentId } = demo.questions[0]!;

/** The processes around the servers: a scripted model, readers, stalled readers and a bare relay, each of its own. */
export async function openScene() {
  const [model, readers, stalled] = ['./streams-model.ts', './streams-load.ts', './streams-stalled.ts'].map(
    (file) => forked(file),
  ) as [ChildProcess, ChildProcess, ChildProcess];
  const [modelUrl] = (await once(model, 'message')) as [string];
  const relay = forked('./bare-relay.ts', { OPENAI_BASE_URL: modelUrl });
  const [relayUrl] = (await once(relay, 'message')) as [string];
  const floor: Side = { url: relayUrl, pid: relay.pid!, citations: 0 };

  const costs = (pid: number) => Promise.all([pid, readers.pid!, model.pid!].map(cpuOf));
  return {
    modelUrl,
    floor,
    async speak(paces: Paces) {
      model.send(paces);
      await once(model, 'message');
    },
    /** All readers at once, or within `spreadMs`; throws when one of them did not get everything. */
    async read(side: Side, job: Pick<Job, 'readers' | 'spreadMs' | 'text'>): Promise<Run> {
      const [before, idle] = [await costs(side.pid), await residentOf(side.pid)];
      const watch = watchResident(side.pid);
      const began = performance.now();
      readers.send({ ...job, ...side, question, instrumentId } satisfies Job & Side);
      const [got] = (await once(readers, 'message')) as [Load];
      const tookMs = performance.now() - began;
      const peak = await watch.stop();
      // What an answer leaves to be done belongs to it.
      await sleep(300);
      const [cpu = 0, readersCpu = 0, modelCpu = 0] = (await costs(side.pid)).map((ms, i) => ms - before[i]!);
      return { ...got, cpu, readersCpu, modelCpu, tookMs, idle, peak };
    },
    async stall(stalls: Stall[]) {
      stalled.send(stalls);
      await once(stalled, 'message');
    },
    close() {
      for (const child of [model, readers, stalled, relay]) if (child.connected) child.disconnect();
    },
  };
}

function forked(file: string, env: Record<string, string> = {}): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [], { env: { PATH: process.env.PATH, ...env } });
}
