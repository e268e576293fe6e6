import { readdir, readFile } from 'node:fs/promises';

/** A process that reads a document (or a program that helps): when it was seen, and the most memory it had, in bytes. */
export type SeenReader = { pid: number; from: number; until: number; peak: number; nice: number[] };

/** Watches the children of these processes; nothing is seen where the system has no /proc. `stop` gives all that were seen. */
export function watchReaders(parents: () => readonly number[]): {
  readers: Map<number, SeenReader>;
  stop(): void;
} {
  const readers = new Map<number, SeenReader>();
  const look = async () => {
    for (const parent of parents()) {
      const children = await read(`/proc/${parent}/task/${parent}/children`);
      for (const child of children.split(' ').filter(Boolean)) await see(Number(child));
    }
  };
  const see = async (pid: number) => {
    const status = await read(`/proc/${pid}/status`);
    const peak = 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    if (peak === 0) return;
    const now = Date.now();
    const seen = readers.get(pid);
    if (seen)
      Object.assign(seen, { until: now, peak: Math.max(seen.peak, peak), nice: await nicenesses(pid) });
    else readers.set(pid, { pid, from: now, until: now, peak, nice: await nicenesses(pid) });
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, 50);
  return { readers, stop: () => clearInterval(timer) };
}

/** Of each of its threads. */
async function nicenesses(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const stats = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/stat`)));
  // The name stands in parentheses and may hold blanks; the nice value is the 17th field behind it.
  return stats.filter(Boolean).map((stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]));
}

/** A process that has just ended has no files any more. */
const read = (path: string) => readFile(path, 'latin1').catch(() => '');
