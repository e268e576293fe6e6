import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clock ticks of `/proc` in a second: Linux has 100 on every machine Node runs on. */
const ticks = 100;

/** User and system time of that process with all its threads so far, in milliseconds. Linux only. */
export async function cpuOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1');
  // The name, in brackets, may hold spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticks;
}

/** Resident memory of that process now, in bytes. Linux only. */
export async function residentOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) * 1_024;
}

/** Watches the resident memory of that process; `stop` gives the most it had, in bytes. */
export function watchResident(pid: number): { stop(): Promise<number> } {
  let peak = 0;
  let watching = true;
  const over = (async () => {
    while (watching) {
      peak = Math.max(peak, await residentOf(pid));
      await sleep(100);
    }
  })();
  return {
    async stop() {
      watching = false;
      await over;
      return peak;
    },
  };
}
