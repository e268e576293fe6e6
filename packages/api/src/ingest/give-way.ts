import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Gives this process a low priority, so that it works only when nobody else wants to. On Linux each thread has a priority of its own, which those
 * that Node has started already would keep; later ones take that of the thread they come from.
 */
export function giveWay(): void {
  setPriority(10);
  try {
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), 10);
  } catch {
    // No /proc on this system.
  }
}
