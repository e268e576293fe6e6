import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@rayni/database';
import { testEngines, testPostgres } from '@rayni/database/testing';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { openJobs } from './jobs/boss.ts';
import { onlyOne } from './only-one.ts';

describe.skipIf(!testEngines().includes('postgres'))('on one PostgreSQL', () => {
  it('several processes run it one after the other, and what fails in one holds up no other', async () => {
    const postgres = (await testPostgres())!;
    const databases = await Promise.all([1, 2, 3].map(() => openDatabase({ url: postgres.url })));
    let running = 0;
    let most = 0;
    const outcomes = await Promise.allSettled(
      databases.map((database, i) =>
        onlyOne(database, 'prepare', async () => {
          most = Math.max(most, ++running);
          await sleep(20);
          running -= 1;
          if (i === 0) throw new Error('failed');
        }),
      ),
    );
    expect(most).toBe(1);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    for (const database of databases) await database.close();
    await postgres.drop();
  });

  it('the queue opens in several processes at once on an empty database', async () => {
    const postgres = (await testPostgres())!;
    const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url: postgres.url })));
    const log = pino({ level: 'silent' });
    const queues = await Promise.all(
      databases.map((database) => onlyOne(database, 'schema', () => openJobs(database, log))),
    );
    for (const queue of queues) await queue.stop();
    for (const database of databases) await database.close();
    await postgres.drop();
  });
});
