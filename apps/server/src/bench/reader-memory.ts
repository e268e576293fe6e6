import { readdir, readFile } from 'node:fs/promises';

/** Watches this process's readers of documents; `stop` gives the peak resident memory of the largest in bytes, undefined where the system does not tell. */
export function watchReaderMemory(): { stop(): number | undefined } {
  let peak: number | undefined;
  const look = async () => {
    for (const task of await readdir('/proc/self/task')) {
      for (const pid of (await read(`/proc/self/task/${task}/children`)).split(' ').filter(Boolean)) {
        if (!(await read(`/proc/${pid}/cmdline`)).includes('reader-process')) continue;
        const kilobytes = /VmHWM:\s+(\d+) kB/.exec(await read(`/proc/${pid}/status`))?.[1];
        if (kilobytes) peak = Math.max(peak ?? 0, Number(kilobytes) * 1024);
      }
    }
  };
  const timer = setInterval(() => void look().catch(() => {}), 20);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** A process that just ended has no files any more. */
const read = (path: string) => readFile(path, 'latin1').catch(() => '');
