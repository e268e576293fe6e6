import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Watches this thread's event loop; `stop` gives the longest time, in milliseconds, in which nothing else could run. */
export function watchLoop(): { stop(): number } {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  // A second witness: the histogram leaves out a gap that is still open when it is read.
  let [last, longest] = [performance.now(), 0];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last - everyMs);
    last = now;
  };
  const timer = setInterval(look, everyMs);
  return {
    stop() {
      look();
      clearInterval(timer);
      delays.disable();
      return Math.max(longest, delays.max / 1e6);
    },
  };
}

const everyMs = 2;
