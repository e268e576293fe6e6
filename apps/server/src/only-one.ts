import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@rayni/database';

/** Any numbers, as long as nobody else in this database locks by them. */
const locks = { schema: 7_264_201, prepare: 7_264_202 };
const lookEveryMs = 200;

/** Runs it in one process of this database at a time: the others wait. A process that dies lets go. */
export async function onlyOne<T>(
  database: Pick<Database, 'kind' | 'pool'>,
  what: keyof typeof locks,
  run: () => Promise<T>,
): Promise<T> {
  // It has one process, and its sessions share such locks.
  if (database.kind === 'embedded') return run();
  const session = await database.pool.connect();
  try {
    // Asked again and again: one statement that waits would meet its time limit.
    while (!(await session.query(`select pg_try_advisory_lock(${locks[what]}) as mine`)).rows[0].mine) {
      await sleep(lookEveryMs);
    }
    return await run();
  } finally {
    // Not back to the pool: the lock goes with the session.
    session.release(true);
  }
}
