import { readFile } from 'node:fs/promises';

/** Watches this process's readers of documents; `stop` gives the peak resident memory of the largest in bytes, undefined where the system does not tell. */
export function watchReaderMemory(): { stop(): number | undefined } {
  let peak: number | undefined;
  let seen: string | undefined;
  const look = async () => {
    // Children are counted with the thread that made them: the first one's number is the process's.
    for (const pid of (await read(`/proc/self/task/${process.pid}/children`)).split(' ').filter(Boolean)) {
      if (pid !== seen && !(await read(`/proc/${pid}/cmdline`)).includes('reader-process')) continue;
      seen = pid;
      const kilobytes = /VmHWM:\s+(\d+) kB/.exec(await read(`/proc/${pid}/status`))?.[1];
      if (kilobytes) peak = Math.max(peak ?? 0, Number(kilobytes) * 1024);
    }
  };
  // The system keeps the peak itself. Looking every 20 ms, as this once did, kept the process that is measured busy collecting garbage.
  const timer = setInterval(() => void look().catch(() => {}), 100);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** A process that just ended has no files any more. */
const read = (path: string) => readFile(path, 'latin1').catch(() => '');
